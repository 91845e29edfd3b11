"""The calendar's job: opens what falls due, reminds before the last day, tells what is overdue. Each campaign and
task in a transaction of its own; one that fails is logged and left for the next run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sun_commune.core.clock import local, now
from sun_commune.core.db import refresh_clean, transaction
from sun_commune.core.jobs import Job
from sun_commune.disclosure import queries, services

logger = logging.getLogger(__name__)
REMIND_DAYS = 3
REMIND_EMERGENCY_DAYS = 1
#: Local hours in which people are written to.
TELLING_HOURS = range(8, 21)


def keep_calendar() -> int:
    """Returns how many campaigns and tasks are new or told of."""
    with transaction():
        done = services.open_standing_campaigns()
    done += _each(queries.campaign_ids_in_calendar, services.open_tasks)
    if local(now()).hour in TELLING_HOURS:
        done += _each(_to_remind, services.remind)
        done += _each(queries.ids_to_call_overdue, services.call_overdue)
    return done


def _to_remind() -> Sequence[int]:
    return queries.ids_to_remind(regular_days=REMIND_DAYS, emergency_days=REMIND_EMERGENCY_DAYS)


def _each(find: Callable[[], Sequence[int]], act: Callable[[int], int]) -> int:
    refresh_clean()
    done = 0
    for row_id in find():
        try:
            with transaction():
                done += act(row_id)
        except Exception:
            logger.exception("disclosure left for the next run", extra={"row_id": row_id})
    return done


KEEP_CALENDAR = Job("keep_disclosure_calendar", 30, keep_calendar)
