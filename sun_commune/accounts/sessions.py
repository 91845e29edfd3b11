"""Server-side sign-ins: the cookie holds a random token, the table ``sign_ins`` says whether it still counts.

Flask-Login alone would let a copied cookie sign in again after the sign-out; here the row is gone.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, g, session
from flask_login import AnonymousUserMixin, UserMixin, current_user, login_user, logout_user
from sqlalchemy import bindparam, delete, select, update

from sun_commune import config
from sun_commune.accounts.models import Role, SignIn, User
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import NotAllowed
from sun_commune.core.extensions import login_manager

SEEN_EVERY = timedelta(minutes=5)
# Built once: every page of who is signed in begins with it.
_SIGN_IN = (
    select(SignIn.id, SignIn.seen_at, SignIn.created_at, SignIn.auth_epoch, User)
    .join(User, User.id == SignIn.user_id)
    .where(SignIn.token_hash == bindparam("b_hash"))
)
#: Names the browser for accounts.resume; several windows may hold text that was typed before the sign-in ended.
KEPT_MARK = "kept"


class Visitor(AnonymousUserMixin):
    """Nobody signed in: no id, no role."""

    id = None

    def has_role(self, *_roles: Role) -> bool:
        return False

    def serves(self, _place_code: str, *_roles: Role) -> bool:
        return False


class SignedIn(UserMixin):
    """What Flask-Login holds: the user of one sign-in; attributes are the user's."""

    def __init__(self, user: User, token: str) -> None:
        self.user = user
        self.token = token

    def get_id(self) -> str:
        return self.token

    def __getattr__(self, name: str) -> Any:
        return getattr(self.user, name)


def actor() -> User:
    """The user row of who is signed in, to be handed to services. Raises NotAllowed for a visitor."""
    if not current_user.is_authenticated:
        raise NotAllowed
    user: User = current_user.user
    return user


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_sign_in(user: User) -> str:
    """Write a sign-in (inside a transaction) and give back its token for ``remember``."""
    token = secrets.token_urlsafe(32)
    moment = now()
    row = SignIn(
        token_hash=hash_token(token),
        user_id=user.id,
        auth_epoch=user.auth_epoch,
        created_at=moment,
        seen_at=moment,
    )
    db.session.add(row)
    return token


def remember(user: User, token: str) -> None:
    """Put the token into the cookie; call after the transaction has committed."""
    mark = session.get(KEPT_MARK)
    _clear()  # a new sign-in keeps nothing of the visitor's session (fixation)
    if mark:
        session[KEPT_MARK] = mark
    login_user(SignedIn(user, token))


def end_sign_in(token: str) -> None:
    """Delete the row (inside a transaction)."""
    db.session.execute(delete(SignIn).where(SignIn.token_hash == hash_token(token)))


def forget() -> None:
    logout_user()
    _clear()


def _clear() -> None:
    session.clear()
    # Flask-WTF remembers the token for this request; a page rendered now must carry one of the new session.
    g.pop("csrf_token", None)


def end_all_sign_ins(user: User) -> None:
    """After a changed password or duty (inside a transaction): every sign-in of the user is over."""
    user.auth_epoch += 1
    db.session.execute(delete(SignIn).where(SignIn.user_id == user.id))


def is_over(seen_at: datetime, created_at: datetime) -> bool:
    """Idle for too long, or simply too old: a copied cookie that somebody keeps warm does not live for ever."""
    settings, moment = config.current(), now()
    idle, age = moment - seen_at, moment - created_at
    return idle > timedelta(minutes=settings.idle_minutes) or age >= timedelta(days=settings.sign_in_days)


def load_sign_in(token: str) -> SignedIn | None:
    """The user behind a cookie's token, if the sign-in still counts."""
    row = db.session.execute(_SIGN_IN, {"b_hash": hash_token(token)}).one_or_none()
    if row is None or is_over(row.seen_at, row.created_at):
        return None
    user: User = row.User
    if not user.is_enabled or user.auth_epoch != row.auth_epoch:
        return None
    if now() - row.seen_at > SEEN_EVERY:
        touched = update(SignIn).where(SignIn.id == row.id).values(seen_at=now())
        with transaction(audited=False) as open_session:
            open_session.execute(touched)
    return SignedIn(user, token)


def ended_user_id() -> int | None:
    """Whose sign-in the cookie names although it has ended; None if that is not known."""
    token = session.get("_user_id")
    statement = select(SignIn.user_id).where(SignIn.token_hash == hash_token(str(token)))
    return db.session.scalar(statement) if token else None


def init_app(_app: Flask) -> None:
    login_manager.user_loader(load_sign_in)
    login_manager.anonymous_user = Visitor
    login_manager.session_protection = None  # the address of a phone changes; the row is the protection
