"""Who may look at the copy of a paper before it is public; the switchboard binds this to uploads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.ledger import policies
from sun_commune.ledger.papers import Voucher
from sun_commune.uploads.models import Upload


def can_see_copy(user: Any, upload: Upload) -> bool:
    """Whoever may see the private half of its voucher."""
    user = db.session.get(User, user.id) if user.id is not None else None
    if user is None:
        return False
    voucher = db.session.execute(select(Voucher).where(Voucher.redacted_id == upload.id)).scalars().first()
    return voucher is not None and policies.can_see_private_half(user, voucher)
