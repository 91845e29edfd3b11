"""The self-check, every ten minutes and by hand as ``flask selfcheck``; the closing of months on their day; and every
day what has waited too long."""

from __future__ import annotations

from datetime import timedelta

from sun_commune import config
from sun_commune.core import selfcheck
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.jobs import Job
from sun_commune.core.selfcheck import Finding
from sun_commune.ledger import queries, services

STEADY = timedelta(hours=12)


def run_selfcheck() -> list[Finding]:
    """Run every check of the house on one unmoving view, keep the outcome, give back what was found."""
    checks = selfcheck.all_checks()
    with selfcheck.watch():
        findings = selfcheck.find_all(checks)
    with transaction():
        services.store_selfcheck(findings, checks_count=len(checks))
    return findings


def selfcheck_books() -> int:
    """The job: how many things are wrong."""
    return len(run_selfcheck())


def close_periods() -> int:
    """How many months were closed, ``SUN_CLOSE_AFTER_DAYS`` days after their end."""
    with transaction():
        return services.close_due_periods(config.current().close_after_days)


def close_periods_by_a_steady_clock() -> int:
    """The job: as close_periods, if the books were checked yesterday by this clock.

    What is closed never opens again, and a machine whose clock was set years ahead would close all of it at once; so a
    clock is believed when it has gone on for half a day.
    """
    moment = now()
    earlier = queries.was_checked(since=moment - 3 * STEADY, until=moment - STEADY)
    db.session.rollback()
    return close_periods() if earlier else 0


SELFCHECK = Job("selfcheck", 10, selfcheck_books)
CLOSE_PERIODS = Job("close-periods", 24 * 60, close_periods_by_a_steady_clock)


def expire_vouchers() -> int:
    with transaction():
        return services.expire_vouchers()


def remind_advances() -> int:
    with transaction():
        return services.remind_advances()


DAY_MINUTES = 24 * 60
EXPIRE_VOUCHERS = Job("expire-vouchers", DAY_MINUTES, expire_vouchers)
REMIND_ADVANCES = Job("remind-advances", DAY_MINUTES, remind_advances)
