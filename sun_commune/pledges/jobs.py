"""Timed work on claims. Each claim is its own transaction; a job may be run again at any time.

A claim that fails is logged and left for the next run: it does not stop the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from sun_commune.core.clock import local, now, today
from sun_commune.core.db import refresh_clean, transaction
from sun_commune.core.jobs import Job
from sun_commune.pledges import queries, services

logger = logging.getLogger(__name__)
BATCH = 200
#: Local hours in which reminders go out: nobody is woken by a message.
REMINDING_HOURS = range(8, 21)


class FindIds(Protocol):
    def __call__(self, *, after: int, size: int) -> Sequence[int]: ...


def release_expired_holds() -> int:
    """End the holds whose time is over."""
    return _each_claim(partial(queries.ended_holds, now()), services.expire_hold)


def remind_claims() -> int:
    """Remind donors at half-time and on the last day, by day only."""
    if local(now()).hour not in REMINDING_HOURS:
        return 0
    return _each_claim(partial(queries.claims_to_remind, today()), services.remind_claim)


def release_overdue_claims() -> int:
    """Give back what was promised for a day that is over (Asia/Shanghai) and not begun."""
    return _each_claim(partial(queries.overdue_claims, today()), services.release_overdue_claim)


def _each_claim(find: FindIds, act: Callable[[int], bool]) -> int:
    done, last = 0, 0
    while True:
        refresh_clean()
        ids = find(after=last, size=BATCH)
        for claim_id in ids:
            try:
                with transaction():
                    done += act(claim_id)
            except Exception:
                logger.exception("claim left for the next run", extra={"claim_id": claim_id})
        if len(ids) < BATCH:
            return done
        last = ids[-1]


JOBS = (
    Job("release_expired_holds", 1, release_expired_holds),
    Job("remind_claims", 30, remind_claims),
    Job("release_overdue_claims", 10, release_overdue_claims),
)
