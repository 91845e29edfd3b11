"""Receipts for gifts that were there before receipts were; after the upgrade they all have theirs in a few minutes."""

from __future__ import annotations

from sun_commune.core.db import transaction
from sun_commune.core.jobs import Job
from sun_commune.receipts import queries, services


def issue_waiting_receipts() -> int:
    """How many gifts were looked at. Each batch is a transaction of its own: postings in between wait little."""
    done = 0
    while queries.are_gifts_waiting():
        with transaction(audited=False):  # each receipt is announced; gifts taken back meanwhile get none
            done += services.issue_waiting()
    return done


ISSUE_WAITING_RECEIPTS = Job("issue_waiting_receipts", 10, issue_waiting_receipts)
