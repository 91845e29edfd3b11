"""Timed jobs: plain functions, each done once per period however many schedulers run.

A scheduler first inserts the row (job, period); only the one that succeeds runs the job, in its own
transactions. Jobs themselves are safe to repeat, so a crash in between loses nothing: the next period redoes it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, UniqueConstraint, delete, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.clock import now
from sun_commune.core.db import Base, RowId, db, is_sqlite, rows_changed, transaction

logger = logging.getLogger(__name__)
KEPT = timedelta(days=30)


class JobRun(Base):
    """One run of one job in one period; ``period`` is the period's start, e.g. ``2026-11-21T12:30``."""

    __tablename__ = "job_runs"

    id: Mapped[RowId]
    job: Mapped[str] = mapped_column(String(40))
    period: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (UniqueConstraint("job", "period"), Index(None, "job", "started_at"))


@dataclass(frozen=True)
class Job:
    """``run`` returns how many things it did; it opens its own transactions."""

    name: str
    every_minutes: int
    run: Callable[[], int]


def period_of(job: Job, moment: datetime) -> str:
    """Start of the period that ``moment`` lies in, in UTC."""
    minutes = int(moment.timestamp()) // 60
    start = minutes - minutes % job.every_minutes
    return datetime.fromtimestamp(start * 60, tz=moment.tzinfo).strftime("%Y-%m-%dT%H:%M")


def run_once(job: Job) -> bool:
    """Run the job unless some scheduler has already begun it in this period. True: it ran here."""
    moment = now()
    period = period_of(job, moment)
    with transaction(audited=False) as session:
        insert = insert_sqlite if is_sqlite(session) else insert_pg
        row = {"job": job.name, "period": period, "started_at": moment, "outcome": ""}
        if rows_changed(session, insert(JobRun).values(row).on_conflict_do_nothing()) == 0:
            return False
        session.execute(delete(JobRun).where(JobRun.started_at < moment - KEPT))
    try:
        outcome = f"done {job.run()}"
    except Exception:
        logger.exception("job failed", extra={"job": job.name, "period": period})
        outcome = "failed"
    with transaction(audited=False) as session:
        where = (JobRun.job == job.name, JobRun.period == period)
        session.execute(update(JobRun).where(*where).values(finished_at=now(), outcome=outcome))
    db.session.remove()
    return True
