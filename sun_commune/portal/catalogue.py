"""The supermarket's list: filters from the address, one page of cards, counts per filter.

Three statements whatever the number of needs: the page (an index walk from a key), its lines, the counts (sums over
``need_cells``). Core columns, no ORM objects: nothing but what stands on a card is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.core.text import clean_line
from sun_commune.needs import search
from sun_commune.needs.models import KIND_BITS, Category, LineKind, Need, NeedCell, NeedLine, Subject, Urgency
from sun_commune.needs.states import NeedState

PAGE_SIZE = 20
SORTS = {"newest": Need.newest_key, "urgent": Need.urgent_key, "deadline": Need.deadline_key}
KEY_LENGTH = 40


@dataclass(frozen=True)
class Filters:
    """What the address asks for; whatever it holds that is no filter value is dropped, never an error."""

    q: str = ""
    county: str = ""
    township: str = ""
    category: str = ""
    kind: str = ""
    subject: str = ""
    urgency: str = ""
    open: bool = True
    sort: str = "newest"

    def query_args(self, **changes: Any) -> dict[str, str]:
        """Arguments of the address that shows these filters (defaults left out), with some changed."""
        changed = replace(self, **changes)
        if "county" in changes:
            changed = replace(changed, township="")
        values = {name: str(value) for name, value in vars(changed).items() if name not in {"open", "sort"}}
        values = {name: value for name, value in values.items() if value}
        if not changed.open:
            values["open"] = "0"
        if changed.sort != "newest":
            values["sort"] = changed.sort
        return values

    def active(self) -> list[str]:
        """Names of the filters that narrow the list, in the order of the form."""
        names = ("q", "county", "township", "category", "kind", "subject", "urgency")
        return [name for name in names if getattr(self, name)]


def read_filters(args: Mapping[str, str]) -> Filters:
    county = _digits(args.get("county", ""), 6)
    township = _digits(args.get("township", ""), 9)
    return Filters(
        q=clean_line(args.get("q", ""))[:60],
        county=county or township[:6],
        township=township if not county or township.startswith(county) else "",
        category=_one_of(args.get("category", ""), Category),
        kind=_one_of(args.get("kind", ""), LineKind),
        subject=_one_of(args.get("subject", ""), Subject),
        urgency=args.get("urgency", "") if args.get("urgency") in {str(level.value) for level in Urgency} else "",
        open=args.get("open") != "0",
        sort=args.get("sort", "") if args.get("sort") in SORTS else "newest",
    )


def _digits(text: str, length: int) -> str:
    return text if len(text) == length and text.isascii() and text.isdigit() else ""


def _one_of(text: str, values: Iterable[str]) -> str:
    return text if text in set(values) else ""


@dataclass(frozen=True)
class Line:
    kind: LineKind
    item: str
    unit: str
    asked: int
    claimed: int
    delivered: int
    unit_price_fen: int | None


@dataclass(frozen=True)
class Card:
    """What a list shows of one need. ``village_code`` is "" when the village may not be named."""

    id: int
    code: str
    title: str
    category: Category
    subject: Subject
    state: NeedState
    urgency: int
    wanted_on: date | None
    county_code: str
    township_code: str
    village_code: str
    lines: Sequence[Line] = field(default_factory=list)


CARD_COLUMNS = (
    Need.id, Need.code, Need.title, Need.category, Need.subject, Need.state, Need.urgency, Need.wanted_on,
    Need.county_code, Need.township_code, Need.village_code, Need.names_village,
)  # fmt: skip


def find_page(filters: Filters, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> Page[Card]:
    """One page in the order of ``filters.sort`` (searches: newest posting first)."""
    found = search.joined(filters.q) if filters.q else None
    if filters.q and found is None:
        return Page([])
    if found is None:
        key: ColumnElement[Any] = SORTS[filters.sort]
        after, before = (mark if mark.isdigit() and len(mark) <= KEY_LENGTH else "" for mark in (after, before))
        statement = select(*CARD_COLUMNS, key.label("key")).where(*conditions(filters))
        ascending = not before
        mark: Any = before or after
    else:
        key, condition = found
        after, before = (mark if mark.isdigit() and len(mark) <= 18 else "" for mark in (after, before))
        statement = select(*CARD_COLUMNS, key.label("key")).select_from(
            search.INDEX.join(Need.__table__, key == Need.id)
        )
        statement = statement.where(condition, *conditions(filters))
        ascending = bool(before)
        mark = int(before or after) if before or after else ""
    if mark != "":
        statement = statement.where(key > mark if ascending else key < mark)
    statement = statement.order_by(key.asc() if ascending else key.desc()).limit(size + 1)
    rows = db.session.execute(statement).all()
    page = page_of(rows, [str(row.key) for row in rows], size, after=after, before=before)
    return Page(with_lines(page.rows), after=page.after, before=page.before)


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Equality first, in the order of the indexes on ``needs``."""
    wanted: list[ColumnElement[bool]] = [Need.is_listed.is_(True)]
    if filters.open:
        wanted.append(Need.is_open.is_(True))
    if filters.township:
        wanted.append(Need.township_code == filters.township)
    elif filters.county:
        wanted.append(Need.county_code == filters.county)
    if filters.category:
        wanted.append(Need.category == Category(filters.category))
    if filters.subject:
        wanted.append(Need.subject == Subject(filters.subject))
    if filters.urgency:
        wanted.append(Need.urgency == int(filters.urgency))
    if filters.kind:
        wanted.append(Need.kinds.op("&")(KIND_BITS[LineKind(filters.kind)]) != 0)
    return wanted


