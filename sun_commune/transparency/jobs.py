"""The log is sealed every minute; a signer outside this process then signs what was sealed. Each day's last root is
kept and announced when the day is over."""

from __future__ import annotations

from datetime import timedelta

from sun_commune.core.clock import local, now
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict
from sun_commune.core.jobs import Job
from sun_commune.transparency import published, queries, services
from sun_commune.transparency.notes import Malformed, Note

DAYS_BACK = 40  # a day that was missed is recorded as long as its file can be looked for
SIGNER_LAG = timedelta(minutes=10)  # a signer that began before midnight may still write the day's file


def seal_log() -> int:
    """How many leaves got their places. Keys that the signer has published first get theirs."""
    keys = published.log_keys()
    if keys and {str(key) for key in keys} != {key for key, in_use in queries.key_uses().items() if in_use}:
        with transaction():
            services.record_keys(published=keys)
    first = size = queries.log_size()
    while True:
        with transaction(audited=False):
            grown = services.seal_log()
        if grown == size:
            return size - first
        size = grown


def record_daily_roots() -> int:
    """How many days' roots were kept: of every day that is over, has a checkpoint and is not recorded."""
    yesterday = local(now() - SIGNER_LAG).date() - timedelta(days=1)
    first = yesterday - timedelta(days=DAYS_BACK)
    known = queries.recorded_days(first)
    missing = [day for day in published.days() if first <= day <= yesterday and day not in known]
    wrong: Exception | None = None
    for day in missing:
        try:
            note = Note.read(published.read_day(day.isoformat()) or b"")
            with transaction():
                services.record_daily_root(day=day, note=note)
        except (Malformed, Conflict) as reason:
            wrong = reason  # the other days first; then the job has failed, and the log of the scheduler says why
    if wrong is not None:
        raise wrong
    return len(missing)


SEAL_LOG = Job("seal_log", 1, seal_log)
RECORD_DAILY_ROOTS = Job("record_daily_roots", 30, record_daily_roots)
