"""The figures of a report, from the entries of the ledger alone: whole fen and counts, frozen as canonical JSON.

Money and goods stand apart. Families are only counted, and groups of fewer than SMALL of them are put together, so
that no figure points at one family (Personal Information Protection Law, art. 28).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, select, true
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.disclosure import measures
from sun_commune.disclosure.models import Campaign, Task, TaskKind
from sun_commune.ledger import advances
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import Voucher
from sun_commune.needs.models import Need

VERSION = 1
SMALL = 3
MOST_LISTED = 10
MOST_CORRECTIONS = 100
OTHER = "other"  # groups put together because each is small

K = TransferKind
#: By which entries a need was helped.
HELPED = (K.SPENDING, K.SETTLED, K.GOODS)
FORWARD = Transfer.reverses_id.is_(None)
NET = func.sum(case((FORWARD, Transfer.amount_fen), else_=-Transfer.amount_fen))
Figures = dict[str, Any]
Nets = dict[TransferKind, int]


def canonical(value: Any) -> str:
    """JSON with sorted keys and nothing between its parts: the text whose SHA-256 is published."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def compute(campaign: Campaign, task: Task, begins_on: date, ends_on: date) -> Figures:
    """What the ledger says of the campaign for these days (both inclusive, by the day of the entry).

    ``period`` are the sums of the days, ``so_far`` those from the campaign's first day; ``held`` is there only.
    """
    here, there = scope(campaign), arrived_in(campaign)
    days, so_far = Transfer.business_on.between(begins_on, ends_on), Transfer.business_on <= ends_on
    parts = _parts(here, days)
    return {
        "version": VERSION,
        "campaign": campaign.code,
        "scope": {"county": campaign.county_code, "category": campaign.category, "needs": campaign.needs},
        "from": begins_on.isoformat(),
        "to": ends_on.isoformat(),
        "period": _sums(parts.values(), _moved_in(there, days)),
        "so_far": _so_far(campaign, here, there, so_far),
        "by_month": _by(parts, 0),
        "by_county": _by(parts, 1),
        "by_category": _by(parts, 2),
        "helped": _helped(here, days),
        "biggest": _biggest(here, days),
        "corrections": _corrections(here, days),
        "overdue_advances": _overdue_advances(campaign, ends_on),
        "year": measures.year_of(ends_on.year, ends_on.month).as_figures(),
        **({"entry": _entry(task.period)} if task.kind is TaskKind.MAJOR else {}),
    }


def scope(campaign: Campaign) -> ColumnElement[bool]:
    """Entries that belong to the campaign."""
    return _within(campaign, Transfer.county_code, Transfer.category, Transfer.need_code)


def arrived_in(campaign: Campaign) -> ColumnElement[bool]:
    """MOVED entries that brought money to it."""
    return and_(
        Transfer.kind == K.MOVED,
        _within(campaign, Transfer.to_county_code, Transfer.to_category, Transfer.to_need_code),
    )


def _within(campaign: Campaign, county: Any, category: Any, need: Any) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if campaign.county_code:
        conditions.append(county == campaign.county_code)
    if campaign.category:
        conditions.append(category == campaign.category)
    if campaign.need_codes:
        conditions.append(need.in_(campaign.needs))
    return and_(true(), *conditions)


#: Net fen by kind, and the number of entries, for each (month, county, category).
Parts = dict[tuple[str, str, str], tuple[Nets, int]]


def _parts(here: ColumnElement[bool], days: ColumnElement[bool]) -> Parts:
    month = func.substr(cast(Transfer.business_on, String), 1, 7)
    columns = (month, Transfer.county_code, Transfer.category, Transfer.kind)
    rows = db.session.execute(select(*columns, NET, func.count()).where(here, days).group_by(*columns))
    found: dict[tuple[str, str, str], tuple[Nets, int]] = {}
    for when, county, category, kind, fen, count in rows:
        nets, before = found.get((when, county, category), ({}, 0))
        nets[kind] = int(fen)
        found[(when, county, category)] = (nets, before + int(count))
    return found


