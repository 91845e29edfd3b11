"""Money that came online and that its pledge cannot take: in suspense at once, its donor asked, never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.choices import services as choices
from sun_commune.choices.models import Choice, ChoiceState, Occasion, Route
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.ledger.queries import suspense_left
from sun_commune.payments import queries
from sun_commune.payments.checks import find_unheld
from sun_commune.payments.models import HeldReason, NoticeOutcome, OrderState, PaymentOrder
from sun_commune.pledges.models import Claim
from sun_commune.statements import queries as lines
from sun_commune.statements.models import Fate, SuspenseReason
from sun_commune.statements.reconciliation import reconcile
from tests.cast import Cast, sign_in
from tests.deliveries import world as deliveries
from tests.payments import world
from tests.payments.world import arrived, call, call_at_once, ordered
from tests.statements import papers
from tests.statements import world as statements

pytestmark = pytest.mark.usefixtures("gateways")


def test_second_payment_of_a_paid_order_is_flagged(client: FlaskClient, cast: Cast) -> None:
    claim, order = ordered(cast, "wechat")
    call(client, "wechat", world.wechat_call(order))
    for _again in range(2):
        answer = call(client, "wechat", world.wechat_call(order, transaction_id="4200001234202612010000000002"))
        assert answer.status_code == 200
    assert len(arrived(claim)) == 1
    (line,) = statements.lines()
    assert (line.reference, line.open_fen, line.claim_code) == ("4200001234202612010000000002", 50_000, claim.code)
    assert statements.findings() == []
    assert [notice.outcome for notice in queries.list_notices()] == [NoticeOutcome.SECOND_PAYMENT]


def test_released_claim_keeps_its_money_for_a_treasurer(client: FlaskClient, cast: Cast) -> None:
    """Nobody is told to pay again, and nothing is lost: the order says what came."""
    claim, order = ordered(cast, "wechat")
    with time_machine.travel(now() + timedelta(days=20), tick=False):
        release(claim)
        answer = call(client, "wechat", world.wechat_call(order))
        assert answer.status_code == 200
        held = queries.find_order(order.code)
        assert (held.state, held.booked_fen, held.held_reason) == (OrderState.HELD, 0, HeldReason.CLAIM_OVER)
        assert call(client, "wechat", world.wechat_call(order)).status_code == 200
        assert lies_in_suspense(held, 50_000) == held.line_code
        (choice,) = waiting_choices()
        assert (choice.donor_id, choice.amount_fen, choice.occasion) == (cast.donor.id, 50_000, Occasion.PAID_ONLINE)
    assert arrived(claim) == []
    assert statements.findings() == []


def release(claim: Claim) -> None:
    from sun_commune.pledges import jobs

    assert jobs.release_overdue_claims() == 1


def test_withdrawn_need_takes_no_money(client: FlaskClient, cast: Cast) -> None:
    from sun_commune.needs import services as needs
    from sun_commune.needs.models import Need

    claim, order = ordered(cast, "wechat")
    code, administrator = order.code, cast.administrator
    deliveries.report(cast.donor, claim, 50_000)  # so that the pledge stands when the need goes
    deliveries.in_transaction(
        needs.withdraw_need, administrator, db.session.get_one(Need, claim.need_id), "村里已经另外解决了"
    )
    assert call(client, "wechat", world.wechat_call(queries.find_order(code))).status_code == 200
    held = queries.find_order(code)
    assert (held.state, held.held_reason) == (OrderState.HELD, HeldReason.NEED_GONE)
    assert lies_in_suspense(held, 50_000)
    assert statements.findings() == []


def test_more_than_is_left_is_booked_as_far_as_it_fits(client: FlaskClient, cast: Cast) -> None:
    claim, order = ordered(cast, "wechat")
    code = order.code
    deliveries.record(cast.treasurer, claim.payment_code, 20_000)
    assert call(client, "wechat", world.wechat_call(queries.find_order(code))).status_code == 200
    held = queries.find_order(code)
    assert (held.state, held.booked_fen, held.held_reason) == (OrderState.HELD, 30_000, HeldReason.TOO_MUCH)
    assert sum(fen or 0 for _reference, fen in arrived(claim)) == 50_000
    assert lies_in_suspense(held, 20_000)
    assert statements.lines()[0].recorded_fen == 30_000
    assert [choice.amount_fen for choice in waiting_choices()] == [20_000]
    assert statements.findings() == []


def called_after_hand(client: FlaskClient, cast: Cast, *, by_hand: int) -> tuple[Claim, PaymentOrder]:
    """A treasurer records the payment of an order over 20,000 fen, and then the provider tells of it."""
    claim, order = ordered(cast, "wechat", 20_000)
    code = order.code
    deliveries.record(cast.treasurer, claim.payment_code, by_hand, bank_reference="4200001234202612010000000001")
    assert call(client, "wechat", world.wechat_call(queries.find_order(code))).status_code == 200
    return claim, queries.find_order(code)


def test_payment_that_a_treasurer_recorded_first_is_not_booked_again(client: FlaskClient, cast: Cast) -> None:
    claim, held = called_after_hand(client, cast, by_hand=20_000)
    assert (held.state, held.booked_fen, held.held_reason) == (OrderState.HELD, 0, HeldReason.RECORDED)
    assert len(arrived(claim)) == 1


def lies_in_suspense(order: PaymentOrder, fen: int) -> str | None:
    """The line of the order's money, if so much of it lies in suspense, in the books and on the treasurers' desk."""
    db.session.rollback()
    assert order.line_code
    line = lines.get_line(order.line_code)
    assert (line.reference, line.reason, line.open_fen) == (order.reference, SuspenseReason.PAID_ONLINE, fen)
    assert suspense_left(line.code) == fen
    assert line.code in {row.code for row in lines.list_open().rows}
    return line.code


def waiting_choices() -> list[Choice]:
    return list(db.session.execute(select(Choice).where(Choice.state == ChoiceState.OPEN)).scalars())


def gone(cast: Cast, client: FlaskClient) -> PaymentOrder:
    """A payment of 500 yuan that came after its pledge was paid otherwise."""
    claim, order = ordered(cast, "wechat")
    code = order.code
    deliveries.record(cast.treasurer, claim.payment_code, 50_000)
    assert call(client, "wechat", world.wechat_call(queries.find_order(code))).status_code == 200
    return queries.find_order(code)


def bill(amount: str, reference: str) -> bytes:
    return papers.wechat_trades(
        papers.wechat_order(f"{statements.day()} 00:00:01", amount, "爱心捐赠", number=reference)
    )


def test_the_bill_that_shows_it_brings_nothing_twice(client: FlaskClient, cast: Cast) -> None:
    """Its line takes the place of the message's, with the choice and the entries that hang on it."""
    order = gone(cast, client)
    reference, code = order.reference or "", order.line_code
    plan = statements.import_file(cast.treasurer, bill("500.00", reference), "微信支付")
    assert [each.fate for each in plan.planned] == [Fate.NOTICED]
    (line,) = statements.lines()
    assert (line.code, line.open_fen, line.row) == (code, 50_000, 2)
    assert lines.get_account(line.account_id).name == "微信支付"
    assert lines.count_lines(line.file_id) == 1
    assert statements.open_fen() == 50_000
    again = statements.import_file(cast.treasurer, bill("500.00", reference) + b"\n", "微信支付")
    assert [each.fate for each in again.planned] == [Fate.KNOWN]
    assert (reconcile().unexplained_fen, statements.findings()) == (0, [])


