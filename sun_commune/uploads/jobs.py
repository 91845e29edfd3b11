"""Timed work on uploads."""

from __future__ import annotations

from sun_commune.core.db import transaction
from sun_commune.core.jobs import Job
from sun_commune.uploads import services


def sweep_uploads() -> int:
    """Rows to which nothing refers, with their files, in batches; then files without a row. How many of both."""
    swept = 0
    while True:
        with transaction(audited=False):
            removed = services.remove_unused()
        if not removed:
            return swept + services.sweep_uploads()
        swept += removed


SWEEP_UPLOADS = Job("sweep_uploads", every_minutes=24 * 60, run=sweep_uploads)
