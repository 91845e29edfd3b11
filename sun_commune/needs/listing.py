"""What the supermarket shows is derived here, and only here: listed, open, kinds, sort keys, counts, index.

``relist`` reads the need's state and lines as they stand in the caller's transaction, writes what changed, moves the
need from its old cell of ``need_cells`` to the new one, and indexes it at its first publication. Plain Core
statements: it runs inside every claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune.core.db import db, is_sqlite, table_of
from sun_commune.needs import search
from sun_commune.needs.models import KIND_BITS, LineKind, Need, NeedCell, NeedLine
from sun_commune.needs.states import IN_PROGRESS, PUBLIC

COLUMNS = (
    Need.id, Need.state, Need.category, Need.subject, Need.urgency, Need.county_code, Need.township_code,
    Need.published_at, Need.wanted_on, Need.is_listed, Need.is_open, Need.kinds,
    Need.newest_key, Need.urgent_key, Need.deadline_key,
)  # fmt: skip
CELLS = table_of(NeedCell)
CELL_KEYS = ("place_code", "category", "subject", "urgency", "kinds", "is_open")


def relist(need: Need) -> None:
    """Bring everything that is derived from a need up to date (in the caller's transaction)."""
    db.session().flush()
    relist_id(need.id)
    db.session().expire(need)


def relist_id(need_id: int) -> None:
    """As relist, for callers that hold no object."""
    session = db.session()
    need = session.execute(select(*COLUMNS).where(Need.id == need_id)).one()
    lines = session.execute(
        select(NeedLine.kind, func.sum(NeedLine.asked - NeedLine.claimed)).where(NeedLine.need_id == need_id)
        .group_by(NeedLine.kind)
    ).all()  # fmt: skip
    derived = derive(need, kinds={kind for kind, _left in lines}, left=sum(left for _kind, left in lines))
    if all(getattr(need, name) == value for name, value in derived.items()):
        return
    session.execute(update(Need).where(Need.id == need_id).values(derived), execution_options=NO_SYNC)
    _move_cells(need, derived)
    if derived["is_listed"] and not need.is_listed:
        search.index_need(need_id)


NO_SYNC = {"synchronize_session": False}


def derive(need: Any, *, kinds: Iterable[LineKind], left: int) -> dict[str, Any]:
    """The derived columns of a need whose lines have these kinds and this much unclaimed in all."""
    is_listed = need.state in PUBLIC
    keys = sort_keys(need.id, need.published_at, need.urgency, need.wanted_on) if need.published_at else {}
    return {
        "is_listed": is_listed,
        "is_open": need.state in IN_PROGRESS and left > 0,
        "kinds": sum(KIND_BITS[kind] for kind in set(kinds)),
        **keys,
    }


def sort_keys(need_id: int, published_at: datetime, urgency: int, wanted_on: date | None) -> dict[str, str]:
    """Keys that ascend in reading order, digits only (so that no collation reorders them) and unique by the id."""
    newest_first = f"{9999999999 - int(published_at.timestamp()):010d}{999999999999 - need_id:012d}"
    soonest = f"{wanted_on:%Y%m%d}" if wanted_on else "99999999"
    return {
        "newest_key": newest_first,
        "urgent_key": f"{9 - urgency}{soonest}{newest_first}",
        "deadline_key": f"{soonest}{newest_first}",
    }


def _move_cells(need: Any, derived: dict[str, Any]) -> None:
    changes: dict[tuple[Any, ...], int] = {}
    for place_code in (need.county_code, need.township_code):
        fixed = (place_code, need.category, need.subject, need.urgency)
        if need.is_listed:
            old = (*fixed, need.kinds, need.is_open)
            changes[old] = changes.get(old, 0) - 1
        if derived["is_listed"]:
            new = (*fixed, derived["kinds"], derived["is_open"])
            changes[new] = changes.get(new, 0) + 1
    # Always in the same order: two transactions that touch the same cells wait, and never for each other.
    for key in sorted(changes, key=repr):
        if changes[key]:
            add_to_cell(key, changes[key])


def add_to_cell(key: tuple[Any, ...], change: int) -> None:
    """Count ``change`` more (or fewer) needs in the cell of these CELL_KEYS."""
    session = db.session()
    values = dict(zip(CELL_KEYS, key, strict=True))
    if change < 0:
        same = [getattr(NeedCell, name) == value for name, value in values.items()]
        lower = update(NeedCell).where(*same).values(needs_count=NeedCell.needs_count + change)
        session.execute(lower, execution_options=NO_SYNC)
        return
    add_to_cells({key: change})


def add_to_cells(changes: Mapping[tuple[Any, ...], int]) -> None:
    """Count more needs in many cells, in the order that everybody takes them."""
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    statement = insert(CELLS)
    raised = {"n": CELLS.c.n + statement.excluded.n}
    rows = [dict(zip((*CELL_KEYS, "n"), (*key, changes[key]), strict=True)) for key in sorted(changes, key=repr)]
    session.connection().execute(statement.on_conflict_do_update(index_elements=list(CELL_KEYS), set_=raised), rows)
