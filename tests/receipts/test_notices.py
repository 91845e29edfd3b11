"""A donor reads in the inbox that a slip is void, or that the fiscal receipt is there; the notice leads to the slip."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.notifications.models import Notice, NoticeKind
from tests.cast import Cast, sign_in
from tests.ledger.books import give, reverse
from tests.receipts.papers import REASON, given, record, void

KINDS = (NoticeKind.RECEIPT_VOIDED, NoticeKind.OFFICIAL_RECEIPT)


def notices() -> list[Notice]:
    db.session.rollback()
    return list(db.session.execute(select(Notice).where(Notice.kind.in_(KINDS)).order_by(Notice.id)).scalars())


def test_donor_hears_of_fiscal_receipt_and_void(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    number = receipt.number
    record(cast.treasurer, receipt)
    void(cast.treasurer, receipt)
    told = [(row.kind, row.user_id, row.object_code) for row in notices()]
    assert told == [(kind, cast.donor.id, number) for kind in reversed(KINDS)]
    sign_in(client, cast.donor)
    page = client.get("/en/my/inbox").text
    assert REASON in page
    assert f"Your slip {number} is void" in page


def test_gift_without_an_account_tells_nobody(app: Flask) -> None:
    reverse(give())
    assert notices() == []
