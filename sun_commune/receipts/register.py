"""The register of receipts: one series a year, in the order of its numbers, with its voids; and its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from sqlalchemy import Select, exists, func, or_, select

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.ledger.models import Book, Transfer
from sun_commune.receipts.models import Receipt, ReceiptVoid
from sun_commune.receipts.queries import CHUNK, PAGE_SIZE, Slip, slips_of
from sun_commune.receipts.standing import entries_with_refunds

STATES = ("standing", "refunded", "voided")


@dataclass(frozen=True)
class RegisterFilters:
    """ "" = all. ``state`` is one of STATES, ``book`` a Book's value, ``q`` a receipt's number or an entry's uid."""

    year: int
    state: str = ""
    book: str = ""
    q: str = ""

    def active(self) -> dict[str, str]:
        """As arguments of an address."""
        values = {field.name: str(getattr(self, field.name)) for field in fields(self)}
        return {name: value for name, value in values.items() if value}


class Series(NamedTuple):
    """A year's numbers. Without a gap ``last`` equals ``given``."""

    given: int
    last: int
    voided: int

    @property
    def missing(self) -> int:
        return self.last - self.given


def series_of(year: int) -> Series:
    given, last = db.session.execute(
        select(func.count(), func.coalesce(func.max(Receipt.serial), 0)).where(Receipt.year == year)
    ).one()
    voided = select(func.count()).select_from(ReceiptVoid).join(Receipt, Receipt.id == ReceiptVoid.receipt_id)
    return Series(given, last, db.session.execute(voided.where(Receipt.year == year)).scalar_one())


def years() -> list[int]:
    """Years with receipts, the newest first."""
    statement = select(Receipt.year).distinct().order_by(Receipt.year.desc())
    return list(db.session.execute(statement).scalars())


def _filtered(filters: RegisterFilters) -> Select[Receipt]:
    statement = select(Receipt).where(Receipt.year == filters.year)
    is_void = exists().where(ReceiptVoid.receipt_id == Receipt.id)
    if filters.state == "voided":
        statement = statement.where(is_void)
    elif filters.state == "refunded":
        statement = statement.where(~is_void, Receipt.transfer_id.in_(entries_with_refunds()))
    elif filters.state == "standing":
        statement = statement.where(~is_void)
    if filters.book or filters.q:
        statement = statement.join(Transfer, Transfer.id == Receipt.transfer_id)
    if filters.book:
        statement = statement.where(Transfer.book == Book(filters.book))
    if filters.q:
        statement = statement.where(or_(Receipt.number == filters.q, Transfer.uid == filters.q))
    return statement


def list_register(filters: RegisterFilters, *, after: int = 0, before: int = 0) -> Page[Slip]:
    """The newest number first; ``after`` and ``before`` are serials, 0 for the beginning."""
    statement = _filtered(filters)
    if before:
        statement = statement.where(Receipt.serial > before).order_by(Receipt.serial)
    else:
        statement = statement.where(Receipt.serial < after) if after else statement
        statement = statement.order_by(Receipt.serial.desc())
    rows = db.session.execute(statement.limit(PAGE_SIZE + 1)).scalars().all()
    keys = [str(row.serial) for row in rows]
    return page_of(slips_of(rows), keys, PAGE_SIZE, after=str(after or ""), before=str(before or ""))


def stream_register(filters: RegisterFilters) -> Iterator[Slip]:
    """All of it by number, piece by piece."""
    last = 0
    while True:
        statement = _filtered(filters).where(Receipt.serial > last).order_by(Receipt.serial).limit(CHUNK)
        rows = db.session.execute(statement).scalars().all()
        yield from slips_of(rows)
        if len(rows) < CHUNK:
            return
        last = rows[-1].serial


def names_of(user_ids: Sequence[int | None]) -> dict[int, str]:
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return {row.id: row.name for row in db.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))}
