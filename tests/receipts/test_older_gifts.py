"""Gifts that were given before there were slips come through the upgrade: they wait, and get theirs in their order."""

from __future__ import annotations

from flask import Flask
from flask_migrate import downgrade, stamp, upgrade
from sqlalchemy import select

from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.receipts.jobs import issue_waiting_receipts
from sun_commune.receipts.models import Receipt, ReceiptWaiting
from tests.ledger.books import OTHER_NEED, bring, give, reverse
from tests.receipts.test_issue_receipt import all_checks, receipts

BEFORE = "0006"


def through_the_upgrade() -> None:
    db.session.remove()
    stamp()
    downgrade(revision=BEFORE)
    upgrade()
    db.session.remove()


def test_older_gifts_wait_and_are_served_in_their_order(app: Flask) -> None:
    entries = [give(), bring(), give(need_code=OTHER_NEED)]
    taken_back = give()
    reverse(taken_back)
    ids, gone = [entry.id for entry in entries], taken_back.id
    through_the_upgrade()
    assert db.session.execute(select(Receipt)).all() == []
    waiting = select(ReceiptWaiting.transfer_id).order_by(ReceiptWaiting.transfer_id)
    assert db.session.execute(waiting).scalars().all() == [*ids, gone]
    assert all_checks() == []
    give()  # a new gift does not wait for the old ones
    assert issue_waiting_receipts() == len(ids) + 1
    new = receipts()
    assert [row.transfer_id for row in new][1:] == ids
    assert [row.number for row in new] == [f"PJ-{today().year}-{serial:06d}" for serial in range(1, 5)]
    assert all_checks() == []
