"""The figures of a list of entries: the same numbers that stand behind the charts, for any filter.

What the kept sums can answer costs the same at any number of entries. Anything else is added up from the entries
themselves while they are few; beyond MOST_ADDED the list says so and offers the file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import String, and_, case, func, literal, select, true, type_coerce, union_all

from sun_commune.core.db import db
from sun_commune.ledger import search
from sun_commune.ledger.figures import Totals, totals_by_kind
from sun_commune.ledger.filters import NOT_THE_POOLS, POOL, REVERSALS, EntryFilters, common, here, kinds_of, there
from sun_commune.ledger.models import FacetSum, GiverSum, LedgerSum, SumKind, Transfer, TransferKind
from sun_commune.ledger.sums import Sums

MOST_ADDED = 20_000
#: So many entries are sorted as fast as they are walked.
FEW = 5_000
#: Filters that the kept sums know.
KEPT = {"kind", "county", "category", "month", "giver", "use"}


def totals_of_list(filters: EntryFilters) -> Totals | None:
    """What the entries add up to; None when nobody keeps that sum and they are too many to add up here."""
    asked = {name for name, value in filters.active().items() if value != POOL}
    is_kept = asked <= KEPT and filters.kind != REVERSALS and not (filters.giver and filters.use)
    rows = _kept(filters) if is_kept else _added(filters)
    return None if rows is None else totals_by_kind(rows)


def narrowed(filters: EntryFilters) -> EntryFilters:
    """For amounts between bounds: whether the other filters leave few entries, by the kept sums."""
    if not filters.by_amount:
        return filters
    others = replace(filters, least=0, most=0, few=False)
    asked = others.active().keys()
    if asked & {"need", "claim", "voucher", "source"}:
        return replace(filters, few=True)
    if filters.name:
        counted = select(func.sum(GiverSum.entries_count)).where(GiverSum.donor_shown == filters.name)
        return replace(filters, few=(db.session.execute(counted).scalar() or 0) <= FEW)
    if not asked or not asked <= KEPT or filters.kind == REVERSALS or (filters.giver and filters.use):
        return filters
    return replace(filters, few=sum(count for _posted, _back, count in _kept(others).values()) <= FEW)


def _kept(filters: EntryFilters) -> dict[SumKind, Sums]:
    model: Any = FacetSum if filters.giver or filters.use else LedgerSum
    statement = select(
        model.kind, func.sum(model.amount_fen), func.sum(model.reversed_fen), func.sum(model.entries_count)
    ).group_by(model.kind)
    exact = {
        model.month: filters.month, model.county_code: filters.county, model.category: filters.category,
    }  # fmt: skip
    for column, value in exact.items():
        if value:
            statement = statement.where(column == value)
    if filters.giver or filters.use:
        statement = statement.where(model.facet == (filters.giver or filters.use))
    if filters.need == POOL:
        statement = statement.where(model.county_code == "", model.kind.not_in(NOT_THE_POOLS))
    kinds = _sum_kinds(filters)
    if kinds:
        statement = statement.where(model.kind.in_(kinds))
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in db.session.execute(statement)}


def _sum_kinds(filters: EntryFilters) -> list[SumKind]:
    kinds = [SumKind(kind.value) for kind in kinds_of(filters)]
    return [*kinds, SumKind.MOVED_IN] if SumKind.MOVED in kinds else kinds


def _added(filters: EntryFilters) -> dict[SumKind, Sums] | None:
    """From the entries: those at the place asked for, and, under MOVED_IN, those that moved money there. None if they
    are too many."""
    kinds, rest = kinds_of(filters), common(filters)
    if (filters.giver or filters.use) and not kinds:
        return {}
    at_place = and_(true(), *here(filters), *rest, *([Transfer.kind.in_(kinds)] if kinds else []))
    parts = [_part(filters, at_place, type_coerce(Transfer.kind, String))]
    is_anywhere = not here(filters)
    if not is_anywhere and (not kinds or TransferKind.MOVED in kinds):
        parts.append(_part(filters, and_(*there(filters), *rest), literal(SumKind.MOVED_IN.value)))
    both = union_all(*(select(part.subquery()) for part in parts)).subquery()
    kind, posted, taken_back = both.c
    statement = select(kind, func.sum(posted), func.sum(taken_back), func.count()).group_by(kind)
    rows = {SumKind(str(row[0])): (int(row[1]), int(row[2]), int(row[3])) for row in db.session.execute(statement)}
    if is_anywhere and SumKind.MOVED in rows:
        rows[SumKind.MOVED_IN] = rows[SumKind.MOVED]
    return None if sum(count for _posted, _back, count in rows.values()) > MOST_ADDED else rows


def _part(filters: EntryFilters, condition: Any, kind: Any) -> Any:
    forward = Transfer.reverses_id.is_(None)
    statement = select(
        kind.label("kind"),
        case((forward, Transfer.amount_fen), else_=0).label("posted"),
        case((forward, 0), else_=Transfer.amount_fen).label("taken_back"),
    ).where(condition)
    if filters.q:
        statement = search.restrict(statement, filters.q)
    return statement.limit(MOST_ADDED + 1)
