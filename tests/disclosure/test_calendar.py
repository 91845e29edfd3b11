"""Which report falls due on which day: quarters, leap days, emergencies, the end, the year."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from sun_commune.disclosure.calendar import add_months, duties_of
from sun_commune.disclosure.models import Campaign, CampaignKind, TaskKind

K = TaskKind


def campaign(begins_on: str, ends_on: str = "", **changes: object) -> Campaign:
    values = {"kind": CampaignKind.ORDINARY, "title": "春风", "county_code": "510723", **changes}
    return Campaign(
        begins_on=date.fromisoformat(begins_on), ends_on=date.fromisoformat(ends_on) if ends_on else None, **values
    )


def due(this: Campaign, today: str, kind: TaskKind, lead_days: int = 14) -> list[str]:
    found = duties_of(this, today=date.fromisoformat(today), lead_days=lead_days)
    return [duty.due_on.isoformat() for duty in found if duty.kind is kind]


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2026-01-01", 3, "2026-04-01"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-10-31", 3, "2027-01-31"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
    ],
)
def test_months_end_where_the_month_ends(day: str, months: int, then: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(then)


def test_quarters_are_counted_from_the_first_day() -> None:
    """A short February shortens one report and shifts none after it."""
    this = campaign("2027-11-30")
    assert due(this, "2028-12-01", K.PROGRESS) == ["2028-02-29", "2028-05-30", "2028-08-30", "2028-11-30"]
    days = [duty for duty in duties_of(this, today=date(2028, 12, 1), lead_days=14) if duty.kind is K.PROGRESS]
    for before, after in pairwise(days):
        assert after.begins_on == before.ends_on + timedelta(days=1)


def test_a_task_opens_so_many_days_before_its_last_day() -> None:
    this = campaign("2026-01-01")
    assert due(this, "2026-03-17", K.PROGRESS) == []
    assert due(this, "2026-03-18", K.PROGRESS) == ["2026-04-01"]
    assert due(this, "2026-01-01", K.PROGRESS, lead_days=100) == ["2026-04-01"]


@pytest.mark.parametrize(
    ("ends_on", "reports"),
    [
        ("2026-07-01", []),
        ("2026-07-02", ["2026-04-01", "2026-07-01"]),
        ("", ["2026-04-01", "2026-07-01", "2026-10-01"]),
    ],
)
def test_only_what_lasts_longer_than_six_months_reports_on_the_way(ends_on: str, reports: list[str]) -> None:
    assert due(campaign("2026-01-01", ends_on), "2026-10-02", K.PROGRESS) == reports


def test_after_the_end_there_are_three_months() -> None:
    this = campaign("2026-01-01", "2026-11-30")
    assert due(this, "2026-11-30", K.FULL) == []
    assert due(this, "2026-12-01", K.FULL) == ["2027-02-28"] == due(this, "2026-12-01", K.LEFTOVERS)


def test_an_emergency_reports_every_five_days_to_its_last_one() -> None:
    this = campaign("2028-02-26", "2028-03-07", kind=CampaignKind.EMERGENCY)
    duties = [duty for duty in duties_of(this, today=date(2028, 3, 20), lead_days=14) if duty.kind is K.EMERGENCY]
    assert [duty.due_on.isoformat() for duty in duties] == ["2028-03-02", "2028-03-07", "2028-03-12"]
    assert [duty.ends_on.isoformat() for duty in duties] == ["2028-03-01", "2028-03-06", "2028-03-07"]
    assert due(this, "2028-03-20", K.PROGRESS) == []


def test_an_emergency_without_an_end_goes_on() -> None:
    this = campaign("2026-07-01", kind=CampaignKind.EMERGENCY)
    assert due(this, "2026-07-01", K.EMERGENCY) == ["2026-07-06"]
    assert due(this, "2026-07-05", K.EMERGENCY) == ["2026-07-06"]
    assert due(this, "2026-07-06", K.EMERGENCY) == ["2026-07-06", "2026-07-11"]


def test_the_year_is_due_by_the_last_of_may() -> None:
    this = campaign("2025-11-11", kind=CampaignKind.STANDING, title="", county_code="")
    assert due(this, "2025-12-31", K.ANNUAL) == []
    assert due(this, "2026-01-01", K.ANNUAL) == ["2026-05-31"]
    assert due(this, "2027-06-01", K.ANNUAL) == ["2026-05-31", "2027-05-31"]
    assert due(this, "2027-06-01", K.PROGRESS) == []


def test_a_countys_standing_fund_has_no_year_of_its_own() -> None:
    this = campaign("2025-11-11", kind=CampaignKind.STANDING, title="")
    assert due(this, "2026-12-01", K.ANNUAL) == []
    assert due(this, "2026-03-01", K.PROGRESS) == ["2026-02-11"]
