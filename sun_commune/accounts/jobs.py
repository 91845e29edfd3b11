"""Tidying: counters, sign-ins and links that are over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from sun_commune import config
from sun_commune.accounts import throttles
from sun_commune.accounts.models import PasswordReset, SignIn
from sun_commune.core.clock import now
from sun_commune.core.db import rows_changed, transaction
from sun_commune.core.jobs import Job

#: An ended sign-in is kept this long, so that a form typed before is given back to its own writer only.
ENDED_KEPT = timedelta(days=1)


def sweep_sign_ins() -> int:
    """Delete what has run out; how many rows."""
    moment = now()
    idle = moment - timedelta(minutes=config.current().idle_minutes) - ENDED_KEPT
    with transaction(audited=False) as session:
        swept = rows_changed(session, delete(SignIn).where(SignIn.seen_at < idle))
        swept += rows_changed(session, delete(PasswordReset).where(PasswordReset.expires_at < moment - ENDED_KEPT))
        return swept + throttles.sweep()


SWEEP_SIGN_INS = Job("sweep_sign_ins", 60, sweep_sign_ins)
