"""A donor leaves: the names on the slips go, numbers and amounts stay in the books without them."""

from __future__ import annotations

from sqlalchemy import delete, select

from sun_commune.core.db import db
from sun_commune.receipts.models import Receipt, ReceiptName, ReceiptWish


def forget_names(donor_id: int) -> None:
    """Erase the donor's name from every slip, and the wish how to be named."""
    mine = select(Receipt.id).where(Receipt.donor_id == donor_id)
    for statement in (
        delete(ReceiptName).where(ReceiptName.receipt_id.in_(mine)),
        delete(ReceiptWish).where(ReceiptWish.user_id == donor_id),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})
