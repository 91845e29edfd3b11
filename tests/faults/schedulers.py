"""Several schedulers on one database, each with a clock of its own: run as a process by test_schedulers.py.

    python -m tests.faults.schedulers URL FOLDER PROCESSES PERIODS HOW

The application is loaded once and forked. HOW: ``leased`` is the real thing; ``unleased`` the negative control, in
which nobody asks for the lease of the period.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from sun_commune.core.clock import standing_at
from sun_commune.core.counters import next_number
from sun_commune.core.db import db, transaction
from sun_commune.core.jobs import Job, run_once
from tests.app import make_app
from tests.faults.rounds import SEED

START = datetime(2026, 12, 1, tzinfo=UTC)
MINUTES = 5


def count() -> int:
    """The job: its effect can be counted."""
    with transaction(audited=False):
        return next_number("RUNS")


def be_scheduler(app: Flask, number: int, periods: int, how: str) -> None:
    """Through all periods, its clock up to two minutes beside the others' and now and then set back by some periods."""
    dice = random.Random(SEED + number)  # noqa: S311 - no secret
    job = Job("count", MINUTES, count)
    with app.app_context():
        period = 0
        while period < periods:
            moment = START + timedelta(minutes=MINUTES * period, seconds=dice.randrange(MINUTES * 60))
            with standing_at(moment):
                if how == "leased":
                    run_once(job)
                else:
                    count()
                    db.session.remove()
            is_set_back = how == "leased" and dice.random() < 0.05
            period = max(0, period - dice.randrange(4)) if is_set_back else period + 1


def main() -> None:
    url, folder, processes, periods, how = sys.argv[1:]
    app = make_app(Path(folder), url)
    read_end, write_end = os.pipe()
    children = []
    for number in range(int(processes)):
        child = os.fork()
        if child == 0:
            os.close(write_end)
            os.read(read_end, 1)  # until all are there
            status = 1
            try:
                be_scheduler(app, number, int(periods), how)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    os.close(write_end)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(max(statuses, key=abs))


if __name__ == "__main__":
    main()
