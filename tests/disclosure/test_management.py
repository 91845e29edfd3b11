"""Management cost against its cap: shown, and a voucher that would pass it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask

from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.disclosure import measures
from sun_commune.ledger import management
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import SpendingCategory, VoucherState
from tests.cast import Cast
from tests.disclosure.world import give, on
from tests.ledger import books

pytestmark = pytest.mark.usefixtures("book_checks_alone")
DAY = {"spent_on": date(2026, 3, 1)}
OWN = {"need_code": "", "category": SpendingCategory.MANAGEMENT, **DAY}


@pytest.fixture
def strict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten percent, without the exempt 200,000 yuan."""
    settings = replace(app.extensions["sun_settings"], management_exempt_yuan=0)
    monkeypatch.setitem(app.extensions, "sun_settings", settings)


def fill(fen: int = 10_000_000) -> None:
    give("2026-01-05", fen)
    give("2026-01-05", fen, need_code="", county_code="", category="", claim_code=None)


def spend(cast: Cast, **values: Any) -> Any:
    return books.spend(cast.treasurer, cast.second_treasurer, **values)


def test_within_the_cap_it_is_let_through_and_above_it_refused(strict: None, cast: Cast) -> None:
    """90 yuan for needs: 10 of management are exactly a tenth of 100."""
    with on("2026-03-02"):
        fill()
        spend(cast, amount_fen=9_000, **DAY)
        spend(cast, amount_fen=1_000, **OWN)
        voucher = books.draft(cast.treasurer, amount_fen=1, **OWN)
        with pytest.raises(RuleBroken, match="above its cap of 10 %"):
            books.approve(cast.second_treasurer, voucher)
        assert voucher.state is VoucherState.DRAFTED
        spend(cast, amount_fen=9, **DAY)
        books.approve(cast.second_treasurer, voucher)
    year = measures.year_of(2026)
    assert (year.management_fen, year.spent_fen, year.management_share) == (1_001, 10_010, "10.00")
    assert (year.keeps_cap, year.is_exempt) == (True, False)


def test_the_first_voucher_of_a_year_is_management_alone(strict: None, cast: Cast) -> None:
    with on("2026-03-02"):
        fill()
        voucher = books.draft(cast.treasurer, amount_fen=1, **OWN)
        with pytest.raises(RuleBroken):
            books.approve(cast.second_treasurer, voucher)


def test_below_200_000_yuan_the_rule_does_not_count(app: Flask, cast: Cast) -> None:
    with on("2026-03-02"):
        fill(30_000_000)
        large = books.draft(cast.treasurer, amount_fen=19_999_999, **OWN)
        books.approve(cast.second_treasurer, large, answer="年度审计费，合同在附件中")
        assert (measures.year_of(2026).is_exempt, measures.year_of(2026).keeps_cap) == (True, True)
        voucher = books.draft(cast.treasurer, amount_fen=1, **OWN)
        with pytest.raises(RuleBroken, match="above its cap"):
            books.approve(cast.second_treasurer, voucher)


def test_each_year_stands_alone(strict: None, cast: Cast) -> None:
    with on("2027-01-02"):
        fill()
        spend(cast, amount_fen=90_000, **DAY)
        voucher = books.draft(cast.treasurer, amount_fen=1_000, **{**OWN, "spent_on": date(2027, 1, 1)})
        with pytest.raises(RuleBroken):
            books.approve(cast.second_treasurer, voucher)
    assert management.cap_of(2026).spent_fen == 90_000
    assert management.cap_of(2026, 2).spent_fen == 0


def test_what_was_taken_back_is_no_cost(strict: None, cast: Cast) -> None:
    with on("2026-03-02"):
        fill()
        spend(cast, amount_fen=9_000, **DAY)
        first = spend(cast, amount_fen=1_000, **OWN)
        entry = db.session.query(Transfer).filter_by(uid=first.transfer_uid).one()
        books.reverse(entry)
        assert management.management_of(2026) == 0
        spend(cast, amount_fen=1_000, **OWN)


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
