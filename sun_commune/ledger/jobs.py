"""The self-check, every ten minutes and by hand as ``flask selfcheck``; the closing of months on their day; and every
day what has waited too long."""

from __future__ import annotations

from sun_commune import config
from sun_commune.core import selfcheck
from sun_commune.core.db import transaction
from sun_commune.core.jobs import Job
from sun_commune.core.selfcheck import Finding
from sun_commune.ledger import services


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
    """The job: how many months were closed, ``SUN_CLOSE_AFTER_DAYS`` days after their end."""
    with transaction():
        return services.close_due_periods(config.current().close_after_days)


SELFCHECK = Job("selfcheck", 10, selfcheck_books)
CLOSE_PERIODS = Job("close-periods", 24 * 60, close_periods)


def expire_vouchers() -> int:
    with transaction():
        return services.expire_vouchers()


def remind_advances() -> int:
    with transaction():
        return services.remind_advances()


DAY_MINUTES = 24 * 60
EXPIRE_VOUCHERS = Job("expire-vouchers", DAY_MINUTES, expire_vouchers)
REMIND_ADVANCES = Job("remind-advances", DAY_MINUTES, remind_advances)
