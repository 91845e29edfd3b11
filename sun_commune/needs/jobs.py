"""Timed work on needs. In batches, so that no turn holds the write lock for long."""

from __future__ import annotations

from collections.abc import Callable

from sun_commune.core.db import transaction
from sun_commune.core.jobs import Job
from sun_commune.needs import services


def _in_batches(act: Callable[[], int]) -> int:
    total = 0
    while True:
        with transaction():
            done = act()
        if not done:
            return total
        total += done


def expire_needs() -> int:
    """Needs whose last day is over."""
    return _in_batches(services.expire_needs)


def follow_ended_consents() -> int:
    """Needs that show more than a consent allows which has run out."""
    return _in_batches(services.follow_ended_consents)


def mask_old_photos() -> int:
    """People in photos of needs that have been over for long."""
    return _in_batches(services.mask_old_photos)


EXPIRE_NEEDS = Job("expire_needs", every_minutes=30, run=expire_needs)
FOLLOW_CONSENTS = Job("follow_consents", every_minutes=30, run=follow_ended_consents)
MASK_OLD_PHOTOS = Job("mask_need_photos", every_minutes=24 * 60, run=mask_old_photos)
