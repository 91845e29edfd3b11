"""Who leaves takes the name off the slips; series, amounts and checks stay. And a new key opens them all."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.services.closing import close_account
from sun_commune.core.db import db, transaction
from sun_commune.receipts import queries, services
from sun_commune.receipts.models import Naming, ReceiptName, ReceiptWish
from tests.app import TEST_KEY
from tests.cast import Cast, sign_in
from tests.receipts.papers import given, void
from tests.receipts.test_issue_receipt import all_checks, receipts


def test_closed_account_leaves_no_name(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    donor = cast.donor
    with transaction():
        services.choose_naming(donor, Naming.SHOWN)
    assert queries.name_on(receipt) == "张建国"
    with transaction():
        close_account(actor=donor, wants_anonymity=False)
    for table in (ReceiptName, ReceiptWish):
        assert db.session.execute(select(table)).all() == []
    sign_in(client, cast.treasurer)
    page = client.get(f"/en/treasury/receipts/{receipt.number}").text
    assert "The name was erased" in page
    assert "张建国" not in page
    assert all_checks() == []


def test_new_slip_for_a_closed_account_has_no_name(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    with transaction():
        close_account(actor=cast.donor, wants_anonymity=False)
    void(cast.treasurer, receipt, replace=True)
    after = receipts()[-1]
    assert (after.donor_id, after.naming, queries.name_on(after)) == (None, Naming.ANONYMOUS, "")


def test_names_are_sealed_anew_under_a_new_key(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    before = db.session.execute(select(ReceiptName.name_sealed)).scalar_one()
    settings = app.extensions["sun_settings"]
    app.extensions["sun_settings"] = replace(settings, field_key="ff" * 32, field_key_old=TEST_KEY)
    try:
        said = app.test_cli_runner().invoke(args=["households", "rotate-key"]).output
        assert "1 of 1 names on receipts" in said
        app.extensions["sun_settings"] = replace(settings, field_key="ff" * 32, field_key_old="")
        db.session.rollback()
        assert db.session.execute(select(ReceiptName.name_sealed)).scalar_one() != before
        assert queries.name_on(receipt) == "张建国"
    finally:
        app.extensions["sun_settings"] = settings
