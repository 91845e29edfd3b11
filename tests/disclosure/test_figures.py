"""The figures of a report are sums of the entries; families are counted and never pointed at."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask

from sun_commune.core.db import db
from sun_commune.disclosure import figures
from sun_commune.disclosure.models import Campaign, CampaignKind, Task, TaskKind
from sun_commune.needs.models import Category
from tests.cast import Cast
from tests.disclosure.world import COUNTY, OTHER_COUNTY, give, on
from tests.factories import make_household, make_need
from tests.ledger import books

pytestmark = pytest.mark.usefixtures("book_checks_alone")
SANTAI = {"county_code": OTHER_COUNTY, "need_code": books.OTHER_NEED, "category": "industrial_project"}


def compute(begins_on: str, ends_on: str, **scope: Any) -> dict[str, Any]:
    values = {"county_code": "", "category": "", "need_codes": "", "begins_on": date(2026, 1, 1), **scope}
    campaign = Campaign(code="HD-2026-00001", kind=CampaignKind.ORDINARY, title="春风", ends_on=None, **values)
    task = Task(kind=TaskKind.PROGRESS, period=begins_on)
    found = figures.compute(campaign, task, date.fromisoformat(begins_on), date.fromisoformat(ends_on))
    assert json.loads(figures.canonical(found)) == found
    return found


@pytest.fixture
def book(app: Flask, cast: Cast) -> None:
    """Two counties, four months, a reversal."""
    with on("2026-04-30"):
        give("2025-12-31", 7)
        give("2026-01-01", 50_000)
        give("2026-02-28", 1_000)
        give("2026-03-31", 300)
        give("2026-04-01", 20)
        give("2026-02-01", 600_000, **SANTAI)
        wrong = give("2026-03-01", 9_000)
        books.reverse(wrong)  # today
        books.spend(cast.treasurer, cast.second_treasurer, amount_fen=12_000, spent_on=date(2026, 2, 1))
        books.bring(business_on=date(2026, 3, 31), value_fen=20_000)
    db.session.rollback()


def test_days_are_inclusive_and_sums_are_of_entries(book: None) -> None:
    found = compute("2026-01-01", "2026-03-31", county_code=COUNTY)
    assert found["period"] == {
        "raised": 60_300, "spent": 12_000, "refunded": 0, "moved_in": 0, "moved_out": 0, "advanced": 0,
        "goods": 20_000, "entries": 6,
    }  # fmt: skip
    assert found["so_far"]["held"] == 48_300
    assert [row["key"] for row in found["by_month"]] == ["2026-01", "2026-02", "2026-03"]
    assert sum(row["raised"] for row in found["by_month"]) == 60_300
    assert found["by_county"] == [{"key": COUNTY, "raised": 60_300, "spent": 12_000, "goods": 20_000}]


def test_a_reversal_counts_on_its_own_day_with_its_reason(book: None) -> None:
    found = compute("2026-04-01", "2026-04-30", county_code=COUNTY)
    assert found["period"]["raised"] == 20 - 9_000
    assert [row["reason"] for row in found["corrections"]] == ["金额录错，更正后重新入账"]
    assert found["so_far"]["raised"] == 51_320  # since the campaign's first day: the seven fen of before are not its


@pytest.mark.parametrize(
    ("scope", "raised"),
    [
        ({}, 660_300),
        ({"county_code": OTHER_COUNTY}, 600_000),
        ({"category": "industrial_project"}, 600_000),
        ({"category": "medical"}, 0),
        ({"need_codes": books.NEED}, 60_300),
        ({"need_codes": f"{books.NEED} {books.OTHER_NEED}", "county_code": COUNTY}, 60_300),
    ],
)
def test_scope(book: None, scope: dict[str, str], raised: int) -> None:
    assert compute("2026-01-01", "2026-03-31", **scope)["period"]["raised"] == raised


def test_largest_spendings_and_none_that_was_taken_back(app: Flask, cast: Cast) -> None:
    with on("2026-04-30"):
        give("2026-01-01", 500_000)
        day = {"spent_on": date(2026, 2, 1)}
        for fen in (5_000, 90_000, 7_000):
            books.spend(cast.treasurer, cast.second_treasurer, amount_fen=fen, **day)
        rows = compute("2026-01-01", "2026-03-31")["biggest"]
        assert [row["amount"] for row in rows] == [90_000, 7_000, 5_000]
        assert set(rows[0]) == {"uid", "day", "amount", "need", "category", "purpose"}


def helped(cast: Cast, families: int, villages: int, category: str) -> None:
    for number in range(families + villages):
        household = make_household(cast, name=f"黄国{number}") if number < families else None
        need = make_need(cast, household=household, category=Category(category))
        books.bring(
            need_code=need.code,
            category=category,
            business_on=date(2026, 2, 1),
            value_fen=100,
            claim_code=f"RL{number}",
        )


def test_small_groups_of_families_are_put_together(app: Flask, cast: Cast) -> None:
    with on("2026-02-10"):
        helped(cast, 3, 1, "education")
        helped(cast, 1, 0, "medical")
        helped(cast, 2, 0, "employment")
    with on("2026-04-30"):
        found = compute("2026-01-01", "2026-03-31")["helped"]
    assert (found["needs"], found["households"]) == (7, 6)
    assert found["by_category"] == [
        {"key": "education", "needs": 4, "households": 3},
        {"key": "other", "needs": 3, "households": 3},
    ]


@pytest.mark.parametrize(
    ("cells", "merged"),
    [
        ({"a": (5, 5), "b": (1, 1)}, {"other": (6, 6)}),  # alone it could be told from the whole
        ({"a": (5, 5), "b": (4, 4), "c": (1, 1)}, {"a": (5, 5), "other": (5, 5)}),
        ({"a": (5, 5), "b": (2, 2), "c": (1, 1)}, {"a": (5, 5), "other": (3, 3)}),
        ({"a": (5, 5), "b": (2, 0)}, {"a": (5, 5), "b": (2, 0)}),
        ({"a": (2, 1)}, {"other": (2, 1)}),
        ({}, {}),
    ],
)
def test_no_small_group_can_be_told_from_the_others(cells: dict[str, Any], merged: dict[str, Any]) -> None:
    assert figures.merge_small(cells) == merged


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, None), (2, None), (3, 3)])
def test_one_and_two_families_are_not_counted_out(count: int, told: int | None) -> None:
    assert figures.shown(count) == told


def test_differences_name_the_figure() -> None:
    before = {"period": {"raised": 1, "spent": 2}, "biggest": [{"uid": "A"}]}
    after = {"period": {"raised": 3, "spent": 2}, "biggest": []}
    assert figures.differences(before, after) == [
        {"figure": "biggest", "before": None, "after": None},
        {"figure": "period.raised", "before": 1, "after": 3},
    ]
    assert figures.differences(before, before) == []