def _moved_in(there: ColumnElement[bool], days: ColumnElement[bool]) -> int:
    return int(db.session.execute(select(func.coalesce(NET, 0)).where(there, days)).scalar_one())


def _sums(parts: Iterable[tuple[Nets, int]], moved_in: int) -> dict[str, int]:
    nets: dict[TransferKind, int] = defaultdict(int)
    entries = 0
    for part, count in parts:
        entries += count
        for kind, fen in part.items():
            nets[kind] += fen
    return {
        "raised": nets[K.GIFT] + nets[K.MATCHED],
        "spent": nets[K.SPENDING] + nets[K.SETTLED],
        "refunded": nets[K.REFUND],
        "moved_in": moved_in,
        "moved_out": nets[K.MOVED],
        "advanced": nets[K.ADVANCE] - nets[K.SETTLED] - nets[K.ADVANCE_BACK],
        "goods": nets[K.GOODS],
        "entries": entries,
    }


def _so_far(
    campaign: Campaign, here: ColumnElement[bool], there: ColumnElement[bool], until: ColumnElement[bool]
) -> dict[str, int]:
    """From the first day of the campaign; what needs had received before is not the campaign's."""
    since = and_(until, Transfer.business_on >= campaign.begins_on)
    rows = db.session.execute(select(Transfer.kind, NET, func.count()).where(here, since).group_by(Transfer.kind))
    sums = _sums([({kind: int(fen)}, int(count)) for kind, fen, count in rows], _moved_in(there, since))
    held = sums["raised"] + sums["moved_in"] - sums["moved_out"] - sums["spent"] - sums["refunded"]
    return {**sums, "held": held}


def _by(parts: Parts, place: int) -> list[dict[str, Any]]:
    """Raised, spent and goods for each month, county or category, in the order of their keys."""
    groups: dict[str, list[tuple[Nets, int]]] = defaultdict(list)
    for where, part in parts.items():
        groups[where[place]].append(part)
    rows = []
    for key, group in sorted(groups.items()):
        sums = _sums(group, 0)
        rows.append({"key": key, **{name: sums[name] for name in ("raised", "spent", "goods")}})
    return rows


def _helped(here: ColumnElement[bool], days: ColumnElement[bool]) -> dict[str, Any]:
    """Needs and families that money or goods reached, whatever was taken back left out. ``households`` is None where
    there are some, but fewer than SMALL."""
    codes = (
        select(Transfer.need_code)
        .where(here, days, Transfer.kind.in_(HELPED), Transfer.need_code != "")
        .group_by(Transfer.need_code)
        .having(NET > 0)
    )
    numbers = (func.count(), func.count(func.distinct(Need.household_id)))
    of_needs = Need.code.in_(codes)
    rows = db.session.execute(select(Need.category, *numbers).where(of_needs).group_by(Need.category))
    needs, households = db.session.execute(select(*numbers).where(of_needs)).one()
    cells = {row[0].value: (int(row[1]), int(row[2])) for row in rows}
    return {
        "needs": int(needs),
        "households": shown(int(households)),
        "by_category": [
            {"key": key, "needs": some, "households": shown(families)}
            for key, (some, families) in merge_small(cells).items()
        ],
    }


def shown(count: int) -> int | None:
    """None for 1 and 2: told as "fewer than 3"."""
    return count if count == 0 or count >= SMALL else None


