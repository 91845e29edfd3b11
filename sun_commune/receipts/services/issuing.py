"""Giving receipts: in the transaction that posts the gift, with the next number of the year's series.

The number is taken last of all (core.db.at_end) and given back when the transaction is rolled back, so the series has
no gap; the database refuses one, too (receipts.guards).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, delete, exists, insert, select
from sqlalchemy.orm import aliased

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db, table_of
from sun_commune.core.events import announce
from sun_commune.core.sealing import seal
from sun_commune.lanes.queries import charity_at
from sun_commune.ledger.models import Book, Transfer
from sun_commune.pledges.models import Claim, Shown
from sun_commune.pledges.services.pledging import shown_name
from sun_commune.receipts.events import ReceiptIssued
from sun_commune.receipts.models import (
    RECEIPTED,
    Naming,
    Receipt,
    ReceiptName,
    ReceiptWaiting,
    ReceiptWish,
    name_context,
)

NUMBER_SERIES = "PJ"
NUMBER_DIGITS = 6
SECRET_BYTES = 18  # 144 bits of chance, 24 characters
BATCH = 500

RECEIPTS = table_of(Receipt)
NAMES = table_of(ReceiptName)
_INSERT = insert(RECEIPTS).returning(RECEIPTS.c.id, RECEIPTS.c.number)


class Gift(NamedTuple):
    """An entry that wants a receipt, and who stands behind it. ``donor_id`` is None without a claim, and of a closed
    account: nobody could read the slip."""

    transfer_id: int
    amount_fen: int
    is_money: bool
    posted_at: datetime
    donor_shown: str
    posted_by: int | None
    donor_id: int | None
    wish: Naming | None


class NewReceipt(NamedTuple):
    gift: Gift
    version: int = 1
    replaces_id: int | None = None


def issue_receipts(transfer_ids: Sequence[int]) -> list[str]:
    """A receipt for each of these entries that is a gift, stands and has none yet, in the entries' order; the numbers.

    At the end of the caller's transaction: from here on it holds the counter that everybody needs.
    """
    return write_receipts([NewReceipt(gift) for gift in find_gifts(transfer_ids)])


def issue_waiting(*, most: int = BATCH) -> int:
    """Receipts for gifts of the time before there were any, the oldest first; how many were looked at."""
    waiting = select(ReceiptWaiting.transfer_id).order_by(ReceiptWaiting.transfer_id).limit(most).with_for_update()
    ids = list(db.session.execute(waiting).scalars())
    if ids:
        issue_receipts(ids)
        db.session.execute(delete(ReceiptWaiting).where(ReceiptWaiting.transfer_id.in_(ids)))
    return len(ids)


def find_gifts(transfer_ids: Sequence[int], *, has_receipt: bool = False) -> list[Gift]:
    """These entries, as far as they are gifts that stand, in their order; unless asked for, without those that have a
    receipt."""
    return [Gift(*row) for row in db.session.execute(_gifts(has_receipt=has_receipt), {"ids": list(transfer_ids)})]


@cache
def _gifts(*, has_receipt: bool) -> Select[int, int, bool, datetime, str, int | None, int, Naming]:
    """Made once: every gift that is posted asks this."""
    back = aliased(Transfer)
    return (
        select(
            Transfer.id, Transfer.amount_fen, Transfer.book == Book.CASH, Transfer.posted_at, Transfer.donor_shown,
            Transfer.posted_by, User.id.label("donor_id"), ReceiptWish.naming,
        )
        .outerjoin(Claim, Claim.code == Transfer.claim_code)
        .outerjoin(User, (User.id == Claim.donor_id) & User.closed_at.is_(None))
        .outerjoin(ReceiptWish, ReceiptWish.user_id == User.id)
        .where(
            Transfer.id.in_(bindparam("ids", expanding=True)),
            Transfer.kind.in_(RECEIPTED),
            Transfer.reverses_id.is_(None),
            ~exists().where(back.reverses_id == Transfer.id),
            exists().where(Receipt.transfer_id == Transfer.id) == has_receipt,
        )
        .order_by(Transfer.id)
    )  # fmt: skip


def write_receipts(wanted: Sequence[NewReceipt]) -> list[str]:
    """Number, seal and store; one counter step for all of them. The numbers."""
    if not wanted:
        return []
    year, moment = today().year, now()
    last = next_number(f"{NUMBER_SERIES}-{year}", step=len(wanted))
    rows: list[dict[str, Any]] = []
    names: list[bytes | None] = []
    for serial, new in enumerate(wanted, start=last - len(wanted) + 1):
        number = yearly_code(NUMBER_SERIES, year, serial, digits=NUMBER_DIGITS)
        naming, name = _named(new.gift)
        charity = charity_at(new.gift.posted_at) if new.gift.is_money else None
        rows.append({
            "number": number, "year": year, "serial": serial, "transfer_id": new.gift.transfer_id,
            "version": new.version, "replaces_id": new.replaces_id, "secret": new_secret(),
            "amount_fen": new.gift.amount_fen, "donor_id": new.gift.donor_id, "naming": naming,
            "charity_name": charity.charity_name if charity else "",
            "charity_credit_code": charity.credit_code if charity else "", "issued_by": new.gift.posted_by,
            "issued_at": moment,
        })  # fmt: skip
        names.append(seal(name, name_context(number)) if name else None)
    ids = {stored.number: stored.id for stored in db.session.execute(_INSERT, rows)}
    sealed = [
        {"receipt_id": ids[row["number"]], "name_sealed": name}
        for row, name in zip(rows, names, strict=True)
        if name is not None
    ]
    if sealed:
        db.session.execute(insert(NAMES), sealed)
    for row in rows:
        announce(
            ReceiptIssued(
                actor_id=row["issued_by"], object_code=row["number"], receipt_id=ids[row["number"]],
                to_state=row["naming"].value,
            )
        )  # fmt: skip
    return [row["number"] for row in rows]


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def _named(gift: Gift) -> tuple[Naming, str]:
    """How the slip names the donor, and the name to seal ("" for none). Without an account there is no name."""
    if gift.donor_id is None:
        return Naming.ANONYMOUS, ""
    naming = gift.wish or Naming.REAL
    if naming is Naming.REAL:
        return naming, shown_name(gift.donor_id, Shown.REAL)
    if naming is Naming.SHOWN:
        return (naming, gift.donor_shown) if gift.donor_shown else (Naming.ANONYMOUS, "")
    return naming, ""
