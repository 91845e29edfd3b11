"""Several schedulers, killed ones, and ones whose clock is set: each period's work is done once, and goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from sun_commune.core.clock import standing_at
from sun_commune.core.counters import Counter, next_number
from sun_commune.core.db import db, transaction
from sun_commune.core.jobs import Job, JobRun, run_once
from tests.faults.rounds import ROOT, times
from tests.faults.schedulers import MINUTES, START

PROCESSES = 4
PATIENCE = 60  # seconds


def play(app: Flask, folder: Path, *, periods: int, how: str) -> tuple[int, int]:
    """(how often the job's effect happened, in how many periods it is noted as done)."""
    url = db.engine.url.render_as_string(hide_password=False)
    db.session.remove()
    db.engine.dispose()
    command = [sys.executable, "-m", "tests.faults.schedulers", url, str(folder), str(PROCESSES), str(periods), how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return effects()


def effects() -> tuple[int, int]:
    happened = db.session.execute(select(Counter.last).where(Counter.series == "RUNS")).scalar() or 0
    noted = select(func.count(JobRun.period.distinct())).where(JobRun.outcome.like("done %"))
    found = happened, db.session.execute(noted).scalar_one()
    db.session.rollback()
    return found


def test_one_effect_for_each_period(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    periods = times(25, full=1_000)
    assert play(app, tmp_path, periods=periods, how="leased") == (periods, periods)
    print(f"{PROCESSES} schedulers, {periods} periods: {effects()[0]} effects")


@pytest.mark.one_database
def test_control_without_the_lease_each_scheduler_acts(app: Flask, tmp_path: Path) -> None:
    assert play(app, tmp_path, periods=10, how="unleased") == (10 * PROCESSES, 0)


def test_a_scheduler_that_is_killed_in_the_middle_leaves_nothing_half_done(app: Flask) -> None:
    """The period that it had taken is lost, its half work undone, and the next period does it."""

    def die() -> int:
        with transaction(audited=False) as session:
            next_number("RUNS")
            session.flush()
            os._exit(9)

    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        with app.app_context(), standing_at(START):
            run_once(Job("count", MINUTES, die))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert effects() == (0, 0)

    def act() -> int:
        with transaction(audited=False):
            return next_number("RUNS")

    with standing_at(START + timedelta(minutes=1)):
        assert run_once(Job("count", MINUTES, act)) is False
    with standing_at(START + timedelta(minutes=MINUTES)):
        assert run_once(Job("count", MINUTES, act)) is True
    assert effects() == (1, 1)


#: The real command with one job, in a process whose clock is a day ahead when it starts and set right afterwards.
WRONG_CLOCK = """
import os, threading, time_machine
from datetime import datetime, timedelta, UTC
from sun_commune import cli, create_app
from sun_commune.core.jobs import Job

cli.SECONDS_BETWEEN_LOOKS = 0.1
app = create_app()
first, again = threading.Event(), threading.Event()
app.extensions["sun_jobs"] = [Job("tick", 24 * 60, lambda: (again if first.is_set() else first).set() or 1)]
wrong = time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True)
wrong.start()

def set_right():
    first.wait()
    threading.Event().wait(0.5)
    wrong.stop()
    print("again" if again.wait(20) else "never again", flush=True)
    os._exit(0)

threading.Thread(target=set_right, daemon=True).start()
with app.app_context():
    cli.scheduler.main([], standalone_mode=False)
"""


@pytest.mark.one_database
def test_jobs_go_on_when_a_wrong_clock_is_set_right(app: Flask) -> None:
    """A daily job that ran under the wrong day runs on the right one, too, and not a day later."""
    own = {
        "SUN_INSTANCE_PATH": app.instance_path, "SUN_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "SUN_LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    db.session.rollback()
    done = subprocess.run(
        [sys.executable, "-c", WRONG_CLOCK],
        env={**os.environ, **own}, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[1:] == ["again"], done.stderr[-2000:]
    assert db.session.execute(select(func.count()).select_from(JobRun)).scalar_one() == 2
