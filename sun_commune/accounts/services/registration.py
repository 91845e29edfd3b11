"""Joining: a person, or an organisation with its contact person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from sun_commune.accounts import passwords
from sun_commune.accounts.credit_codes import normalise_credit_code
from sun_commune.accounts.events import OrganisationRegistered, RegistrationRepeated, UserRegistered
from sun_commune.accounts.models import Organisation, OrganisationKind, User, UserKind
from sun_commune.core.clock import now
from sun_commune.core.codes import random_code
from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.core.events import announce

PRIVACY_AGREED = "agreed to the privacy notice"
#: A second press of the button within this time is the same registration.
SAME_ACT = timedelta(minutes=10)


@dataclass(frozen=True)
class NewOrganisation:
    kind: OrganisationKind
    name: str
    credit_code: str


@dataclass(frozen=True)
class NewUser:
    """``phone`` and ``email`` are normalised or None; ``password_hash`` comes from hash_new_password."""

    name: str
    phone: str | None
    email: str | None
    password_hash: str
    locale: str = "zh"
    office_phone: str = ""


def hash_new_password(password: str, *own_words: str | None) -> str:
    """Refuse a weak one, hash a good one - before the transaction, for it takes long on purpose."""
    weakness = passwords.find_weakness(password, *own_words)
    if weakness:
        raise RuleBroken(weakness, field="password")
    return passwords.hash_password(password)


def register_donor(*, new: NewUser, organisation: NewOrganisation | None, password: str) -> User | None:
    """Open an account; None if the phone or e-mail has one, whose owner is told. The caller shows one page for both."""
    if organisation and normalise_credit_code(organisation.credit_code) != organisation.credit_code:
        raise RuleBroken(_l("This is not a valid credit code."), field="credit_code")
    if not _tell_owners(new, password):
        return None
    try:
        with db.session.begin_nested():
            return _open_account(new, organisation)
    except IntegrityError:
        # Two at the same moment on PostgreSQL: the other one was first.
        _tell_owners(new, password)
        return None


def open_user(*, new: NewUser, actor_id: int | None, reason: str) -> User:
    """Write the row. Raises RuleBroken if the phone or e-mail is taken (for callers who may know that)."""
    taken = _owners(new)
    if taken:
        field = "phone" if new.phone and new.phone == taken[0].phone else "email"
        raise RuleBroken(_l("There is already an account with this phone or e-mail."), field=field)
    return _add_user(new, None, actor_id=actor_id, reason=reason)


def _open_account(new: NewUser, wanted: NewOrganisation | None) -> User:
    organisation = None
    if wanted:
        organisation = Organisation(
            code=random_code("O"),
            kind=wanted.kind,
            name=wanted.name,
            credit_code=wanted.credit_code,
            created_at=now(),
        )
        db.session.add(organisation)
        db.session.flush()
    user = _add_user(new, organisation, actor_id=None, reason=PRIVACY_AGREED)
    if organisation:
        announce(
            OrganisationRegistered(
                actor_id=user.id,
                organisation_id=organisation.id,
                object_code=organisation.code,
                to_state=organisation.state,
            )
        )
    return user


def _add_user(new: NewUser, organisation: Organisation | None, *, actor_id: int | None, reason: str) -> User:
    user = User(
        code=random_code("U"),
        kind=UserKind.ORGANISATION if organisation else UserKind.PERSON,
        name=new.name,
        phone=new.phone,
        email=new.email,
        office_phone=new.office_phone,
        password_hash=new.password_hash,
        locale=new.locale,
        organisation=organisation,
        created_at=now(),
    )
    db.session.add(user)
    db.session.flush()
    by = user.id if reason == PRIVACY_AGREED else actor_id
    announce(UserRegistered(actor_id=by, user_id=user.id, object_code=user.code, to_state="enabled", reason=reason))
    return user


def _owners(new: NewUser) -> list[User]:
    same = [User.phone == new.phone] if new.phone else []
    same += [User.email == new.email] if new.email else []
    return list(db.session.scalars(select(User).where(or_(*same)).order_by(User.id)))


def _tell_owners(new: NewUser, password: str) -> bool:
    """True: nobody has this phone or e-mail. Else the owners are told, unless it is the same act done twice."""
    owners = _owners(new)
    for owner in owners:
        fresh = now() - owner.created_at < SAME_ACT and owner.name == new.name
        if not (fresh and passwords.fits(owner.password_hash, password)):
            announce(RegistrationRepeated(actor_id=None, user_id=owner.id, object_code=owner.code))
    return not owners
