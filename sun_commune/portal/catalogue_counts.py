"""How many needs each choice of each filter would show, summed from ``need_cells``.

The cells number some thousands, so pages use counts that may be KEPT_SECONDS old; the cards themselves never are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import select

from sun_commune.core.db import db, table_of
from sun_commune.core.kept import keep
from sun_commune.needs.models import KIND_BITS, LineKind, NeedCell
from sun_commune.portal.catalogue import Filters, county_codes

KEPT_SECONDS = 20
CELLS = table_of(NeedCell)
NAMES = ("place", "category", "subject", "urgency", "kind", "open")


@dataclass(frozen=True)
class Counts:
    """Needs per value of each filter, the other filters applied; and how many the list has in all."""

    total: int
    by: Mapping[str, Mapping[str, int]]


class Cell(NamedTuple):
    """A row of need_cells with the texts that addresses have for its values."""

    place: str
    category: str
    subject: str
    urgency: str
    kinds: int
    open: str
    number: int


def kept_count(filters: Filters) -> Counts:
    """As ``count``, at most KEPT_SECONDS old."""
    counted = replace(filters, sort="newest", q="")
    return keep(("counts", counted), lambda: count(counted), seconds=KEPT_SECONDS)


def count(filters: Filters) -> Counts:
    """Each filter's own choice is left out of its own counts, so that one sees what another choice would give.
    A search by words is not counted (its hits are not kept by value)."""
    by: dict[str, dict[str, int]] = {name: {} for name in NAMES}
    total = 0
    chosen = {
        "place": filters.township, "category": filters.category, "subject": filters.subject,
        "urgency": filters.urgency, "kind": filters.kind, "open": "1" if filters.open else "",
    }  # fmt: skip
    bit = KIND_BITS[LineKind(filters.kind)] if filters.kind else 0
    fixed = [(name, value) for name, value in chosen.items() if value]
    for cell in keep(("cells", filters.county), lambda: list(cells(filters.county)), seconds=KEPT_SECONDS):
        missed = ""
        for name, value in fixed:
            if not (cell.kinds & bit if name == "kind" else getattr(cell, name) == value):
                if missed:
                    break
                missed = name
        else:
            if not missed:
                total += cell.number
            for name in (missed,) if missed else NAMES:
                for value in KINDS_OF[cell.kinds] if name == "kind" else (getattr(cell, name),):
                    by[name][value] = by[name].get(value, 0) + cell.number
    return Counts(total, by)


#: The kinds that a sum of bits stands for.
KINDS_OF = [
    [kind.value for kind, bit in KIND_BITS.items() if kinds & bit] for kinds in range(2 * max(KIND_BITS.values()))
]


def cells(county: str) -> Iterator[Cell]:
    """The cells of a county's townships, or those of all counties."""
    statement = select(CELLS).where(CELLS.c.n > 0)
    if county:
        statement = statement.where(CELLS.c.place_code.between(county + "000", county + "999"))
    else:
        statement = statement.where(CELLS.c.place_code.in_(county_codes()))
    for row in db.session().connection().execute(statement):
        yield Cell(
            row.place_code, row.category.value, row.subject.value, str(row.urgency), row.kinds,
            "1" if row.is_open else "0", row.n,
        )  # fmt: skip


def are_few(filters: Filters) -> bool:
    """Whether so few needs fit that looking up all of them and sorting beats walking through the list for them.

    A walk reads about ``scope`` / ``hits`` index entries for each need that it finds, the look-up each hit once. Asked
    of counts that may be old: only the way to the answer hangs on it, never the answer.
    """
    facets = [name for name in filters.active() if name not in {"county", "category"}]
    if filters.q or filters.township or not (facets or (filters.county and filters.category)):
        return False  # a walk of its own leads to exactly these
    hits = kept_count(filters).total
    walked = Filters(county=filters.county, category="" if filters.county else filters.category, open=filters.open)
    return hits * hits <= WALK_PER_LOOKUP * kept_count(walked).total


#: Index entries that a walk passes in the time of a look-up, times the 20 needs of a page.
WALK_PER_LOOKUP = 2
