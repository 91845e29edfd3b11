"""Households with encrypted private fields, their consents, and the log of every unmasking."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sun_commune.core.append_only import append_only
from sun_commune.core.db import Base, Ref, RowId, StrEnumType, table_of


class ConsentPurpose(StrEnum):
    """Each is asked for and given separately (Personal Information Protection Law, arts. 25, 29)."""

    COLLECT = "collect"
    PUBLISH = "publish"
    VILLAGE = "village"  # the village's name may stand beside the household's code
    HARDSHIP = "hardship"  # "a family member is ill", never the illness
    PHOTO = "photo"


class SupportLabel(StrEnum):
    """Why a household is supported; never public (notices omit it, see docs/privacy)."""

    NONE = "none"
    EXITED = "exited"
    UNSTABLE = "unstable"
    MARGINAL = "marginal"
    SUDDEN_HARDSHIP = "sudden_hardship"
    SUBSISTENCE_ALLOWANCE = "subsistence_allowance"
    DESTITUTE = "destitute"


class Asker(StrEnum):
    """Who wants a household's data erased; never a name, for the request outlives the family's record."""

    HOUSEHOLDER = "householder"
    FAMILY_MEMBER = "family_member"
    GUARDIAN = "guardian"
    RETENTION = "retention"  # nobody: the data are no longer needed


class Household(Base):
    """A family. The ``*_sealed`` columns are AES-256-GCM under the field key (households.vault), never plain.

    ``masked_name`` (黄**) is the only form of the name that any page may show without an unmasking. An erased one keeps
    its code and village, for its needs and the ledger name them; every other word of it is empty.
    """

    __tablename__ = "households"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    village_code: Mapped[str] = mapped_column(ForeignKey("places.code"))
    masked_name: Mapped[str] = mapped_column(String(12))
    members_count: Mapped[int]
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    health_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    support_label_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]

    consents: Mapped[list[Consent]] = relationship(lazy="selectin", order_by="Consent.id")

    __table_args__ = (
        CheckConstraint("members_count BETWEEN 1 AND 30", name="members"),
        Index(None, "village_code"),
    )

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    def consents_to(self, purpose: ConsentPurpose, on: date) -> bool:
        return any(consent.purpose is purpose and consent.holds(on) for consent in self.consents)


class Consent(Base):
    """Consent to one purpose, on paper with the village; withdrawn at any time, then over at once."""

    __tablename__ = "consents"

    id: Mapped[RowId]
    household_id: Mapped[Ref] = mapped_column(ForeignKey("households.id"))
    purpose: Mapped[ConsentPurpose] = mapped_column(StrEnumType(ConsentPurpose))
    given_on: Mapped[date]
    expires_on: Mapped[date | None]
    is_by_guardian: Mapped[bool] = mapped_column(default=False)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"))
    recorded_by: Mapped[Ref]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None]

    __table_args__ = (Index(None, "household_id", "purpose"),)

    def holds(self, on: date) -> bool:
        return self.withdrawn_at is None and self.given_on <= on and (self.expires_on is None or on <= self.expires_on)


class Erasure(Base):
    """A request to erase a household, recorded by one officer and carried out by another (PIPL, art. 47)."""

    __tablename__ = "erasures"

    id: Mapped[RowId]
    household_id: Mapped[Ref] = mapped_column(ForeignKey("households.id"), unique=True)
    asker: Mapped[Asker] = mapped_column(StrEnumType(Asker))
    asked_on: Mapped[date]
    requested_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    requested_at: Mapped[datetime]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("done_by IS NULL OR done_by <> requested_by", name="two_people"),
        CheckConstraint("(done_by IS NULL) = (done_at IS NULL)", name="done_has_doer"),
    )


class Unmasking(Base):
    """Somebody read a family's private fields, and why. Kept three years; append-only."""

    __tablename__ = "unmaskings"

    id: Mapped[RowId]
    household_id: Mapped[Ref] = mapped_column(ForeignKey("households.id"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]

    __table_args__ = (Index(None, "household_id", "at"), Index(None, "user_id", "at"))


append_only(table_of(Unmasking))
