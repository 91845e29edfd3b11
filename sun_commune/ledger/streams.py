"""All entries that fit, for a file: in the order of posting, some thousand at a time, in the same memory at any length.

Rows are tuples as the driver gives them, days and moments as text: making an object of each would cost several times
what reading it does. Each chunk ends its read, so a reader who is slow holds nothing up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, String, and_, func, or_, select, type_coerce

from sun_commune.core.db import StrEnumType, UtcDateTime, db, is_sqlite
from sun_commune.ledger import search
from sun_commune.ledger.entries import joined
from sun_commune.ledger.filters import EntryFilters, walks
from sun_commune.ledger.models import Transfer

SPAN = 2_000  # row ids
#: So many are looked up by their filters and sorted; more are met on a walk through the whole book. Either way what a
#: file costs grows with the book, never with its square.
FEW = 20_000
Rows = Sequence[Sequence[Any]]


def stream(filters: EntryFilters, names: Sequence[str], *, newest: int | None = None) -> Iterator[Rows]:
    """Chunks of rows with these of Entry's fields: enums by their values, days as ``2026-11-02``, moments in UTC as
    ``2026-11-02 09:30:00.000000``.

    What is posted meanwhile is left out, so the file is the book as it stood at the first row; ``newest`` is the row id
    of the last entry that it may hold.
    """
    every = statement(names)
    # Two questions, for SQLite answers either at once and both together from every row.
    ends = (select(end(Transfer.id)).scalar_subquery() for end in (func.min, func.max))
    first, last = db.session.execute(select(*ends)).one()
    for condition in _pieces(filters, (first or 1) - 1, min(last or 0, newest or last or 0)):
        # Straight from the driver: SQLAlchemy has nothing to convert in them.
        cursor: Any = db.session.connection().execute(every.where(condition)).cursor
        rows = cursor.fetchall()
        db.session.rollback()
        if rows:
            yield rows


def statement(names: Sequence[str]) -> Select[Any]:
    """All entries. Along the row ids, whatever index SQLite would rather begin with: that it would read anew for each
    chunk."""
    return joined(names, plain=_as_it_is).order_by(Transfer.id).with_hint(Transfer, "NOT INDEXED", "sqlite")


def _pieces(filters: EntryFilters, before: int, newest: int) -> Iterator[ColumnElement[bool]]:
    """Conditions that find all entries one after the other, some thousand each."""
    conditions = walks(filters)
    if not conditions:
        return
    ids = _few(filters, conditions, newest) if filters.active() else None
    if ids is not None:
        for at in range(0, len(ids), SPAN):
            yield Transfer.id.in_(ids[at : at + SPAN])
        return
    for low in range(before, newest, SPAN):
        span = (Transfer.id > low, Transfer.id <= min(low + SPAN, newest))
        if filters.q:
            found = search.restrict(select(Transfer.id).where(or_(*conditions)), filters.q)
            key = search.key()
            ids = list(db.session.execute(found.where(key > low, key <= min(low + SPAN, newest))).scalars())
            yield Transfer.id.in_(ids)
        else:
            yield and_(*span, or_(*conditions)) if filters.active() else and_(*span)


def _few(filters: EntryFilters, conditions: Sequence[ColumnElement[bool]], newest: int) -> list[int] | None:
    """The row ids in order; None if they are many."""
    ids: set[int] = set()
    for condition in conditions:
        found = select(Transfer.id).where(condition, Transfer.id <= newest)
        if filters.q:
            found = search.restrict(found, filters.q)
        ids.update(db.session.execute(found.limit(FEW + 1)).scalars())
        if len(ids) > FEW:
            return None
    return sorted(ids)


def _as_it_is(column: Any) -> Any:
    """Without making an enum or a date of it, and spelt in the same way on both databases."""
    sqlite = is_sqlite(db.session())
    if isinstance(column.type, Date):
        return type_coerce(column, String) if sqlite else func.to_char(column, "YYYY-MM-DD")
    if isinstance(column.type, UtcDateTime):
        in_utc = func.timezone("UTC", column)
        return type_coerce(column, String) if sqlite else func.to_char(in_utc, "YYYY-MM-DD HH24:MI:SS.US")
    return type_coerce(column, String) if isinstance(column.type, StrEnumType) else column
