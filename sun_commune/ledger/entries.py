"""Lists of entries: filtered, newest business day first, paged by key; and all of them, piece by piece, for a file.

Every row comes with what stands beside it in public: its accounts, its voucher's public half, what it reverses and
what reversed it. Payee names, papers and who posted it are not read at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.ledger.models import Account, AccountKind, Book, Transfer, TransferKind
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher

PAGE_SIZE = 25
CHUNK = 500
REVERSALS = "reversal"  # the filter's word for entries that take others back


@dataclass(frozen=True)
class EntryFilters:
    """ "" = all. ``kind`` is a TransferKind's value or REVERSALS, ``month`` is ``2026-11``."""

    kind: str = ""
    county: str = ""
    category: str = ""
    month: str = ""
    need: str = ""
    claim: str = ""

    def active(self) -> dict[str, str]:
        """The filters in force, as arguments of an address."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class Entry:
    """What the public may read of one entry; amounts in fen, ``quantity`` in ``unit``."""

    uid: str
    kind: TransferKind
    book: Book
    amount_fen: int
    business_on: date
    posted_at: datetime
    need_code: str
    county_code: str
    category: str
    claim_code: str | None
    delivery_code: str | None
    voucher_code: str | None
    donor_shown: str
    item: str
    quantity: int | None
    unit: str
    value_basis: str
    reason: str
    body_sha256: str
    debit_key: str
    credit_key: str
    debit_kind: AccountKind
    credit_kind: AccountKind
    reverses_uid: str | None
    reversed_by_uid: str | None
    payee_kind: PayeeKind | None
    spending_category: SpendingCategory | None
    purpose: str | None

    @property
    def is_reversal(self) -> bool:
        return self.reverses_uid is not None

    @property
    def counted_fen(self) -> int:
        """What the entry adds to the public figure of its kind: a reversal takes away."""
        return -self.amount_fen if self.is_reversal else self.amount_fen


def _all() -> Select[tuple[object, ...]]:
    debit, credit, first, back = aliased(Account), aliased(Account), aliased(Transfer), aliased(Transfer)
    own = [field.name for field in fields(Entry) if hasattr(Transfer, field.name)]
    return (
        select(
            *(getattr(Transfer, name) for name in own),
            debit.key.label("debit_key"), debit.kind.label("debit_kind"),
            credit.key.label("credit_key"), credit.kind.label("credit_kind"),
            first.uid.label("reverses_uid"), back.uid.label("reversed_by_uid"),
            Voucher.payee_kind, Voucher.category.label("spending_category"), Voucher.purpose,
        )
        # Outer joins, although both accounts are always there: the database must begin with the transfers, in the order
        # of their index. Beginning with the accounts it would collect and sort all entries for each page.
        .outerjoin(debit, debit.id == Transfer.debit_id)
        .outerjoin(credit, credit.id == Transfer.credit_id)
        .outerjoin(first, first.id == Transfer.reverses_id)
        .outerjoin(back, back.reverses_id == Transfer.id)
        .outerjoin(Voucher, Voucher.code == Transfer.voucher_code)
    )  # fmt: skip


def _filtered(filters: EntryFilters) -> Select[tuple[object, ...]]:
    statement = _all()
    if filters.kind == REVERSALS:
        statement = statement.where(Transfer.reverses_id.is_not(None))
    elif filters.kind:
        statement = statement.where(Transfer.kind == TransferKind(filters.kind))
    if filters.county:
        statement = statement.where(Transfer.county_code == filters.county)
    if filters.category:
        statement = statement.where(Transfer.category == filters.category)
    if filters.need:
        statement = statement.where(Transfer.need_code == filters.need)
    if filters.claim:
        statement = statement.where(Transfer.claim_code == filters.claim)
    if filters.month:
        year, month = (int(part) for part in filters.month.split("-"))
        following = date(year + month // 12, month % 12 + 1, 1)
        statement = statement.where(Transfer.business_on >= date(year, month, 1), Transfer.business_on < following)
    return statement


def list_entries(filters: EntryFilters, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> Page[Entry]:
    """One page, the newest business day first. ``after`` and ``before`` are uids; an unknown one begins anew."""
    statement = _filtered(filters)
    place = tuple_(Transfer.business_on, Transfer.id)
    anchor = _place_of(before or after)
    if anchor is None:
        after = before = ""
    elif before:
        statement = statement.where(place > anchor)
    else:
        statement = statement.where(place < anchor)
    if before:
        statement = statement.order_by(Transfer.business_on, Transfer.id)
    else:
        statement = statement.order_by(Transfer.business_on.desc(), Transfer.id.desc())
    rows = [Entry(**row) for row in db.session.execute(statement.limit(size + 1)).mappings()]
    return page_of(rows, [row.uid for row in rows], size, after=after, before=before)


def _place_of(uid: str) -> tuple[date, int] | None:
    if not uid:
        return None
    row = db.session.execute(select(Transfer.business_on, Transfer.id).where(Transfer.uid == uid)).one_or_none()
    return (row.business_on, row.id) if row else None


def find_entry(uid: str) -> Entry | None:
    row = db.session.execute(_all().where(Transfer.uid == uid)).mappings().one_or_none()
    return Entry(**row) if row else None


def entries_of_fund(need_code: str, kind: TransferKind, *, size: int = PAGE_SIZE) -> Sequence[Entry]:
    """The newest entries of one kind for one need."""
    return list_entries(EntryFilters(kind=kind.value, need=need_code), size=size).rows


def stream_entries(filters: EntryFilters) -> Iterator[Entry]:
    """All entries that fit, in the order of posting, in chunks; each chunk ends its read.

    What is posted meanwhile is left out, so the file is the book as it stood at the first row.
    """
    newest = db.session.execute(select(func.max(Transfer.id))).scalar() or 0
    last = 0
    while True:
        rows = db.session.execute(
            _filtered(filters)
            .add_columns(Transfer.id.label("row_id"))
            .where(Transfer.id > last, Transfer.id <= newest)
            .order_by(Transfer.id)
            .limit(CHUNK)
        ).mappings().all()  # fmt: skip
        db.session.rollback()
        for row in rows:
            values = dict(row)
            last = values.pop("row_id")
            yield Entry(**values)
        if len(rows) < CHUNK:
            return
