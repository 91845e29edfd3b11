"""Lists of entries: filtered, newest business day first, paged by key (for files see ``streams``).

Every row comes with what stands beside it in public: its accounts, its voucher's public half, what it reverses and
what reversed it. Payee names, papers and who posted it are not read at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, tuple_, union
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.ledger import search
from sun_commune.ledger.filters import GROUPS, REVERSALS, EntryFilters, amount_of, walks
from sun_commune.ledger.models import Account, AccountKind, Book, Transfer, TransferKind
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher
from sun_commune.uploads.models import Upload

__all__ = ["GROUPS", "REVERSALS", "Entry", "EntryFilters", "find_entry", "list_entries"]

PAGE_SIZE = 25
Order = tuple[ColumnElement[Any], ...]
NAMES_OF_KEYS = ("first", "second")


@dataclass(frozen=True)
class Entry:
    """What the public may read of one entry; amounts in fen, ``quantity`` in ``unit``. ``redacted_token`` is the
    public copy of the voucher's paper, with what is private made black."""

    uid: str
    kind: TransferKind
    book: Book
    amount_fen: int
    business_on: date
    period: str
    posted_at: datetime
    need_code: str
    county_code: str
    category: str
    to_need_code: str
    to_county_code: str
    to_category: str
    claim_code: str | None
    delivery_code: str | None
    voucher_code: str | None
    source_code: str | None
    donor_shown: str
    giver_kind: str
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
    redacted_token: str | None

    @property
    def is_reversal(self) -> bool:
        return self.reverses_uid is not None

    @property
    def counted_fen(self) -> int:
        """What the entry adds to the public figure of its kind: a reversal takes away."""
        return -self.amount_fen if self.is_reversal else self.amount_fen


FIELDS = tuple(field.name for field in fields(Entry))


def joined(names: Sequence[str] = (), *, plain: Callable[[Any], Any] = lambda column: column) -> Select[Any]:
    """Entries with these of Entry's fields (none said: all), each through ``plain``."""
    debit, credit, first, back = aliased(Account), aliased(Account), aliased(Transfer), aliased(Transfer)
    beside = {
        "debit_key": debit.key, "debit_kind": debit.kind, "credit_key": credit.key, "credit_kind": credit.kind,
        "reverses_uid": first.uid, "reversed_by_uid": back.uid, "payee_kind": Voucher.payee_kind,
        "spending_category": Voucher.category, "purpose": Voucher.purpose, "redacted_token": Upload.token,
    }  # fmt: skip
    columns = {name: beside.get(name) or getattr(Transfer, name) for name in names or FIELDS}
    return (
        select(*(plain(column).label(name) for name, column in columns.items()))
        .select_from(Transfer)
        # Outer joins, although both accounts are always there: the database must begin with the transfers, in the order
        # of their index. Beginning with the accounts it would collect and sort all entries for each page.
        .outerjoin(debit, debit.id == Transfer.debit_id)
        .outerjoin(credit, credit.id == Transfer.credit_id)
        .outerjoin(first, first.id == Transfer.reverses_id)
        .outerjoin(back, back.reverses_id == Transfer.id)
        .outerjoin(Voucher, Voucher.code == Transfer.voucher_code)
        .outerjoin(Upload, and_(Upload.id == Voucher.redacted_id, Upload.is_public))
    )


def order_of(filters: EntryFilters) -> Order:
    """What the list is sorted by, the last first: each has an index, so that a page costs the same at any depth.

    Amounts are read along the amounts and words along the index of words, which knows the order of posting alone.
    """
    if filters.q:
        return (search.key(),)
    if filters.by_amount:
        return (amount_of(filters), Transfer.id.expression)
    return (Transfer.business_on.expression, Transfer.id.expression)


def list_entries(filters: EntryFilters, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> Page[Entry]:
    """One page, the newest business day first (see ``order_of``). ``after`` and ``before`` are uids; an unknown one
    begins anew."""
    order = order_of(filters)
    anchor = _place_of(before or after, order)
    if anchor is None:
        after = before = ""
    ids = _ids(filters, order, anchor, backwards=bool(before), size=size + 1)
    by_id = entries_by_id(ids)
    page = [by_id[row_id] for row_id in ids]
    return page_of(page, [row.uid for row in page], size, after=after, before=before)


def _ids(filters: EntryFilters, order: Order, anchor: Any, *, backwards: bool, size: int) -> list[int]:
    """Row ids of a page in reading order (turned round with ``backwards``), from one walk or several laid together."""
    found = walk_statements(filters, order, anchor, backwards=backwards, size=size)
    if not found:
        return []
    if len(found) == 1:
        return list(db.session.execute(found[0].with_only_columns(Transfer.id)).scalars())
    parts = [select(statement.subquery()) for statement in found]
    both = union(*parts).subquery()  # money moved within a place is found twice and stays once
    keys = [both.c[name] for name in NAMES_OF_KEYS[: len(order)]]
    together = select(both.c.id).order_by(*(key if backwards else key.desc() for key in keys)).limit(size)
    return list(db.session.execute(together).scalars())


def walk_statements(
    filters: EntryFilters, order: Order, anchor: Any = None, *, backwards: bool = False, size: int = PAGE_SIZE
) -> list[Select[Any]]:
    """Each a walk along one index, in the order of the list, that ends after a page."""
    place = tuple_(*order)
    keys = [column.label(name) for name, column in zip(NAMES_OF_KEYS, order, strict=False)]
    found = []
    for walk in walks(filters):
        statement = select(*keys, Transfer.id).where(walk)
        if filters.q:
            statement = search.restrict(statement, filters.q)
        if anchor is not None:
            statement = statement.where(place > anchor if backwards else place < anchor)
        statement = statement.order_by(*(column if backwards else column.desc() for column in order))
        found.append(statement.limit(size))
    return found


def _place_of(uid: str, order: Order) -> tuple[Any, ...] | None:
    if not uid:
        return None
    # In the index of words an entry has its own row id: no need to look it up there.
    columns = order if len(order) > 1 else (Transfer.id.expression,)
    row = db.session.execute(select(*columns).where(Transfer.uid == uid)).one_or_none()
    return tuple(row) if row else None


def _entry(row: Any) -> Entry:
    return Entry(**{name: value for name, value in row.items() if name != "row_id"})


def find_entry(uid: str) -> Entry | None:
    row = db.session.execute(joined().where(Transfer.uid == uid)).mappings().one_or_none()
    return Entry(**row) if row else None


def entries_by_id(ids: Sequence[int]) -> dict[int, Entry]:
    """Row id -> entry, of a few."""
    if not ids:
        return {}
    statement = joined().add_columns(Transfer.id.label("row_id")).where(Transfer.id.in_(ids)).limit(len(ids))
    return {row["row_id"]: _entry(row) for row in db.session.execute(statement).mappings()}


def entries_of_fund(need_code: str, kind: str, *, size: int = PAGE_SIZE) -> Sequence[Entry]:
    """The newest entries of a kind (see EntryFilters) for one need."""
    return list_entries(EntryFilters(kind=kind, need=need_code), size=size).rows
