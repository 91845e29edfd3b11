"""Commands of the house itself; features bring their own in ``<feature>/cli.py``."""

from __future__ import annotations

import signal
import threading
import time
from datetime import datetime
from typing import Any

import click
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import current_app
from flask.cli import with_appcontext

from sun_commune.core.clock import SHANGHAI
from sun_commune.core.jobs import Job, run_once

#: How often the scheduler looks whether somebody has set the machine's clock, and by how much it may drift meanwhile.
SECONDS_BETWEEN_LOOKS, DRIFT_SECONDS = 15, 5


@click.command("scheduler")
@with_appcontext
def scheduler() -> None:
    """Run the timed jobs. Its own process; a second one is harmless: each job runs once per period."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the app outlives this context
    clock = BlockingScheduler(timezone=SHANGHAI)

    def run(job: Job) -> None:
        with app.app_context():
            run_once(job)

    for job in app.extensions["sun_jobs"]:
        trigger = IntervalTrigger(minutes=job.every_minutes, timezone=SHANGHAI)
        # However late (the machine slept, its clock was set): the lease of the period says whether there is work.
        clock.add_job(run, trigger, args=[job], id=job.name, coalesce=True, max_instances=1, misfire_grace_time=None)
        run(job)

    def stop(_signal: int, _frame: Any) -> None:
        if not clock.running:  # told to stop before the first tick
            raise SystemExit(0)
        clock.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo(f"scheduler started with {len(app.extensions['sun_jobs'])} jobs")
    threading.Thread(target=_follow_clock, args=[clock], daemon=True).start()
    clock.start()


def _follow_clock(scheduler: BlockingScheduler) -> None:
    """When the machine's clock was set, let every job be due now. Otherwise each would wait for the moment that it has
    planned: after a clock that was a day ahead, a whole day."""
    ahead = time.time() - time.monotonic()
    while True:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        before, ahead = ahead, time.time() - time.monotonic()
        if abs(ahead - before) > DRIFT_SECONDS:
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(SHANGHAI))
