"""Self-checks of receipts: no number missing, one receipt for each gift, each of its entry's amount, voids named."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import aliased

from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import Counter
from sun_commune.core.db import db
from sun_commune.core.selfcheck import Check
from sun_commune.ledger.models import Transfer
from sun_commune.receipts.models import RECEIPTED, OfficialReceipt, Receipt, ReceiptVoid, ReceiptWaiting
from sun_commune.receipts.services.issuing import NUMBER_DIGITS, NUMBER_SERIES

MOST = 50


def _found(statement: Select[Any], words: str) -> list[str]:
    return [f"{code} {words}" for code in db.session.execute(statement.limit(MOST)).scalars()]


def receipt_numbers_have_no_gap() -> list[str]:
    """Each year counts 1 to n; the counter stands where the series does."""
    rows = db.session.execute(
        select(Receipt.year, func.count(), func.min(Receipt.serial), func.max(Receipt.serial)).group_by(Receipt.year)
    ).all()
    wrong = [
        f"{year}: {count} receipts from {first} to {last}"
        for year, count, first, last in rows
        if first != 1 or last != count
    ]
    counters = select(Counter.series, Counter.last).where(Counter.series.startswith(f"{NUMBER_SERIES}-"))
    given = {row.series: row.last for row in db.session.execute(counters)}
    lasts = {f"{NUMBER_SERIES}-{year}": last for year, _count, _first, last in rows}
    wrong += [
        f"{series}: the counter says {given.get(series)}, the series ends at {lasts.get(series)}"
        for series in sorted(given.keys() | lasts.keys())
        if given.get(series) != lasts.get(series)
    ]
    spelled = select(Receipt.number, Receipt.year, Receipt.serial).order_by(Receipt.id)
    for number, year, serial in db.session.execute(spelled, execution_options={"yield_per": 2_000}):
        if number != yearly_code(NUMBER_SERIES, year, serial, digits=NUMBER_DIGITS):
            wrong.append(f"{number} is not number {serial} of {year}")
    return wrong[:MOST]


def gifts_have_receipts() -> list[str]:
    """Every gift that stands has its receipt, at most one that is not void; gifts of the time before receipts wait."""
    back = aliased(Transfer)
    missing = select(Transfer.uid).where(
        Transfer.kind.in_(RECEIPTED),
        Transfer.reverses_id.is_(None),
        ~exists().where(back.reverses_id == Transfer.id),
        ~exists().where(Receipt.transfer_id == Transfer.id),
        ~exists().where(ReceiptWaiting.transfer_id == Transfer.id),
    )
    several = (
        select(Transfer.uid)
        .join(Receipt, Receipt.transfer_id == Transfer.id)
        .where(~exists().where(ReceiptVoid.receipt_id == Receipt.id))
        .group_by(Transfer.uid)
        .having(func.count() > 1)
    )
    return _found(missing, "has no receipt") + _found(several, "has several receipts that hold")


def receipts_equal_entries() -> list[str]:
    """Each receipt is for a gift, of its amount."""
    loose = (
        select(Receipt.number)
        .outerjoin(Transfer, Transfer.id == Receipt.transfer_id)
        .where(
            or_(
                Transfer.id.is_(None), Transfer.kind.not_in(RECEIPTED), Transfer.reverses_id.is_not(None),
                Transfer.amount_fen != Receipt.amount_fen,
            )
        )
    )  # fmt: skip
    return _found(loose, "is not what its entry says")


def voided_receipts_are_named() -> list[str]:
    """A taken back gift has no receipt that holds; what was replaced is void, and who replaced it names it."""
    back, before, void = aliased(Transfer), aliased(Receipt), aliased(ReceiptVoid)
    reversed_ = (
        select(Receipt.number)
        .join(back, back.reverses_id == Receipt.transfer_id)
        .where(~exists().where(ReceiptVoid.receipt_id == Receipt.id))
    )
    replaced = (
        select(Receipt.number)
        .outerjoin(before, before.id == Receipt.replaces_id)
        .outerjoin(void, void.receipt_id == before.id)
        .where(
            Receipt.version > 1,
            or_(
                void.id.is_(None), before.transfer_id != Receipt.transfer_id,
                before.version != Receipt.version - 1,
            ),
        )
    )  # fmt: skip
    unknown = (
        select(Receipt.number)
        .join(ReceiptVoid, ReceiptVoid.receipt_id == Receipt.id)
        .outerjoin(back, back.uid == ReceiptVoid.reversal_uid)
        .where(
            ReceiptVoid.reversal_uid.is_not(None),
            or_(back.id.is_(None), back.reverses_id != Receipt.transfer_id),
        )
    )
    return [
        *_found(reversed_, "holds although its gift was taken back"),
        *_found(replaced, "replaces a receipt that is not void"),
        *_found(unknown, "is void by a reversal that is another entry's"),
    ]


def official_numbers_are_used_once() -> list[str]:
    """Of the fiscal receipts that hold, no two have one number."""
    newer = aliased(OfficialReceipt)
    held = select(OfficialReceipt.invoice_code, OfficialReceipt.invoice_number).where(
        ~exists().where(newer.receipt_id == OfficialReceipt.receipt_id, newer.version > OfficialReceipt.version),
        ~exists().where(ReceiptVoid.receipt_id == OfficialReceipt.receipt_id),
    )
    twice = held.group_by(OfficialReceipt.invoice_code, OfficialReceipt.invoice_number).having(func.count() > 1)
    return [
        f"official receipt {code} {number} stands on several slips"
        for code, number in db.session.execute(twice.limit(MOST))
    ]


CHECKS = (
    Check("receipt_numbers_have_no_gap", _l("Receipts count from one without a gap, year by year."),
          receipt_numbers_have_no_gap),
    Check("gifts_have_receipts", _l("Each gift that stands has its receipt, and not two that hold."),
          gifts_have_receipts),
    Check("receipts_equal_entries", _l("Each receipt says the amount of its entry."), receipts_equal_entries),
    Check("voided_receipts_are_named", _l("Receipts of gifts that were taken back, and replaced ones, are void."),
          voided_receipts_are_named),
    Check("official_numbers_are_used_once", _l("No fiscal receipt stands on two slips."),
          official_numbers_are_used_once),
)  # fmt: skip
