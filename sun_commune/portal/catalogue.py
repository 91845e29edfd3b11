"""The supermarket's list: filters from the address, one page of cards.

Two statements whatever the number of needs: the page (an index walk from a key) and its lines; the counts stand in
``catalogue_counts``. Core columns, no ORM objects: nothing but what stands on a card is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    literal,
    select,
    union_all,
)

from sun_commune.core.db import db, is_sqlite, table_of
from sun_commune.core.kept import keep
from sun_commune.core.paging import Page, page_of
from sun_commune.core.search_text import fts5_query, parse_query, tsquery
from sun_commune.core.text import clean_line
from sun_commune.needs import search
from sun_commune.needs.models import KIND_BITS, Category, LineKind, Need, NeedLine, Subject, Urgency
from sun_commune.needs.states import NeedState
from sun_commune.places import queries as places

PAGE_SIZE = 20
SORTS = ("newest", "urgent", "deadline")
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
    lines: tuple[Line, ...] = ()


NEEDS = table_of(Need)
LINES = table_of(NeedLine)
CARD_COLUMNS = tuple(
    NEEDS.c[name]
    for name in ("id", "code", "title", "category", "subject", "state", "urgency", "wanted_on", "county_code",
                 "township_code", "village_code", "names_village")
)  # fmt: skip
NAMES_KEPT_SECONDS = 20


class Shape(NamedTuple):
    """What decides the text of a page's statement; the values themselves are bound. ``words``: a search."""

    names: tuple[str, ...]
    is_open: bool
    sort: str
    words: bool
    marked: bool
    ascending: bool
    few: bool
    sqlite: bool


def find_page(
    filters: Filters, *, after: str = "", before: str = "", size: int = PAGE_SIZE, few: bool = False
) -> Page[Card]:
    """One page in the order of ``filters.sort`` (searches: newest posting first).

    ``few`` (catalogue_counts.are_few) decides how the needs are looked up, never which are found.
    """
    words = parse_query(filters.q)
    if filters.q and not words:
        return Page([])
    session = db.session()
    sqlite = is_sqlite(session)
    longest = 18 if words else KEY_LENGTH
    after, before = (mark if mark.isascii() and mark.isdigit() and len(mark) <= longest else ""
                     for mark in (after, before))  # fmt: skip
    mark = before or after
    names = tuple(name for name in FACETS if getattr(filters, name) and not (name == "county" and filters.township))
    shape = Shape(
        names, filters.open, filters.sort, words=bool(words), marked=bool(mark),
        # A search reads from the highest id downwards.
        ascending=bool(before) if words else not before,
        few=few and not words and not filters.township, sqlite=sqlite,
    )  # fmt: skip
    values = {name: FACETS[name](getattr(filters, name)) for name in names}
    values |= {"size": size + 1} | ({"mark": int(mark) if words else mark} if mark else {})
    if words:
        values["words"] = fts5_query(words) if sqlite else tsquery(words)
    if shape.few:
        values |= {"counties": county_codes()} if not filters.county else {}
    connection = session.connection()
    rows = connection.execute(page_statement(shape), values).all()
    page = page_of(rows, [str(row.key) for row in rows], size, after=after, before=before)
    return Page(with_lines(connection, page.rows), after=page.after, before=page.before)


def county_codes() -> list[str]:
    """All counties, those of former times too, as they were at most NAMES_KEPT_SECONDS ago."""
    return keep(
        ("county_codes",), lambda: [place.code for place in places.list_counties(ended=True)],
        seconds=NAMES_KEPT_SECONDS,
    )  # fmt: skip


def _kind_bit(value: str) -> int:
    return KIND_BITS[LineKind(value)]


#: The filters that compare a column, with what turns the address's text into the column's value.
FACETS: dict[str, Callable[[str], Any]] = {
    "township": str, "county": str, "category": Category, "kind": _kind_bit, "subject": Subject, "urgency": int,
}  # fmt: skip
FACET_COLUMNS = {
    "township": NEEDS.c.township_code, "county": NEEDS.c.county_code, "category": NEEDS.c.category,
    "subject": NEEDS.c.subject, "urgency": NEEDS.c.urgency,
}  # fmt: skip


@lru_cache(maxsize=1024)
def page_statement(shape: Shape) -> Select[Any]:
    """The statement of a page, made once for each shape: making it anew costs more than running it."""
    if shape.words:
        return _search_statement(shape)
    if shape.few:
        return _few_statement(shape)
    if shape.is_open:
        return _walk(shape, is_open=True)
    # With the needs that are already taken on, too: two walks, each in order, laid together.
    both = union_all(*(_walk(shape, is_open=flag).subquery().select() for flag in (True, False))).subquery()
    return select(both).order_by(_direction(shape, both.c.key)).limit(bindparam("size"))


