"""How the list is answered: along an index, in the list's order, with nothing sorted and nothing scanned.

SQLite tells its plan as it is. PostgreSQL would scan tables as small as a test's, so it is told not to, and shows
then that the index does hold the order and the conditions.
"""

from __future__ import annotations

from typing import Any

import pytest
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
FEW = [Filters(subject=Subject.VILLAGE), Filters(kind=LineKind.HOURS, urgency="2")]


def plan_of_page(filters: Filters, **options: Any) -> list[str]:
    """What the database says of the statement that find_page runs for its rows."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    catalogue.find_page(filters, **options)
    event.remove(db.engine, "before_cursor_execute", note)
    statement, values = next(found for found in seen if "FROM needs" in found[0] or "need_search" in found[0])
    connection = db.session().connection()
    if is_sqlite(db.session()):
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    for way in ("seqscan", "bitmapscan", "sort"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    return [row[0].strip() for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]


def is_sorted_or_scanned(plan: list[str]) -> bool:
    """Whether a step sorts, or reads all needs."""
    signs = ("TEMP B-TREE", "Sort", "SCAN needs", "Seq Scan on needs")
    return any(sign in step for step in plan for sign in signs)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("after", ["", MARK], ids=["first", "deep"])
@pytest.mark.parametrize("sort", catalogue.SORTS)
@pytest.mark.parametrize("filters", CHOICES, ids=str)
def test_a_page_is_a_walk_along_an_index(filters: Filters, sort: str, after: str) -> None:
    plan = plan_of_page(Filters(**{**vars(filters), "sort": sort}), after=after)
    walks = [step for step in plan if "ix_needs_" in step]
    assert len(walks) == 1
    assert f"_{sort} " in walks[0]
    assert not is_sorted_or_scanned(plan)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("sort", catalogue.SORTS)
def test_with_what_is_taken_on_two_walks_are_laid_together(sort: str) -> None:
    plan = plan_of_page(Filters(open=False, sort=sort), after=MARK)
    assert sum(f"ix_needs_all_{sort} " in step for step in plan) == 2
    assert not any(step.startswith("SCAN needs") or "Seq Scan" in step for step in plan)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("choice", FEW, ids=str)
def test_a_few_hits_are_looked_up_by_their_properties(choice: Filters, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a county in the database PostgreSQL would see that nothing can be found, and look nowhere.
    monkeypatch.setattr(catalogue, "county_codes", lambda: [JINLU[:6], "510725"])
    plan = plan_of_page(choice, few=True)
    # Looked up, not walked. (By these indexes an empty table costs PostgreSQL the same, so it takes any of them.)
    by = ("ix_needs_facets",) if is_sqlite(db.session()) else ("ix_needs_facets", "ix_needs_county_code_")
    assert any(index in step for step in plan for index in by), plan
    assert not any("ix_needs_all_" in step or "ix_needs_category_" in step for step in plan), plan


@pytest.mark.usefixtures("app")
def test_a_search_reads_in_the_order_of_its_index() -> None:
    plan = plan_of_page(Filters(q="花椒"))
    assert any("need_search" in step for step in plan)
    assert not is_sorted_or_scanned(plan)