def merge_small(cells: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Groups (needs, families) with 1 or 2 families put together as OTHER; and, while that is still small, the next
    smallest with them, or the rest could be told by taking the others off the whole."""
    small = {key: cell for key, cell in cells.items() if 0 < cell[1] < SMALL}
    large = sorted((cell[1], key) for key, cell in cells.items() if cell[1] >= SMALL)
    while small and sum(cell[1] for cell in small.values()) < SMALL and large:
        _families, key = large.pop(0)
        small[key] = cells[key]
    kept = {key: cell for key, cell in sorted(cells.items()) if key not in small}
    if small:
        kept[OTHER] = (sum(cell[0] for cell in small.values()), sum(cell[1] for cell in small.values()))
    return kept


def _biggest(here: ColumnElement[bool], days: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The largest spendings that stand, with what their vouchers say in public."""
    back = aliased(Transfer)
    statement = (
        select(Transfer.uid, Transfer.business_on, Transfer.amount_fen, Transfer.need_code, Voucher.category,
               Voucher.purpose)
        .outerjoin(back, back.reverses_id == Transfer.id)
        .outerjoin(Voucher, Voucher.code == Transfer.voucher_code)
        .where(here, days, Transfer.kind.in_((K.SPENDING, K.SETTLED)), FORWARD, back.id.is_(None))
        .order_by(Transfer.amount_fen.desc(), Transfer.id)
        .limit(MOST_LISTED)
    )  # fmt: skip
    return [
        {
            "uid": row.uid, "day": row.business_on.isoformat(), "amount": row.amount_fen, "need": row.need_code,
            "category": row.category.value if row.category else "", "purpose": row.purpose or "",
        }
        for row in db.session.execute(statement)
    ]  # fmt: skip


def _corrections(here: ColumnElement[bool], days: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Entries of these days that take others back, with the published reason."""
    first = aliased(Transfer)
    statement = (
        select(Transfer.uid, first.uid.label("reverses"), Transfer.business_on, Transfer.amount_fen, Transfer.kind,
               Transfer.reason)
        .join(first, first.id == Transfer.reverses_id)
        .where(here, days)
        .order_by(Transfer.business_on, Transfer.id)
        .limit(MOST_CORRECTIONS)
    )  # fmt: skip
    return [
        {
            "uid": row.uid, "reverses": row.reverses, "day": row.business_on.isoformat(), "amount": row.amount_fen,
            "kind": row.kind.value, "reason": row.reason,
        }
        for row in db.session.execute(statement)
    ]  # fmt: skip


def _overdue_advances(campaign: Campaign, ends_on: date) -> list[dict[str, Any]]:
    """Handed out before there was an invoice, and still not wholly settled though the day for it was over by then."""
    conditions = [_within(campaign, Voucher.county_code, Voucher.need_category, Voucher.need_code)]
    return [
        {"voucher": each.code, "entry": each.transfer_uid, "due": each.due_on.isoformat(), "open": each.open_fen}
        for each in advances.list_advances(*conditions, Voucher.due_on < ends_on)
    ]


def _entry(uid: str) -> dict[str, Any]:
    row = db.session.execute(select(Transfer).where(Transfer.uid == uid)).scalar_one()
    return {
        "uid": row.uid, "kind": row.kind.value, "amount": row.amount_fen, "day": row.business_on.isoformat(),
        "need": row.need_code, "county": row.county_code,
    }  # fmt: skip


def differences(before: Figures, after: Figures) -> list[dict[str, Any]]:
    """Every figure that is not the same, by its path, in order; of lists only that they differ (None, None)."""
    found: list[dict[str, Any]] = []
    _compare("", before, after, found)
    return found


def _compare(path: str, before: Any, after: Any, found: list[dict[str, Any]]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            _compare(f"{path}.{key}" if path else key, before.get(key), after.get(key), found)
    elif before != after:
        is_plain = isinstance(before, int | str | None) and isinstance(after, int | str | None)
        found.append({"figure": path, "before": before if is_plain else None, "after": after if is_plain else None})


def left_over(campaign: Campaign) -> int:
    """Fen of the campaign that nobody has spent, moved or given back by now."""
    return _so_far(campaign, scope(campaign), arrived_in(campaign), true())["held"]
