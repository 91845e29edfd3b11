"""Public figures: read from the kept sums, so that they cost the same however many entries there are.

``*_of_entries`` compute the same from the entries alone; the self-check compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from sun_commune.core.db import db, is_sqlite
from sun_commune.ledger.models import LedgerSum, Transfer, TransferKind

SumKey = tuple[str, str, str, TransferKind]


@dataclass(frozen=True)
class Totals:
    """Fen; each without what reversals took back. ``returned`` is what reversals took back of gifts of money."""

    raised: int = 0
    spent: int = 0
    goods: int = 0
    returned: int = 0
    entries_count: int = 0

    @property
    def held(self) -> int:
        return self.raised - self.spent


def _totals(rows: dict[TransferKind, tuple[int, int, int]]) -> Totals:
    def net(kind: TransferKind) -> int:
        posted, taken_back, _count = rows.get(kind, (0, 0, 0))
        return posted - taken_back

    return Totals(
        raised=net(TransferKind.GIFT),
        spent=net(TransferKind.SPENDING),
        goods=net(TransferKind.GOODS),
        returned=rows.get(TransferKind.GIFT, (0, 0, 0))[1],
        entries_count=sum(count for _posted, _back, count in rows.values()),
    )


def totals() -> Totals:
    statement = select(
        LedgerSum.kind,
        func.sum(LedgerSum.amount_fen),
        func.sum(LedgerSum.reversed_fen),
        func.sum(LedgerSum.entries_count),
    ).group_by(LedgerSum.kind)
    return _totals({row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in db.session.execute(statement)})


def fund_totals(need_code: str) -> Totals:
    """The figures of one need, from its entries."""
    forward = Transfer.reverses_id.is_(None)
    posted = func.sum(case((forward, Transfer.amount_fen), else_=0))
    taken_back = func.sum(case((forward, 0), else_=Transfer.amount_fen))
    statement = select(Transfer.kind, posted, taken_back, func.count()).where(Transfer.need_code == need_code)
    rows = db.session.execute(statement.group_by(Transfer.kind))
    return _totals({row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows})


@dataclass(frozen=True)
class Slice:
    """One month, county or category: fen raised, spent and goods, reversals taken off."""

    key: str
    raised: int
    spent: int
    goods: int

    @property
    def held(self) -> int:
        return self.raised - self.spent


def by_month() -> list[Slice]:
    """Oldest first."""
    return _slices(LedgerSum.month)


def by_county() -> list[Slice]:
    return _slices(LedgerSum.county_code)


def by_category() -> list[Slice]:
    return _slices(LedgerSum.category)


def _slices(column: InstrumentedAttribute[str]) -> list[Slice]:
    net = func.sum(LedgerSum.amount_fen - LedgerSum.reversed_fen)
    found: dict[str, dict[TransferKind, int]] = {}
    for key, kind, fen in db.session.execute(select(column, LedgerSum.kind, net).group_by(column, LedgerSum.kind)):
        found.setdefault(str(key), {})[kind] = int(fen)
    return [
        Slice(
            key,
            raised=kinds.get(TransferKind.GIFT, 0),
            spent=kinds.get(TransferKind.SPENDING, 0),
            goods=kinds.get(TransferKind.GOODS, 0),
        )
        for key, kinds in sorted(found.items())
    ]


def sums_of_entries() -> dict[SumKey, tuple[int, int, int]]:
    """What LedgerSum should hold, computed from the entries: posted fen, reversed fen, number of entries."""
    day = Transfer.business_on
    month = func.strftime("%Y-%m", day) if is_sqlite(db.session()) else func.to_char(day, "YYYY-MM")
    forward = Transfer.reverses_id.is_(None)
    posted = func.sum(case((forward, Transfer.amount_fen), else_=0))
    taken_back = func.sum(case((forward, 0), else_=Transfer.amount_fen))
    key = (month, Transfer.county_code, Transfer.category, Transfer.kind)
    rows = db.session.execute(select(*key, posted, taken_back, func.count()).group_by(*key))
    return {(row[0], row[1], row[2], row[3]): (int(row[4]), int(row[5]), int(row[6])) for row in rows}


def totals_of_entries() -> Totals:
    rows: dict[TransferKind, tuple[int, int, int]] = {}
    for (_month, _county, _category, kind), (posted, taken_back, count) in sums_of_entries().items():
        before = rows.get(kind, (0, 0, 0))
        rows[kind] = (before[0] + posted, before[1] + taken_back, before[2] + count)
    return _totals(rows)
