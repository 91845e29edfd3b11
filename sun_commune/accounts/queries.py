"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from sun_commune.accounts.contacts import Contact
from sun_commune.accounts.models import (
    Duty,
    DutyState,
    Invitation,
    Organisation,
    PasswordReset,
    RecoveryCode,
    SecondFactor,
    User,
)
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.paging import Page, page_of
from sun_commune.core.text import mask_name

Row = TypeVar("Row", User, Duty, Organisation, Invitation)
PEOPLE_PER_PAGE = 50
MOST_WAITING = 200


def find_by_contact(contact: Contact | None) -> User | None:
    """Who signs in with this phone or e-mail."""
    if contact is None:
        return None
    where = User.phone == contact.phone if contact.phone else User.email == contact.email
    return db.session.execute(select(User).where(where)).scalar_one_or_none()


def get_by_code(kind: type[Row], code: str) -> Row:
    """A user, duty, organisation or invitation by its public code. Raises Missing."""
    row = db.session.execute(select(kind).where(kind.code == code[:40])).scalar_one_or_none()
    if row is None:
        raise Missing
    return row


def find_invitation(token_hash: str) -> Invitation | None:
    """An invitation that can still be accepted."""
    where = (Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now())
    return db.session.execute(
        select(Invitation).where(Invitation.token_hash == token_hash, *where)
    ).scalar_one_or_none()


def find_reset(token_hash: str) -> PasswordReset | None:
    """A reset link that still works."""
    where = (PasswordReset.used_at.is_(None), PasswordReset.expires_at > now())
    return db.session.execute(
        select(PasswordReset).where(PasswordReset.token_hash == token_hash, *where)
    ).scalar_one_or_none()


def find_second_factor(user_id: int) -> SecondFactor | None:
    return db.session.execute(select(SecondFactor).where(SecondFactor.user_id == user_id)).scalar_one_or_none()


def unused_recovery_codes(user_id: int) -> Sequence[RecoveryCode]:
    where = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return db.session.scalars(select(RecoveryCode).where(*where).order_by(RecoveryCode.id)).all()


def _within(column: InstrumentedAttribute[str], places: Sequence[str]) -> ColumnElement[bool]:
    """Codes are digits, so a prefix is a place and all that lies in it."""
    return or_(*(column.startswith(code, autoescape=True) for code in places)) if places else false()


def requested_duties(places: Sequence[str]) -> Sequence[Duty]:
    """Requests that wait in these places, the oldest first."""
    where = (Duty.state == DutyState.REQUESTED, _within(Duty.place_code, places))
    return db.session.scalars(select(Duty).where(*where).order_by(Duty.id).limit(MOST_WAITING)).all()


def waiting_organisations() -> Sequence[Organisation]:
    """Organisations that nobody has verified or refused yet, the oldest first."""
    where = (Organisation.verified_at.is_(None), Organisation.refused_reason == "")
    return db.session.scalars(select(Organisation).where(*where).order_by(Organisation.id).limit(MOST_WAITING)).all()


def open_invitations(user: User) -> Sequence[Invitation]:
    """Of this maker, still to be accepted, the newest first."""
    where = (
        Invitation.created_by == user.id,
        Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > now(),
    )
    return db.session.scalars(select(Invitation).where(*where).order_by(Invitation.id.desc()).limit(MOST_WAITING)).all()


def names_of(ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Code and name of users by row id. Who holds or held an office acts in public; everybody else is masked."""
    names = {}
    for user in db.session.scalars(select(User).where(User.id.in_(ids))):
        in_office = any(duty.state in {DutyState.ACTIVE, DutyState.ENDED} for duty in user.duties)
        names[user.id] = (user.code, user.name if in_office else mask_name(user.name))
    return names


def contact_person(organisation: Organisation) -> User | None:
    """Who registered the organisation."""
    statement = select(User).where(User.organisation_id == organisation.id).order_by(User.id).limit(1)
    return db.session.execute(statement).scalar_one_or_none()


def officers(places: Sequence[str], *, name: str = "", after: str = "", size: int = PEOPLE_PER_PAGE) -> Page[User]:
    """People who hold, held or asked for a duty in these places, the newest account first.

    ``after`` is the row id that a page begins after; it names nobody and opens nothing.
    """
    # EXISTS, not a join: a person with two duties is one person.
    statement = select(User).where(User.duties.any(_within(Duty.place_code, places)))
    if name:
        statement = statement.where(User.name.contains(name, autoescape=True))
    if after.isascii() and after.isdigit() and len(after) < 16:
        statement = statement.where(User.id < int(after))
    rows = db.session.scalars(statement.order_by(User.id.desc()).limit(size + 1)).all()
    return page_of(rows, [str(user.id) for user in rows], size, after=after)
