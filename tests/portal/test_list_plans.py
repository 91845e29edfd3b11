"""How SQLite answers the list: along an index, in the list's order, with nothing sorted and nothing scanned."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from sun_commune.core.db import db, is_sqlite
from sun_commune.needs.models import Category, LineKind, Subject
from sun_commune.portal import catalogue
from sun_commune.portal.catalogue import Filters
from tests.cast import JINLU

MARK = "5" * 20
CHOICES = [
    Filters(), Filters(county=JINLU[:6]), Filters(county=JINLU[:6], township=JINLU[:9]),
    Filters(category=Category.MEDICAL), Filters(kind=LineKind.HOURS), Filters(subject=Subject.HOUSEHOLD),
    Filters(urgency="3"), Filters(county=JINLU[:6], category=Category.MEDICAL, kind=LineKind.GOODS, urgency="1"),
]  # fmt: skip


def plan_of_page(filters: Filters, **options: Any) -> list[str]:
    """What SQLite says of the statement that find_page runs for its rows."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    catalogue.find_page(filters, **options)
    event.remove(db.engine, "before_cursor_execute", note)
    statement, values = next(found for found in seen if "FROM needs" in found[0] or "need_search" in found[0])
    asked = db.session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    return [row.detail for row in asked]


@pytest.fixture(autouse=True)
def _only_sqlite(app: Flask) -> None:
    if not is_sqlite(db.session()):
        pytest.skip("plans of PostgreSQL hang on its statistics; benchmarks measure what they cost")


@pytest.mark.parametrize("after", ["", MARK], ids=["first", "deep"])
@pytest.mark.parametrize("sort", catalogue.SORTS)
@pytest.mark.parametrize("filters", CHOICES, ids=str)
def test_a_page_is_a_walk_along_an_index(filters: Filters, sort: str, after: str) -> None:
    plan = plan_of_page(Filters(**{**vars(filters), "sort": sort}), after=after)
    assert len(plan) == 1
    assert f"_{sort} (" in plan[0]
    assert plan[0].startswith("SEARCH needs USING INDEX ix_needs_")


@pytest.mark.parametrize("sort", catalogue.SORTS)
def test_with_what_is_taken_on_two_walks_are_laid_together(sort: str) -> None:
    plan = plan_of_page(Filters(open=False, sort=sort), after=MARK)
    assert sum(step.startswith("SEARCH needs USING INDEX ix_needs_all_") for step in plan) == 2
    assert not any(step.startswith("SCAN needs") for step in plan)


@pytest.mark.parametrize(
    "choice", [Filters(subject=Subject.VILLAGE), Filters(kind=LineKind.HOURS, urgency="2")], ids=str
)
def test_a_few_hits_are_looked_up_by_their_properties(choice: Filters) -> None:
    plan = plan_of_page(choice, few=True)
    assert any("USING INDEX ix_needs_facets (county_code=? AND category=?" in step for step in plan)


def test_a_search_reads_in_the_order_of_its_index() -> None:
    plan = plan_of_page(Filters(q="花椒"))
    assert plan[0].startswith("SCAN need_search VIRTUAL TABLE INDEX")
    assert not any("TEMP B-TREE" in step for step in plan)
