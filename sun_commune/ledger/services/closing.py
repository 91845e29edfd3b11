"""Closing months: what counts in them never changes again, and what comes late counts in the first open one."""

from __future__ import annotations

import re
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.ledger import policies
from sun_commune.ledger.closing import figures_of, kept_sums, sha256_of
from sun_commune.ledger.events import PeriodClosed
from sun_commune.ledger.models import ClosedPeriod, LedgerSum
from sun_commune.ledger.posting import last_closed, lock_periods, month_of
from sun_commune.ledger.services import rules

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def close_periods(actor: User | None, *, until: str) -> list[ClosedPeriod]:
    """Close every month that has entries, up to and with ``until`` (``2026-10``), oldest first; ``None`` is the job.

    Months that are closed already stay as they are: closing again closes nothing. Raises NotAllowed for anybody but a
    treasurer, RuleBroken for a month that has not ended, and while a self-check fails.
    """
    if actor is not None and not policies.can_close_periods(actor):
        raise NotAllowed
    if not MONTH.fullmatch(until) or until >= month_of(today()):
        raise RuleBroken(_l("Choose a month that has ended."), field="period")
    lock_periods(alone=True)
    if until <= last_closed():
        return []
    rules.require_sound_books()
    return [_close(actor, period) for period in _open_months(until)]


def _open_months(until: str) -> list[str]:
    with_entries = select(LedgerSum.month).where(LedgerSum.month > last_closed(), LedgerSum.month < until)
    return [*db.session.execute(with_entries.distinct().order_by(LedgerSum.month)).scalars(), until]


def _close(actor: User | None, period: str) -> ClosedPeriod:
    figures = figures_of(period, kept_sums(until=period))
    row = ClosedPeriod(
        period=period, figures=figures, figures_sha256=sha256_of(figures), closed_at=now(),
        closed_by=actor.id if actor else None,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    announce(
        PeriodClosed(
            actor_id=row.closed_by, object_code=period, to_state="closed", closed_period_id=row.id,
            reason=row.figures_sha256,
        )
    )  # fmt: skip
    return row


def next_to_close() -> str:
    """The month that a treasurer would close now: the first one with entries that is open and has ended; "" if none."""
    closed, this_month = last_closed(), month_of(today())
    first = select(func.min(LedgerSum.month)).where(LedgerSum.month > closed, LedgerSum.month < this_month)
    found: str | None = db.session.execute(first).scalar()
    return found or ""


def due_until(days: int) -> str:
    """The newest month that ended at least ``days`` days ago."""
    ended: date = (today() - timedelta(days=days)).replace(day=1) - timedelta(days=1)
    return month_of(ended)


def close_due_periods(days: int) -> int:
    """The job: close what ended ``days`` days ago; how many months. Nothing before the first entry."""
    until = due_until(days)
    if not next_to_close() or next_to_close() > until:
        return 0
    return len(close_periods(None, until=until))
