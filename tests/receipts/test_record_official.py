"""The fiscal receipt's fields: checked, used once, corrected by a further version."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, RuleBroken, SunError
from sun_commune.receipts import checks, queries
from sun_commune.receipts.models import OfficialReceipt, Receipt
from tests.cast import Cast, sign_in
from tests.pledges.crowd import together
from tests.receipts.papers import CREDIT_CODE, given, official, record, void
from tests.receipts.test_issue_receipt import all_checks


def rows() -> list[OfficialReceipt]:
    db.session.rollback()
    return list(db.session.execute(select(OfficialReceipt).order_by(OfficialReceipt.id)).scalars())


def test_slip_carries_the_fiscal_receipt(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    record(cast.treasurer, receipt, invoice_number="０００１ ２３４５６７")
    row = queries.slip_of(receipt).official
    assert row is not None
    assert (row.version, row.invoice_number, row.credit_code) == (1, "0001234567", CREDIT_CODE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credit_code", "51510700MJQ000001X"),
        ("credit_code", "510723199001011234"),
        ("credit_code", ""),
        ("invoice_code", "1234567"),
        ("invoice_code", "5106012A"),
        ("invoice_number", "123"),
        ("invoice_number", "1" * 21),
        ("check_code", "a1"),
        ("check_code", "a1b2c3;"),
        ("project_code", "x" * 31),
        ("issued_on", today() + timedelta(days=1)),
        ("issued_on", today() - timedelta(days=1)),
    ],
)
def test_wrong_field_is_named(app: Flask, cast: Cast, field: str, value: object) -> None:
    _claim, receipt = given(cast)
    with pytest.raises(RuleBroken) as refused:
        record(cast.treasurer, receipt, **{field: value})
    assert refused.value.field == field
    assert rows() == []


def test_same_fields_again_are_one_version(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    record(cast.treasurer, receipt)
    assert record(cast.treasurer, receipt).version == 1
    assert len(rows()) == 1


def test_correction_is_a_version_with_a_reason(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    record(cast.treasurer, receipt)
    with pytest.raises(RuleBroken) as refused:
        record(cast.treasurer, receipt, check_code="ffffff")
    assert refused.value.field == "reason"
    record(cast.second_treasurer, receipt, check_code="ffffff", reason="校验码抄错了一位")
    assert [(row.version, row.check_code) for row in rows()] == [(1, "a1b2c3"), (2, "ffffff")]
    official_now = queries.slip_of(receipt).official
    assert official_now is not None
    assert official_now.version == 2


def test_one_number_stands_on_one_slip(app: Flask, cast: Cast) -> None:
    receipt, other = given(cast)[1], second(cast)
    record(cast.treasurer, receipt)
    with pytest.raises(RuleBroken) as refused:
        record(cast.treasurer, other)
    assert refused.value.field == "invoice_number"
    assert receipt.number in str(refused.value)
    record(cast.treasurer, receipt, invoice_number="9999999999", reason="号码抄成了另一张")
    record(cast.treasurer, other)  # the number is free again
    assert checks.official_numbers_are_used_once() == []


def second(cast: Cast) -> Receipt:
    return given(cast, 5_000, donor=cast.other_donor, reference="BANK0002")[1]


def test_number_of_a_void_slip_is_free(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    record(cast.treasurer, receipt)
    void(cast.treasurer, receipt, replace=True)
    after = queries.replacement_of(receipt)
    assert after is not None
    record(cast.treasurer, after)
    with pytest.raises(Conflict):
        record(cast.treasurer, receipt, check_code="ffffff", reason="校验码抄错了一位")
    assert all_checks() == []


def test_two_treasurers_with_one_paper(app: Flask, cast: Cast) -> None:
    ids = [given(cast)[1].id, second(cast).id]
    treasurer_id = cast.treasurer.id
    db.session.rollback()

    def act(receipt_id: int) -> str:
        try:
            record(db.session.get_one(User, treasurer_id), db.session.get_one(Receipt, receipt_id))
        except SunError as refused:
            return str(refused.field)
        return "stored"

    outcomes = together(app, [lambda receipt_id=receipt_id: act(receipt_id) for receipt_id in ids])
    assert sorted(map(str, outcomes)) == ["invoice_number", "stored"]
    assert len(rows()) == 1


def test_number_used_twice_is_found(app: Flask, cast: Cast) -> None:
    receipt, other = given(cast)[1], second(cast)
    row = record(cast.treasurer, receipt)
    values = {name: getattr(row, name) for name in vars(official())}
    with transaction(audited=False) as session:
        session.add(
            OfficialReceipt(receipt_id=other.id, version=1, recorded_by=row.recorded_by, recorded_at=now(), **values)
        )
    assert len(checks.official_numbers_are_used_once()) == 1


def test_treasurer_fills_in_the_page(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    page = f"/en/treasury/receipts/{receipt.number}/official"
    sign_in(client, cast.treasurer)
    assert client.get(page).status_code == 200
    form = {
        "once": "k" * 20, "credit_code": CREDIT_CODE, "invoice_code": "51060122", "invoice_number": "12",
        "check_code": "a1b2c3", "project_code": "", "issued_on": today().isoformat(),
    }  # fmt: skip
    wrong = client.post(page, data=form)
    assert wrong.status_code == 422
    assert "Enter 8 to 20 digits." in wrong.text
    assert f'value="{CREDIT_CODE}"' in wrong.text
    assert client.post(page, data={**form, "once": "k" * 21, "invoice_number": "0001234567"}).status_code == 303
    assert "0001234567" in client.get(f"/en/treasury/receipts/{receipt.number}").text
    again = client.get(page).text
    assert 'value="0001234567"' in again
    assert "Reason of the correction" in again
