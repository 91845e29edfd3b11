"""Time: stored in UTC, shown in Asia/Shanghai. All code asks this module, so tests can move the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

#: The moment at which the clock stands still; None: it runs. Of this thread alone, so no request ever sees another's.
_stands_at: ContextVar[datetime | None] = ContextVar("sun_clock_stands_at", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC, whole seconds."""
    return (_stands_at.get() or datetime.now(UTC)).replace(microsecond=0)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let everything inside happen at ``moment`` (aware). For the demo, whose story began years ago."""
    token = _stands_at.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _stands_at.reset(token)


def today() -> date:
    """The calendar day in Asia/Shanghai."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


def parse_day(text: str) -> date | None:
    """``2026-12-04`` from an address; None for anything else, and for days so far away that their beginning or end
    in UTC would lie outside the calendar."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and date.min.year < day.year < date.max.year else None


def start_of_day(day: date) -> datetime:
    """The UTC moment at which a day begins in Asia/Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The UTC moment at which a day is over in Asia/Shanghai (the start of the next one)."""
    return start_of_day(day + timedelta(days=1))
