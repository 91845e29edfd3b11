"""Users, organisations, duties (a role for a place and a term), invitations, sign-ins and reset tokens."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sun_commune.core.clock import today
from sun_commune.core.db import Base, PlaceCode, Ref, RowId, StrEnumType, only_where


class Role(StrEnum):
    """What a person may do for a place. Donors have no role: everybody with an account may give."""

    FIRST_SECRETARY = "first_secretary"
    INFORMATION_OFFICER = "information_officer"
    TOWNSHIP_REVIEWER = "township_reviewer"
    COUNTY_ADMIN = "county_admin"
    TREASURER = "treasurer"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"


VILLAGE_ROLES = frozenset({Role.FIRST_SECRETARY, Role.INFORMATION_OFFICER})
STAFF_ROLES = frozenset(Role)
SCOPE_DIGITS = {
    Role.FIRST_SECRETARY: 12,
    Role.INFORMATION_OFFICER: 12,
    Role.TOWNSHIP_REVIEWER: 9,
    Role.COUNTY_ADMIN: 6,
    Role.TREASURER: 4,
    Role.SUPERVISOR: 4,
    Role.OPERATOR: 4,
}


class UserKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class OrganisationKind(StrEnum):
    ENTERPRISE = "enterprise"
    SOCIAL_ORGANISATION = "social_organisation"


class DutyState(StrEnum):
    """A requested duty waits for approval; an ended one stays for the record."""

    REQUESTED = "requested"
    ACTIVE = "active"
    REFUSED = "refused"
    ENDED = "ended"


class Organisation(Base):
    """An enterprise or social organisation that gives. Its name counts as verified only after a check."""

    __tablename__ = "organisations"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[OrganisationKind] = mapped_column(StrEnumType(OrganisationKind))
    name: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str] = mapped_column(String(18))
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[int | None]
    refused_reason: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime]

    __table_args__ = (
        # Anybody can type a company's code, so only a verified one is the company: squatters block nobody.
        Index(
            "uq_organisations_verified_credit_code",
            "credit_code",
            unique=True,
            **only_where("verified_at IS NOT NULL"),
        ),
    )

    @property
    def is_verified(self) -> bool:
        return self.verified_at is not None

    @property
    def state(self) -> str:
        """``verified``, ``refused`` or ``waiting``."""
        return "verified" if self.is_verified else "refused" if self.refused_reason else "waiting"


class User(Base):
    """Anybody who signs in. ``code`` is the public identifier; phone and e-mail are never public.

    A closed account keeps its codes alone, for claims and the record of acts name it; its name is its code.

    ``auth_epoch`` grows with every changed password or duty: sign-ins of an older epoch are over.
    """

    __tablename__ = "users"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[UserKind] = mapped_column(StrEnumType(UserKind), default=UserKind.PERSON)
    name: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str | None] = mapped_column(String(20), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    office_phone: Mapped[str] = mapped_column(String(30), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(2), default="zh")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    auth_epoch: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
    duties: Mapped[list[Duty]] = relationship(
        lazy="selectin", foreign_keys="Duty.user_id", back_populates="user", order_by="Duty.id"
    )

    __table_args__ = (
        CheckConstraint("closed_at IS NOT NULL OR phone IS NOT NULL OR email IS NOT NULL", name="can_sign_in"),
        CheckConstraint("kind <> 'organisation' OR organisation_id IS NOT NULL", name="names_organisation"),
        Index(None, "organisation_id"),
    )

    @property
    def active_duties(self) -> list[Duty]:
        return [duty for duty in self.duties if duty.is_active]

    def has_role(self, *roles: Role) -> bool:
        return self.is_enabled and any(duty.role in roles for duty in self.active_duties)

    def serves(self, place_code: str, *roles: Role) -> bool:
        """True if one of ``roles`` is held now for a place that contains ``place_code``."""
        return self.is_enabled and any(
            duty.role in roles and place_code.startswith(duty.place_code) for duty in self.active_duties
        )

    def places(self, *roles: Role) -> list[str]:
        """Codes of the places served now in one of ``roles``."""
        return [duty.place_code for duty in self.active_duties if duty.role in roles]


class Duty(Base):
    """A role for a place and a term (days in Asia/Shanghai, both inclusive; no end: until ended).

    ``reason`` says why it was refused or ended, to the person whose it was.
    """

    __tablename__ = "duties"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(StrEnumType(Role))
    place_code: Mapped[PlaceCode]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    state: Mapped[DutyState] = mapped_column(StrEnumType(DutyState), default=DutyState.ACTIVE)
    granted_by: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime]

    user: Mapped[User] = relationship(back_populates="duties", foreign_keys=[user_id])

    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="term"),
        Index(None, "user_id"),
        Index(None, "role", "place_code"),
    )

    @property
    def is_active(self) -> bool:
        day = today()
        begun = self.state is DutyState.ACTIVE and self.starts_on <= day
        return begun and (self.ends_on is None or day <= self.ends_on)


class Invitation(Base):
    """A single-use link that makes its reader an officer of a place. Only the link's hash is stored."""

    __tablename__ = "invitations"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(StrEnumType(Role))
    place_code: Mapped[PlaceCode]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    created_by: Mapped[Ref]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "created_by"),)


class SignIn(Base):
    """A server-side session: the cookie holds a random token, this row its hash. No row, no sign-in."""

    __tablename__ = "sign_ins"

    id: Mapped[RowId]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    auth_epoch: Mapped[int]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    __table_args__ = (Index(None, "user_id"), Index(None, "seen_at"))


class SecondFactor(Base):
    """An authenticator app (RFC 6238) that this user signs in with, besides the password.

    ``last_step`` is the newest step of 30 seconds whose code was used: no code, nor an older one, serves twice.
    """

    __tablename__ = "second_factors"

    id: Mapped[RowId]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"), unique=True)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int]
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code on paper that signs in once when the app is lost; hashed like a password."""

    __tablename__ = "recovery_codes"

    id: Mapped[RowId]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[str] = mapped_column(String(200))
    used_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id"),)


class PasswordReset(Base):
    """A single-use reset link, by its hash."""

    __tablename__ = "password_resets"

    id: Mapped[RowId]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """Attempts in a window of time, per key (an account's or an address's hash and the kind of act)."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    window_ends_at: Mapped[datetime]
    attempts: Mapped[int]
