"""Accounts of no person: a provider that confirms a payment stands in the books like anybody who confirms something."""

from __future__ import annotations

from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db, is_sqlite

NO_PASSWORD = "!"  # noqa: S105 - no hash begins so: nobody signs in


def technical_user(*, code: str, name: str) -> User:
    """The account of this code, made at first use: closed, without phone, e-mail and password."""
    statement = select(User).where(User.code == code)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None and not is_sqlite(db.session()):
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(code))))  # two make it at once: one waits
        found = db.session.execute(statement).scalar_one_or_none()
    if found is not None:
        return found
    moment = now()
    user = User(
        code=code, name=name, password_hash=NO_PASSWORD, is_enabled=False, created_at=moment, closed_at=moment
    )  # fmt: skip
    db.session.add(user)
    db.session.flush()
    return user
