"""Management cost against its cap: shown, and a voucher that would pass it is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from sun_commune.disclosure import measures
from sun_commune.ledger import management
from sun_commune.ledger.papers import SpendingCategory
from tests.cast import Cast
from tests.disclosure.world import give, on
from tests.ledger import books

pytestmark = pytest.mark.usefixtures("book_checks_alone")
DAY = {"spent_on": date(2026, 3, 1)}
OWN = {"need_code": "", "category": SpendingCategory.MANAGEMENT, **DAY}


def spend(cast: Cast, **values: Any) -> Any:
    return books.spend(cast.treasurer, cast.second_treasurer, **values)


def test_below_200_000_yuan_the_rule_does_not_count() -> None:
    below, above = management.Cap(0, 19_999_998, 10, 20_000_000), management.Cap(0, 19_999_999, 10, 20_000_000)
    assert (below.allows(1), above.allows(1)) == (True, False)


def test_a_tenth_of_all_spending_with_itself() -> None:
    assert management.Cap(9_000, 0, 10, 0).allows(1_000)
    assert not management.Cap(9_000, 0, 10, 0).allows(1_001)


@pytest.mark.parametrize(
    ("spent", "income", "rate", "kept"), [(70, 100, "70.00", True), (69, 100, "69.00", False), (1, 0, "", True)]
)
def test_spending_rate(spent: int, income: int, rate: str, kept: bool) -> None:
    year = measures.Year(2026, spent, 0, income, 10, 0, 70)
    assert (year.spending_rate, year.keeps_rate) == (rate, kept)


@pytest.mark.parametrize(("part", "whole", "told"), [(1, 3, "33.33"), (0, 5, "0.00"), (1, 0, ""), (-1, 3, "-33.33")])
def test_percent_without_a_float(part: int, whole: int, told: str) -> None:
    assert measures.percent(part, whole) == told


def test_how_soon_entries_are_public(app: Flask, cast: Cast) -> None:
    with on("2026-03-02"):
        give("2026-03-02")
        give("2026-02-23")  # seven days
        give("2026-02-22")  # eight
        give("2026-02-01")
        spend(cast, amount_fen=100, spent_on=date(2026, 2, 1))
        gifts, payouts = measures.gifts_wait(), measures.payouts_wait()
    assert gifts == measures.Wait(most=7, count=4, longest=29, late=2)
    assert payouts == measures.Wait(most=30, count=1, longest=29, late=0)