def _walk(shape: Shape, *, is_open: bool) -> Select[Any]:
    key = NEEDS.c[f"{shape.sort}_key"]
    statement = select(*CARD_COLUMNS, key.label("key")).where(
        NEEDS.c.is_listed.is_(True), NEEDS.c.is_open.is_(is_open), *_facets(shape), *_from_mark(shape, key)
    )
    return statement.order_by(_direction(shape, key)).limit(bindparam("size"))


def _few_statement(shape: Shape) -> Select[Any]:
    """Every hit by ix_needs_facets, a filter that is not set standing as all its values; then sorted."""
    # With something added the key is no index's order, so that both databases look the hits up instead of walking.
    key = NEEDS.c[f"{shape.sort}_key"] + literal("", String)
    every = {
        "county": NEEDS.c.county_code.in_(bindparam("counties", expanding=True)),
        "category": NEEDS.c.category.in_(list(Category)),
        "subject": NEEDS.c.subject.in_(list(Subject)),
        "urgency": NEEDS.c.urgency.in_([int(level) for level in Urgency]),
    }
    statement = select(*CARD_COLUMNS, key.label("key")).where(
        *(condition for name, condition in every.items() if name not in shape.names),
        *_facets(shape),
        NEEDS.c.is_open.in_([True] if shape.is_open else [True, False]),
        NEEDS.c.is_listed.is_(True),
        *_from_mark(shape, key),
    )
    return statement.order_by(_direction(shape, key)).limit(bindparam("size"))


def _search_statement(shape: Shape) -> Select[Any]:
    """A join in the index's own order lets both databases stop after a page."""
    key, found = search.joined(sqlite=shape.sqlite)
    statement = select(*CARD_COLUMNS, key.label("key")).select_from(search.INDEX.join(NEEDS, key == NEEDS.c.id))
    statement = statement.where(
        found, NEEDS.c.is_listed.is_(True), *([NEEDS.c.is_open.is_(True)] if shape.is_open else []), *_facets(shape)
    )
    return statement.where(*_from_mark(shape, key)).order_by(_direction(shape, key)).limit(bindparam("size"))


def _facets(shape: Shape) -> list[ColumnElement[bool]]:
    wanted = [FACET_COLUMNS[name] == bindparam(name) for name in shape.names if name != "kind"]
    if "kind" in shape.names:
        wanted.append(NEEDS.c.kinds.op("&")(bindparam("kind", type_=Integer)) != 0)
    return wanted


def _from_mark(shape: Shape, key: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    if not shape.marked:
        return []
    return [key > bindparam("mark") if shape.ascending else key < bindparam("mark")]


def _direction(shape: Shape, key: ColumnElement[Any]) -> ColumnElement[Any]:
    return key.asc() if shape.ascending else key.desc()


_LINES_OF = (
    select(*(LINES.c[name] for name in ("need_id", "kind", "item", "unit", "asked", "claimed", "delivered",
                                        "unit_price_fen")))
    .where(LINES.c.need_id.in_(bindparam("ids", expanding=True)))
    .order_by(LINES.c.need_id, LINES.c.position)
)  # fmt: skip


def with_lines(connection: Connection, rows: Sequence[Row[Any]]) -> list[Card]:
    """Cards of needs' rows (CARD_COLUMNS), with their lines in one further statement."""
    lines: dict[int, list[Line]] = {row.id: [] for row in rows}
    if lines:
        for need_id, *values in connection.execute(_LINES_OF, {"ids": list(lines)}):
            lines[need_id].append(Line(*values))
    return [
        Card(
            row.id, row.code, row.title, row.category, row.subject, row.state, row.urgency, row.wanted_on,
            row.county_code, row.township_code, row.village_code if row.names_village else "", tuple(lines[row.id]),
        )
        for row in rows
    ]  # fmt: skip


def find_village_page(village_code: str, size: int = 100) -> Page[Card]:
    """The newest listed needs that name this village, open and fulfilled ones."""
    statement = (
        select(*CARD_COLUMNS)
        .where(NEEDS.c.village_code == village_code, NEEDS.c.is_listed.is_(True), NEEDS.c.names_village.is_(True))
        .order_by(NEEDS.c.newest_key)
        .limit(size)
    )
    connection = db.session().connection()
    return Page(with_lines(connection, connection.execute(statement).all()))
