"""Timed work on choices. Each fund and each choice is its own transaction; a job may be run again at any time.

One that fails is logged and left for the next run: it does not stop the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sun_commune.choices import queries, services
from sun_commune.choices.models import Choice, Occasion
from sun_commune.core.clock import local, now, today
from sun_commune.core.db import refresh_clean, transaction
from sun_commune.core.jobs import Job

logger = logging.getLogger(__name__)
BATCH = 200
#: So long before the last day the donor is told once more.
REMIND_BEFORE = timedelta(days=7)
#: Local hours in which people are written to: nobody is woken by a message.
REMINDING_HOURS = range(8, 21)


def open_missed_choices() -> int:
    """Money of ended needs, and more than was promised, that nobody was asked about: what no event told of."""
    done = _each(lambda last: queries.ended_funds(after=last or "", size=BATCH), _settle)
    return done + _each(lambda last: queries.surplus_lines(after=last or "", size=BATCH), _settle_line)


def _settle(need_code: str) -> int:
    return services.settle_fund(need_code, occasion=Occasion.LEFT_OVER, actor_id=None)


def _settle_line(line_code: str) -> int:
    return services.settle_line(line_code, actor_id=None)


def remind_choices() -> int:
    """By day only."""
    if local(now()).hour not in REMINDING_HOURS:
        return 0
    soon = (Choice.reminded_at.is_(None), Choice.due_on <= today() + REMIND_BEFORE, Choice.due_on >= today())
    return _each(lambda last: queries.due_ids(*soon, after=last or 0, size=BATCH), services.remind_choice)


def take_defaults() -> int:
    """What was announced happens to whatever nobody has chosen about when its last day is over (Asia/Shanghai)."""
    late = Choice.due_on < today()
    return _each(lambda last: queries.due_ids(late, after=last or 0, size=BATCH), services.take_default)


def _each(find: Callable[[Any], Sequence[Any]], act: Callable[[Any], int]) -> int:
    done, last = 0, None
    while True:
        refresh_clean()
        found = find(last)
        for one in found:
            try:
                with transaction():
                    done += act(one)
            except Exception:
                logger.exception("choice left for the next run", extra={"choice": one})
        if len(found) < BATCH:
            return done
        last = found[-1]


JOBS = (
    Job("open_missed_choices", 24 * 60, open_missed_choices),
    Job("remind_choices", 60, remind_choices),
    Job("take_default_choices", 60, take_defaults),
)