def with_lines(rows: Sequence[Row[Any]]) -> list[Card]:
    """Cards of needs' rows (CARD_COLUMNS), with their lines in one further statement."""
    ids = [row.id for row in rows]
    lines: dict[int, list[Line]] = {need_id: [] for need_id in ids}
    if ids:
        columns = (
            NeedLine.need_id, NeedLine.kind, NeedLine.item, NeedLine.unit, NeedLine.asked, NeedLine.claimed,
            NeedLine.delivered, NeedLine.unit_price_fen,
        )  # fmt: skip
        asked = select(*columns).where(NeedLine.need_id.in_(ids)).order_by(NeedLine.need_id, NeedLine.position)
        for need_id, *values in db.session.execute(asked):
            lines[need_id].append(Line(*values))
    return [
        Card(
            row.id, row.code, row.title, row.category, row.subject, row.state, row.urgency, row.wanted_on,
            row.county_code, row.township_code, row.village_code if row.names_village else "", lines[row.id],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """Needs per value of each filter, the other filters applied; and how many the list has in all."""

    total: int
    by: Mapping[str, Mapping[str, int]]


def count(filters: Filters) -> Counts:
    """Counts from ``need_cells``: each filter's own choice is left out of its own counts, so that one sees what
    another choice would give. A search by words is not counted (its hits are not kept by value)."""
    length = 9 if filters.county else 6
    place = func.length(NeedCell.place_code) == length
    columns = (
        NeedCell.place_code,
        NeedCell.category,
        NeedCell.subject,
        NeedCell.urgency,
        NeedCell.kinds,
        NeedCell.is_open,
    )
    statement = select(*columns, NeedCell.needs_count).where(place, NeedCell.needs_count > 0)
    if filters.county:
        statement = statement.where(NeedCell.place_code.between(filters.county, filters.county + "999"))
    by: dict[str, dict[str, int]] = {name: {} for name in ("place", "category", "subject", "urgency", "kind", "open")}
    total = 0
    for cell in db.session.execute(statement):
        place_code, category, subject, urgency, kinds, is_open, number = cell
        fits = {
            "place": not filters.township or place_code == filters.township,
            "category": not filters.category or category == filters.category,
            "subject": not filters.subject or subject == filters.subject,
            "urgency": not filters.urgency or urgency == int(filters.urgency),
            "kind": not filters.kind or bool(kinds & KIND_BITS[LineKind(filters.kind)]),
            "open": is_open or not filters.open,
        }
        missed = [name for name, fit in fits.items() if not fit]
        if len(missed) > 1:
            continue
        values = {"place": [place_code], "category": [category.value], "subject": [subject.value],
                  "urgency": [str(urgency)], "open": ["1" if is_open else "0"],
                  "kind": [kind.value for kind, bit in KIND_BITS.items() if kinds & bit]}  # fmt: skip
        for name in missed or values:
            for value in values[name]:
                by[name][value] = by[name].get(value, 0) + number
        if not missed:
            total += number
    return Counts(total, by)


def find_village_page(village_code: str, size: int = 100) -> Page[Card]:
    """The newest listed needs that name this village, open and fulfilled ones."""
    statement = (
        select(*CARD_COLUMNS)
        .where(Need.village_code == village_code, Need.is_listed.is_(True), Need.names_village.is_(True))
        .order_by(Need.newest_key)
        .limit(size)
    )
    return Page(with_lines(db.session.execute(statement).all()))
