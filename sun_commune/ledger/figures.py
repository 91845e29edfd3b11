"""Public figures: read from the kept sums, so that they cost the same however many entries there are.

``*_of_entries`` compute the same from the entries alone; the self-check compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from sun_commune.core.db import db
from sun_commune.ledger.models import LedgerSum, SumKind, Transfer, TransferKind
from sun_commune.ledger.sums import SumKey, Sums, sums_of_entries

K = SumKind
#: What each figure adds up of the kinds' net sums, and what it takes off.
RAISED = ((K.GIFT, K.MATCHED), ())
SPENT = ((K.SPENDING, K.SETTLED), ())
HELD = ((K.GIFT, K.MATCHED, K.MOVED_IN), (K.MOVED, K.SPENDING, K.SETTLED, K.REFUND))
ADVANCED = ((K.ADVANCE,), (K.SETTLED, K.ADVANCE_BACK))
UNMATCHED = ((K.UNMATCHED,), (K.MATCHED, K.SENT_BACK))


@dataclass(frozen=True)
class Totals:
    """Fen; each without what reversals took back.

    ``raised`` came for needs or the pool; ``spent`` went out for them and is shown by papers; ``refunded`` went back to
    donors; ``held`` is what is left, ``advanced`` the part of it that was handed out and is not settled;
    ``unmatched`` came and nobody knows yet for what. ``returned`` is what reversals took back of gifts of money.
    """

    raised: int = 0
    spent: int = 0
    refunded: int = 0
    held: int = 0
    advanced: int = 0
    unmatched: int = 0
    moved: int = 0
    moved_in: int = 0
    goods: int = 0
    returned: int = 0
    entries_count: int = 0

    @property
    def in_bank(self) -> int:
        """What the charity's account must say."""
        return self.held - self.advanced + self.unmatched


def totals_by_kind(rows: dict[SumKind, Sums]) -> Totals:
    """The figures that sums by kind give."""
    net = {kind: posted - taken_back for kind, (posted, taken_back, _count) in rows.items()}
    return Totals(
        raised=_figure(net, RAISED),
        spent=_figure(net, SPENT),
        refunded=net.get(K.REFUND, 0),
        held=_figure(net, HELD),
        advanced=_figure(net, ADVANCED),
        unmatched=_figure(net, UNMATCHED),
        moved=net.get(K.MOVED, 0),
        moved_in=net.get(K.MOVED_IN, 0),
        goods=net.get(K.GOODS, 0),
        returned=sum(rows.get(kind, (0, 0, 0))[1] for kind in RAISED[0]),
        entries_count=sum(count for kind, (_posted, _back, count) in rows.items() if kind is not K.MOVED_IN),
    )


def _figure(net: dict[SumKind, int], terms: tuple[tuple[SumKind, ...], tuple[SumKind, ...]]) -> int:
    plus, minus = terms
    return sum(net.get(kind, 0) for kind in plus) - sum(net.get(kind, 0) for kind in minus)


def totals_of(sums: Mapping[SumKey, Sums]) -> Totals:
    """The figures of these sums."""
    rows: dict[SumKind, Sums] = {}
    for (_month, _county, _category, kind), (posted, taken_back, count) in sums.items():
        before = rows.get(kind, (0, 0, 0))
        rows[kind] = (before[0] + posted, before[1] + taken_back, before[2] + count)
    return totals_by_kind(rows)


def totals(*, until: str = "") -> Totals:
    """Of all entries; with ``until`` (``2026-11``) of those that count up to the end of that period."""
    statement = _by_kind()
    if until:
        statement = statement.where(LedgerSum.month <= until)
    return totals_by_kind({row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in db.session.execute(statement)})


def totals_without(taken: Mapping[SumKind, Sums]) -> Totals:
    """The figures of all entries but some, whose sums by kind are given: what the books said before those."""
    rows = dict[SumKind, Sums]()
    for kind, posted, back, count in db.session.execute(_by_kind()):
        less = taken.get(kind, (0, 0, 0))
        rows[kind] = (int(posted) - less[0], int(back) - less[1], int(count) - less[2])
    return totals_by_kind(rows)


def fund_totals(need_code: str) -> Totals:
    """The figures of one need, from its entries; of the pool ("") from the kept sums."""
    if not need_code:
        return _pool_totals()
    forward = Transfer.reverses_id.is_(None)
    posted = func.sum(case((forward, Transfer.amount_fen), else_=0))
    taken_back = func.sum(case((forward, 0), else_=Transfer.amount_fen))
    statement = select(Transfer.kind, posted, taken_back, func.count()).where(Transfer.need_code == need_code)
    rows = {
        SumKind(row[0].value): (int(row[1]), int(row[2]), int(row[3]))
        for row in db.session.execute(statement.group_by(Transfer.kind))
    }
    came = select(func.coalesce(posted, 0), func.coalesce(taken_back, 0)).where(
        Transfer.to_need_code == need_code, Transfer.kind == TransferKind.MOVED
    )
    row = db.session.execute(came).one()
    return totals_by_kind(rows | {K.MOVED_IN: (int(row[0]), int(row[1]), 0)})


def _pool_totals() -> Totals:
    """What stands at no county, but for money that nobody has matched."""
    statement = _by_kind().where(LedgerSum.county_code == "", LedgerSum.kind.not_in((K.UNMATCHED, K.SENT_BACK)))
    return totals_by_kind({row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in db.session.execute(statement)})


def _by_kind() -> Select[SumKind, int, int, int]:
    return select(
        LedgerSum.kind,
        func.sum(LedgerSum.amount_fen),
        func.sum(LedgerSum.reversed_fen),
        func.sum(LedgerSum.entries_count),
    ).group_by(LedgerSum.kind)


@dataclass(frozen=True)
class Slice:
    """One month, county or category: fen, reversals taken off. ``held`` is what the entries of the slice left."""

    key: str
    raised: int
    spent: int
    goods: int
    held: int = 0


def by_month() -> list[Slice]:
    """Oldest first."""
    return _slices(LedgerSum.month)


def by_county() -> list[Slice]:
    return _slices(LedgerSum.county_code)


def by_category() -> list[Slice]:
    return _slices(LedgerSum.category)


def _slices(column: InstrumentedAttribute[str]) -> list[Slice]:
    net = func.sum(LedgerSum.amount_fen - LedgerSum.reversed_fen)
    found: dict[str, dict[SumKind, int]] = {}
    for key, kind, fen in db.session.execute(select(column, LedgerSum.kind, net).group_by(column, LedgerSum.kind)):
        found.setdefault(str(key), {})[kind] = int(fen)
    return [
        Slice(
            key,
            raised=_figure(kinds, RAISED),
            spent=_figure(kinds, SPENT),
            goods=kinds.get(K.GOODS, 0),
            held=_figure(kinds, HELD),
        )
        for key, kinds in sorted(found.items())
    ]


def totals_of_entries() -> Totals:
    return totals_of(sums_of_entries())
