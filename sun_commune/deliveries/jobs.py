"""Timed work on deliveries, in batches."""

from __future__ import annotations

from sun_commune.core.db import transaction
from sun_commune.core.jobs import Job
from sun_commune.deliveries import services


def mask_old_photos() -> int:
    """People in photos of handovers, long after the need is over."""
    total = 0
    while True:
        with transaction():
            done = services.mask_old_photos()
        if not done:
            return total
        total += done


MASK_OLD_PHOTOS = Job("mask_delivery_photos", every_minutes=24 * 60, run=mask_old_photos)
