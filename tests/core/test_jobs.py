"""Timed jobs: however many schedulers run, each job runs once per period, and its effect happens once.

Four processes through many periods, and clocks that are wrong: tests/faults/test_schedulers.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

import sun_commune
from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now
from sun_commune.core.counters import Counter, next_number
from sun_commune.core.db import db, transaction
from sun_commune.core.jobs import Job, JobRun, period_of, run_once
from sun_commune.pledges.models import ClaimState
from tests.app import TEST_KEY
from tests.cast import Cast
from tests.pledges.world import hold, publish_need

PATIENCE = 60  # seconds for a process to start or stop before the test gives up


@pytest.fixture
def environment(app: Flask) -> dict[str, str]:
    """Settings that lead another process to this test's database."""
    own = {
        "SUN_INSTANCE_PATH": app.instance_path,
        "SUN_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "SUN_SECRET_KEY": "a secret of the tests",
        "SUN_FIELD_KEY": TEST_KEY,
        "SUN_LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(Path(sun_commune.__file__).parent.parent),
        "PYTHONUNBUFFERED": "1",
    }
    db.session.rollback()
    return {**os.environ, **own}


def start(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def runs() -> list[tuple[str, str, str]]:
    rows = db.session.execute(select(JobRun.job, JobRun.period, JobRun.outcome).order_by(JobRun.id)).all()
    db.session.rollback()
    return [tuple(row) for row in rows]


def test_two_real_schedulers_end_a_hold_once_and_stop_when_told(
    app: Flask, cast: Cast, environment: dict[str, str]
) -> None:
    claim = hold(cast.donor, publish_need(cast), 4)
    with transaction(audited=False):
        claim.held_until = now() - timedelta(minutes=1)
    schedulers = [start(["-m", "flask", "--app", "sun_commune", "scheduler"], environment) for _process in range(2)]
    for scheduler in schedulers:
        assert scheduler.stdout is not None
        assert scheduler.stdout.readline().startswith("scheduler started")
        scheduler.terminate()
    for scheduler in schedulers:
        _out, errors = scheduler.communicate(timeout=PATIENCE)
        assert (scheduler.returncode, errors) == (0, "")
    db.session.refresh(claim)
    assert claim.state is ClaimState.EXPIRED
    ended = select(func.count()).select_from(AuditEntry).where(AuditEntry.act == "ClaimExpired")
    assert db.session.execute(ended).scalar_one() == 1
    found = [(job, period) for job, period, _outcome in runs()]
    assert len(found) == len(set(found))
    assert {job for job, _period in found} == {job.name for job in app.extensions["sun_jobs"]}
    assert all(outcome.startswith("done") for _job, _period, outcome in runs())


def test_periods_begin_at_round_times() -> None:
    job = Job("any", 10, lambda: 0)
    moment = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert period_of(job, moment) == "2026-12-31T23:50"
    assert period_of(job, moment + timedelta(seconds=1)) == "2027-01-01T00:00"


def test_failed_job_is_noted_and_tried_in_the_next_period(app: Flask) -> None:
    tries = []

    def fail_first() -> int:
        tries.append(1)
        with transaction(audited=False):
            next_number("HALF")
            if len(tries) == 1:
                raise ZeroDivisionError
        return 7

    job = Job("shaky", 5, fail_first)
    with time_machine.travel(datetime(2026, 12, 1, tzinfo=UTC), tick=False) as clock:
        assert run_once(job) is True
        assert run_once(job) is False
        clock.shift(timedelta(minutes=5))
        assert run_once(job) is True
    assert [outcome for _job, _period, outcome in runs()] == ["failed", "done 7"]
    assert db.session.execute(select(Counter.last).where(Counter.series == "HALF")).scalar_one() == 1
