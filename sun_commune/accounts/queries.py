"""Reads of accounts."""

from __future__ import annotations

from sqlalchemy import select

from sun_commune.accounts.contacts import Contact
from sun_commune.accounts.models import User
from sun_commune.core.db import db


def find_by_contact(contact: Contact | None) -> User | None:
    """Who signs in with this phone or e-mail."""
    if contact is None:
        return None
    where = User.phone == contact.phone if contact.phone else User.email == contact.email
    return db.session.execute(select(User).where(where)).scalar_one_or_none()
