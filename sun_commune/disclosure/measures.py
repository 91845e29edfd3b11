"""What the law measures year by year: management cost against its cap, spending against income, days until public.

Charity Law art. 61 and the rule of 2016 (民发〔2016〕189号): a charity with a certificate for public fundraising spends
at least 70 % of last year's income, and at most 10 % of the year's whole spending on its own management; other
classes have 12 to 20 %. Management below 200,000 yuan in a year is outside the cap. Each is a setting.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from sun_commune.core.clock import end_of_day, local, today
from sun_commune.core.db import db
from sun_commune.ledger import management
from sun_commune.ledger.models import SumKind, Transfer, TransferKind

GIFT_DAYS = 7
PAYOUT_DAYS = 30
MEASURED_DAYS = 365


@dataclass(frozen=True)
class Year:
    """Fen of one calendar year, by the period in which entries count. ``management_fen`` is part of ``spent_fen``;
    ``income_before_fen`` is what the year before raised."""

    year: int
    spent_fen: int
    management_fen: int
    income_before_fen: int
    cap_percent: int
    exempt_fen: int
    least_percent: int

    @property
    def management_share(self) -> str:
        """Percent of the year's whole spending, "3.25"; "" while nothing is spent."""
        return percent(self.management_fen, self.spent_fen)

    @property
    def is_exempt(self) -> bool:
        return self.management_fen < self.exempt_fen

    @property
    def keeps_cap(self) -> bool:
        return self.is_exempt or self.management_fen * 100 <= self.spent_fen * self.cap_percent

    @property
    def spending_rate(self) -> str:
        """Percent of the income of the year before; "" if there was none."""
        return percent(self.spent_fen, self.income_before_fen)

    @property
    def keeps_rate(self) -> bool:
        return self.spent_fen * 100 >= self.income_before_fen * self.least_percent

    def as_figures(self) -> dict[str, int]:
        return asdict(self)


def percent(part: int, whole: int) -> str:
    """Cut after two digits, without a float: 1 of 3 is "33.33"; "" of nothing."""
    if whole <= 0:
        return ""
    hundredths = abs(part) * 10_000 // whole
    return f"{'-' if part < 0 else ''}{hundredths // 100}.{hundredths % 100:02}"


def year_of(year: int, last_month: int = 12) -> Year:
    """``last_month``: the spending of January to that month."""
    cap = management.cap_of(year, last_month)
    raised = management.sum_of(year - 1, SumKind.GIFT, SumKind.MATCHED)
    return Year(
        year=year, spent_fen=cap.spent_fen, management_fen=cap.management_fen, income_before_fen=raised,
        cap_percent=cap.percent, exempt_fen=cap.exempt_fen, least_percent=management.least_spending_percent(),
    )  # fmt: skip


@dataclass(frozen=True)
class Wait:
    """How long entries of one sort took from their day to being public, in days of Asia/Shanghai: ``most`` is the
    house's rule, ``longest`` what was measured, ``late`` how many of ``count`` took longer than the rule."""

    most: int
    count: int
    longest: int
    late: int


def gifts_wait() -> Wait:
    """House rule: a gift is public within 7 days. An entry is public the moment it is posted."""
    return _wait(GIFT_DAYS, TransferKind.GIFT, TransferKind.MATCHED)


def payouts_wait() -> Wait:
    """House rule: a payout is public within 30 days."""
    return _wait(PAYOUT_DAYS, TransferKind.SPENDING, TransferKind.SETTLED)


def _wait(most: int, *kinds: TransferKind) -> Wait:
    """Over entries whose day lies in the last MEASURED_DAYS; reversals left out."""
    fits = (
        Transfer.kind.in_(kinds), Transfer.reverses_id.is_(None),
        Transfer.business_on > today() - timedelta(days=MEASURED_DAYS),
    )  # fmt: skip
    latest = func.max(Transfer.posted_at, type_=Transfer.posted_at.type)
    rows = db.session.execute(
        select(Transfer.business_on, func.count(), latest).where(*fits).group_by(Transfer.business_on)
    ).all()
    waits: list[tuple[date, int, int]] = [(day, int(count), (local(at).date() - day).days) for day, count, at in rows]
    late = sum(_late_on(day, most, fits) for day, _count, longest in waits if longest > most)
    return Wait(
        most=most, count=sum(count for _day, count, _longest in waits),
        longest=max((longest for _day, _count, longest in waits), default=0), late=late,
    )  # fmt: skip


def _late_on(day: date, most: int, fits: tuple[Any, ...]) -> int:
    edge = end_of_day(day + timedelta(days=most))
    statement = select(func.count()).select_from(Transfer).where(
        *fits, Transfer.business_on == day, Transfer.posted_at >= edge
    )  # fmt: skip
    return int(db.session.execute(statement).scalar_one())
