"""New passwords: by a link for who forgot it, by the old one for who knows it."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from sun_commune.accounts import queries, sessions, throttles
from sun_commune.accounts.contacts import Contact
from sun_commune.accounts.events import PasswordChanged, PasswordResetAsked
from sun_commune.accounts.models import PasswordReset, User
from sun_commune.core.clock import now
from sun_commune.core.db import db, rows_changed
from sun_commune.core.errors import Conflict
from sun_commune.core.events import announce

LINK_VALID_FOR = timedelta(minutes=30)


def count_reset(*, contact: Contact | None, typed: str, address: str) -> bool:
    """Count a request for a link. False: too many."""
    account = contact.value if contact else typed.casefold()
    return all([throttles.count(throttles.RESET_ADDRESS, address), throttles.count(throttles.RESET_ACCOUNT, account)])


def ask_reset(*, contact: Contact | None) -> None:
    """Send a link to the owner, if there is one who may sign in; tell the asker nothing."""
    user = queries.find_by_contact(contact)
    if user is not None and user.is_enabled:
        token = make_link(user=user, valid_for=LINK_VALID_FOR)
        announce(PasswordResetAsked(actor_id=None, user_id=user.id, object_code=user.code, link_token=token))


def make_link(*, user: User, valid_for: timedelta) -> str:
    """A token that sets this user's password once. Earlier ones stop working."""
    moment = now()
    old = (PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None))
    db.session.execute(update(PasswordReset).where(*old).values(used_at=moment))
    token = secrets.token_urlsafe(32)
    row = PasswordReset(
        token_hash=sessions.hash_token(token), user_id=user.id, created_at=moment, expires_at=moment + valid_for
    )
    db.session.add(row)
    db.session.flush()
    return token


def reset_password(*, token: str, password_hash: str) -> None:
    """Use the link. Every sign-in of the account ends. Raises Conflict if the link does not work any more."""
    link = queries.find_reset(sessions.hash_token(token))
    used = update(PasswordReset).where(PasswordReset.used_at.is_(None)).values(used_at=now())
    if link is None or rows_changed(db.session(), used.where(PasswordReset.id == link.id)) != 1:
        raise Conflict(_l("This link was already used or has run out. Ask for a new one."))
    user = db.session.get_one(User, link.user_id)
    _change(user, password_hash, actor_id=user.id, reason="link")


def change_password(*, actor: User, password_hash: str) -> str:
    """Every sign-in ends; gives back the token of a new one for the browser in which it was changed."""
    _change(actor, password_hash, actor_id=actor.id, reason="own")
    return sessions.open_sign_in(actor)


def _change(user: User, password_hash: str, *, actor_id: int | None, reason: str) -> None:
    user.password_hash = password_hash
    sessions.end_all_sign_ins(user)
    for value in filter(None, (user.phone, user.email)):
        throttles.clear(throttles.SIGN_IN_ACCOUNT, value)
    announce(PasswordChanged(actor_id=actor_id, user_id=user.id, object_code=user.code, reason=reason))