def test_a_bill_of_another_amount_is_named(client: FlaskClient, cast: Cast) -> None:
    order = gone(cast, client)
    plan = statements.import_file(cast.treasurer, bill("400.00", order.reference or ""), "微信支付")
    assert [each.fate for each in plan.planned] == [Fate.WRONG]
    assert "500" in str(plan.planned[0].words)
    assert (len(statements.lines()), statements.open_fen()) == (1, 50_000)


def test_what_a_statement_brought_before_is_not_held_again(client: FlaskClient, cast: Cast) -> None:
    _claim, order = ordered(cast, "wechat")
    code = order.code
    statements.import_file(cast.treasurer, bill("500.00", "4200001234202612010000000001"), "微信支付")
    assert call(client, "wechat", world.wechat_call(queries.find_order(code))).status_code == 200
    (line,) = statements.lines()
    assert (queries.find_order(code).line_code, line.open_fen) == (line.code, 50_000)
    assert statements.findings() == []


def test_more_by_hand_than_came_waits_for_a_treasurer(client: FlaskClient, cast: Cast) -> None:
    _claim, held = called_after_hand(client, cast, by_hand=30_000)
    assert (held.state, held.line_code, statements.lines()) == (OrderState.HELD, None, [])


def test_the_donor_gets_it_back_from_there(client: FlaskClient, cast: Cast) -> None:
    """The whole way: chosen, sent, seen by a second person; nothing of it is left in suspense."""
    gone(cast, client)
    (choice,) = waiting_choices()
    in_transaction = deliveries.in_transaction
    in_transaction(choices.choose, cast.donor, choice, route=Route.REFUND)
    in_transaction(choices.record_refund, cast.treasurer, choice, bank_reference="WX-REFUND-1", paid_on=today())
    in_transaction(choices.confirm_refund, cast.second_treasurer, choice)
    assert (statements.open_fen(), statements.findings()) == (0, [])


def test_two_at_once_hold_it_once(app: Flask, client: FlaskClient, cast: Cast) -> None:
    claim, order = ordered(cast, "wechat")
    code = order.code
    deliveries.record(cast.treasurer, claim.payment_code, 50_000)
    calls = [world.wechat_call(queries.find_order(code)) for _ in range(3)]
    db.session.rollback()
    assert call_at_once(app, "wechat", calls) == [200] * len(calls)
    assert [line.open_fen for line in statements.lines()] == [50_000]
    assert statements.findings() == []


def test_pages_say_where_it_lies(client: FlaskClient, cast: Cast) -> None:
    order = gone(cast, client)
    code, line_code = order.code, order.line_code
    donor = sign_in(client.application.test_client(), cast.donor)
    page = donor.get(f"/en/payments/{code}").text
    assert "/en/my/choices" in page
    assert f"/treasury/lines/{line_code}" not in page
    treasurer = sign_in(client.application.test_client(), cast.treasurer)
    for path in (f"/en/payments/{code}", "/en/treasury/orders", f"/en/treasury/orders/{code}/settle", "/en/desk"):
        assert f"/en/treasury/lines/{line_code}" in treasurer.get(path).text
    assert f"/en/treasury/orders/{code}/settle" not in treasurer.get("/en/desk").text
    page = treasurer.get(f"/en/treasury/lines/{line_code}").text
    assert "Paid online" in page
    assert treasurer.get("/en/treasury/statements").status_code == 200
    form = {"once": "the first key", "note": "在对账单第3行"}
    assert treasurer.post(f"/en/treasury/orders/{code}/settle", data=form).status_code == 409


def test_the_self_check_finds_a_line_of_another_payment(client: FlaskClient, cast: Cast) -> None:
    order = gone(cast, client)
    assert find_unheld() == []
    with transaction(audited=False):
        order.line_code = "ZD-2026-99999"
    assert [finding.split()[1] for finding in find_unheld()] == [order.code]
