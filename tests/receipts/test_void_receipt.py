"""The void register: a number stays, marked with who, when and why; a new slip may take its place."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.deliveries.models import Settlement
from sun_commune.receipts import queries, register, services
from sun_commune.receipts.models import Naming, Receipt, ReceiptVoid
from sun_commune.receipts.standing import standings_of
from sun_commune.receipts.states import ReceiptState
from tests.cast import Cast, sign_in
from tests.deliveries import world
from tests.ledger.books import give, reverse
from tests.receipts.papers import REASON, entry_of, given, void
from tests.receipts.test_issue_receipt import all_checks, receipts


def state_of(receipt: Receipt) -> ReceiptState:
    db.session.rollback()
    return standings_of([receipt])[receipt.id].state


def test_void_is_written_down_and_the_number_stays(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    void(cast.treasurer, receipt)
    row = db.session.execute(select(ReceiptVoid)).scalar_one()
    assert (row.receipt_id, row.voided_by, row.reason) == (receipt.id, cast.treasurer.id, REASON)
    assert state_of(receipt) is ReceiptState.VOIDED
    assert register.series_of(receipt.year) == (1, 1, 1)
    assert all_checks() == []


def test_voiding_again_changes_nothing(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    void(cast.treasurer, receipt)
    other = cast.second_treasurer
    with transaction(audited=False):
        services.void_receipt(other, receipt, reason="另一个理由")
    assert db.session.execute(select(ReceiptVoid.reason)).scalars().all() == [REASON]


@pytest.mark.parametrize("reason", ["", "错了", "x" * 201, "电话是 13800001234，打过去了"])
def test_void_wants_a_reason_that_may_be_read(app: Flask, cast: Cast, reason: str) -> None:
    _claim, receipt = given(cast)
    with pytest.raises(RuleBroken) as refused:
        void(cast.treasurer, receipt, reason=reason)
    assert refused.value.field == "reason"
    assert state_of(receipt) is ReceiptState.VALID


def test_new_slip_takes_its_place_and_names_it(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    with transaction():
        services.choose_naming(cast.donor, Naming.ANONYMOUS)
    void(cast.treasurer, receipt, replace=True)
    first, second = receipts()
    assert (second.serial, second.version, second.replaces_id) == (2, 2, first.id)
    assert (second.transfer_id, second.amount_fen) == (first.transfer_id, first.amount_fen)
    assert (queries.name_on(second), second.naming) == ("", Naming.ANONYMOUS)
    assert queries.newest_of_entry(entry_of(receipt).uid).id == second.id
    assert [state_of(row) for row in (first, second)] == [ReceiptState.VOIDED, ReceiptState.VALID]
    assert all_checks() == []


def test_replaced_once(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    void(cast.treasurer, receipt, replace=True)
    with transaction(audited=False):
        services.replace_receipt(cast.treasurer, receipt)
    assert len(receipts()) == 2


def test_slip_that_holds_is_not_replaced(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    with pytest.raises(Conflict), transaction():
        services.replace_receipt(cast.treasurer, receipt)


def test_reversed_gift_voids_its_slip(app: Flask) -> None:
    gift = give()
    back = reverse(gift)
    row = db.session.execute(select(ReceiptVoid)).scalar_one()
    assert (row.reversal_uid, row.reason) == (back.uid, back.reason)
    assert all_checks() == []


def test_reversed_gift_gets_no_new_slip(app: Flask, cast: Cast) -> None:
    reverse(give())
    (receipt,), treasurer = receipts(), cast.treasurer
    with pytest.raises(Conflict), transaction():
        services.replace_receipt(treasurer, receipt)


def test_settled_dispute_voids_the_slip_of_the_goods(app: Flask, cast: Cast) -> None:
    delivery = world.bring(cast, world.promise(cast, 2))
    world.in_transaction(world.services.dispute_delivery, cast.donor, delivery, reason="数量不对，请县里核实")
    world.in_transaction(
        world.services.settle_dispute, cast.administrator, delivery, outcome=Settlement.RETURNED,
        text="退回捐赠方重新寄送",
    )  # fmt: skip
    (receipt,) = receipts()
    assert state_of(receipt) is ReceiptState.VOIDED
    assert all_checks() == []


@pytest.mark.parametrize("statement", ["UPDATE receipt_voids SET reason = 'x'", "DELETE FROM receipt_voids"])
def test_void_register_only_grows(app: Flask, statement: str) -> None:
    reverse(give())
    db.session.rollback()
    with pytest.raises(DatabaseError, match="append-only"), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_treasurer_voids_and_replaces_on_the_page(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    number = receipt.number
    sign_in(client, cast.treasurer)
    page = f"/en/treasury/receipts/{number}/void"
    assert "stays in the register for good" in client.get(page).text
    answer = client.post(page, data={"once": "k" * 20, "reason": "错", "is_replaced": "y"})
    assert answer.status_code == 422
    assert "5 to 200 characters" in answer.text
    assert 'value="错"' in answer.text
    for _again in range(2):
        answer = client.post(page, data={"once": "k" * 21, "reason": REASON, "is_replaced": "y"})
        assert answer.status_code == 303
    assert [row.version for row in receipts()] == [1, 2]
    shown = client.get(f"/en/treasury/receipts/{number}").text
    assert "VOID" in shown
    assert REASON in shown
    assert "The slip that replaced it" in shown
    assert "void already" in client.get(page).text


def test_voided_without_a_new_slip_may_get_one_later(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    number = receipt.number
    void(cast.treasurer, receipt)
    sign_in(client, cast.treasurer)
    assert "Give a new slip in its place" in client.get(f"/en/treasury/receipts/{number}").text
    assert client.post(f"/en/treasury/receipts/{number}/replace", data={}).status_code == 422
    assert client.post(f"/en/treasury/receipts/{number}/replace", data={"once": "k" * 20}).status_code == 303
    assert db.session.execute(select(func.count()).select_from(Receipt)).scalar_one() == 2


def test_treasurer_who_gave_does_not_keep_the_own_slip(app: Flask, client: FlaskClient, cast: Cast) -> None:
    receipt = queries.newest_of_entry(
        world.record(cast.second_treasurer, _promise_of(cast), 30_000)[0].transfer_uid or ""
    )
    sign_in(client, cast.treasurer)
    assert "another treasurer keeps its slip" in client.get(f"/en/treasury/receipts/{receipt.number}").text
    for act in ("void", "official"):
        assert client.get(f"/en/treasury/receipts/{receipt.number}/{act}").status_code == 404
    assert client.post(f"/en/treasury/receipts/{receipt.number}/replace").status_code == 404


def _promise_of(cast: Cast) -> str:
    return world.promise(cast, 0, 30_000, donor=cast.treasurer).payment_code or ""
