"""The calendar: which reports fall due on which day. Pure; days are those of Asia/Shanghai.

Charity Law (2023): progress every 3 months of what lasts longer than 6, a full report within 3 months after the end
(art. 79), every 5 days in an emergency (art. 72). Order 81: what becomes of leftovers within 3 months after the end,
the annual report by 31 May, major transactions within 30 days. docs/disclosure.md has the table.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sun_commune.disclosure.models import Campaign, CampaignKind, TaskKind

PROGRESS_MONTHS = 3
LONG_MONTHS = 6  # what lasts no longer needs no reports on the way
AFTER_END_MONTHS = 3
EMERGENCY_DAYS = 5
MAJOR_DAYS = 30
ANNUAL_DAY = (5, 31)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Duty:
    """One report: what it covers (both days inclusive), from which day it may be opened, its last day in time."""

    kind: TaskKind
    period: str
    begins_on: date
    ends_on: date
    opens_on: date
    due_on: date


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day when it has no such day."""
    at = day.year * 12 + day.month - 1 + months
    year, month = at // 12, at % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def is_long(campaign: Campaign) -> bool:
    """Lasts, or may last, longer than six months."""
    return campaign.ends_on is None or campaign.ends_on > add_months(campaign.begins_on, LONG_MONTHS)


def duties_of(campaign: Campaign, *, today: date, lead_days: int) -> Iterator[Duty]:
    """Every duty of a campaign that may be opened by ``today``, the first one first; leftovers are for whoever knows
    that something is left."""
    if campaign.kind is CampaignKind.EMERGENCY:
        yield from _emergency(campaign, today)
    elif not _is_platform(campaign) and is_long(campaign):
        yield from _progress(campaign, today, lead_days)
    if _is_platform(campaign):
        yield from _annual(campaign, today)
    if campaign.ends_on is not None and campaign.ends_on < today:
        yield from _after_end(campaign, campaign.ends_on)


def _is_platform(campaign: Campaign) -> bool:
    return campaign.kind is CampaignKind.STANDING and not campaign.county_code


def _progress(campaign: Campaign, today: date, lead_days: int) -> Iterator[Duty]:
    """Counted from the first day, so that a short February shifts nothing after it."""
    number = 0
    while True:
        begins_on = add_months(campaign.begins_on, PROGRESS_MONTHS * number)
        due_on = add_months(campaign.begins_on, PROGRESS_MONTHS * (number + 1))
        opens_on = max(begins_on, due_on - timedelta(days=lead_days))
        if opens_on > today or (campaign.ends_on is not None and due_on > campaign.ends_on):
            return
        yield Duty(TaskKind.PROGRESS, begins_on.isoformat(), begins_on, due_on - DAY, opens_on, due_on)
        number += 1


def _emergency(campaign: Campaign, today: date) -> Iterator[Duty]:
    begins_on = campaign.begins_on
    while begins_on <= today and (campaign.ends_on is None or begins_on <= campaign.ends_on):
        due_on = begins_on + timedelta(days=EMERGENCY_DAYS)
        ends_on = due_on - DAY if campaign.ends_on is None else min(due_on - DAY, campaign.ends_on)
        yield Duty(TaskKind.EMERGENCY, begins_on.isoformat(), begins_on, ends_on, begins_on, due_on)
        begins_on = due_on


def _annual(campaign: Campaign, today: date) -> Iterator[Duty]:
    for year in range(campaign.begins_on.year, today.year):
        begins_on, ends_on = date(year, 1, 1), date(year, 12, 31)
        yield Duty(TaskKind.ANNUAL, str(year), begins_on, ends_on, ends_on + DAY, date(year + 1, *ANNUAL_DAY))


def _after_end(campaign: Campaign, ends_on: date) -> Iterator[Duty]:
    due_on = add_months(ends_on, AFTER_END_MONTHS)
    for kind in (TaskKind.FULL, TaskKind.LEFTOVERS):
        yield Duty(kind, ends_on.isoformat(), campaign.begins_on, ends_on, ends_on + DAY, due_on)


def major(uid: str, business_on: date) -> Duty:
    """The duty to publish one large transaction."""
    return Duty(TaskKind.MAJOR, uid, business_on, business_on, business_on, business_on + timedelta(days=MAJOR_DAYS))
