"""Timed work on uploads."""

from __future__ import annotations

from sun_commune.core.jobs import Job
from sun_commune.uploads import services

SWEEP_UPLOADS = Job("sweep_uploads", every_minutes=24 * 60, run=services.sweep_uploads)
