"""Plays stories in the order of time: every act at its own moment, in its own transaction, by the real services.

A story is a generator that yields the moment of its next act: what stands between two yields is one act. So a story
reads from top to bottom, while the director lets the acts of all of them happen in the order of their moments, as
they would have. Between the days the timed jobs run, as the scheduler would have run them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Sequence
from datetime import datetime, time, timedelta
from itertools import count
from typing import TypeVar

from sun_commune.core import clock
from sun_commune.core.db import transaction

Result = TypeVar("Result")
Story = Generator[datetime, None, Result]

#: When the jobs of a day run: donors may be reminded at this hour.
JOBS_AT = time(8, 30)
#: A longer pause than this has no story in it, and nothing waits for a job (the years between 2018 and now).
LONGEST_PAUSE = timedelta(days=45)
LAST_HOUR = timedelta(hours=1)


class Director:
    """``tell(done)`` is called after every act; ``jobs`` open their own transactions."""

    def __init__(self, *, jobs: Sequence[Callable[[], int]], tell: Callable[[int], None]) -> None:
        self._jobs = jobs
        self._tell = tell
        self._plan: list[tuple[datetime, int, Story[None] | Callable[[], int]]] = []
        self._numbers = count()
        self._jobs_ran_at: datetime | None = None
        self._done = 0
        self._ends_at = clock.now()

    def add(self, story: Story[None]) -> None:
        """Plan a story; it does nothing before its first yield."""
        self._push(next(story), story)

    def add_job(self, moment: datetime, job: Callable[[], int]) -> None:
        """Run a job at a moment of its own (a hold ends between two mornings)."""
        self._push(moment, job)

    def play(self) -> int:
        """Play everything that is planned, and the jobs up to now. Returns the number of acts."""
        while self._plan:
            moment, _number, step = heapq.heappop(self._plan)
            self._run_jobs_until(moment)
            with clock.standing_at(moment):
                self._act(step)
        self._run_jobs_until(self._ends_at)
        return self._done

    def _act(self, step: Story[None] | Callable[[], int]) -> None:
        if not isinstance(step, Generator):
            step()
            return
        with transaction():
            following = next(step, None)
        self._done += 1
        self._tell(self._done)
        if following is None:
            return
        if following < clock.now():
            name = getattr(step, "__name__", "")
            raise ValueError(f"the story {name} goes back in time, to {following}")
        self._push(following, step)

    def _push(self, moment: datetime, step: Story[None] | Callable[[], int]) -> None:
        is_today = clock.local(moment).date() >= clock.local(self._ends_at).date()
        if moment > self._ends_at or (is_today and moment < self._ends_at - LAST_HOUR):
            # Such a story could be told at some hours of the day only.
            raise ValueError(f"a story tells of {moment}: tell it of yesterday, or of the last hour")
        heapq.heappush(self._plan, (moment, next(self._numbers), step))

    def _run_jobs_until(self, moment: datetime) -> None:
        """The mornings since the last time, this one's included; after a long pause only the last of them."""
        morning = datetime.combine(clock.local(moment).date(), JOBS_AT, clock.SHANGHAI)
        if morning > moment:
            morning -= timedelta(days=1)
        last = self._jobs_ran_at
        if last is None or morning - last > LONGEST_PAUSE:
            last = morning - timedelta(days=1)
        while last < morning:
            last += timedelta(days=1)
            with clock.standing_at(last):
                for job in self._jobs:
                    job()
        self._jobs_ran_at = last
