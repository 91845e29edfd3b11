"""Call-backs of each provider over HTTP: true ones are booked once and answered so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.payments import queries
from sun_commune.payments.models import OrderState
from tests.cast import Cast
from tests.deliveries import world as deliveries
from tests.payments import world
from tests.payments.world import ACCEPTED, CALLS, PROVIDERS, arrived, call, call_at_once, ordered, state_of

pytestmark = pytest.mark.usefixtures("gateways")


@pytest.mark.parametrize("gateway", PROVIDERS)
def test_true_call_is_booked_and_answered(client: FlaskClient, cast: Cast, gateway: str) -> None:
    claim, order = ordered(cast, gateway)
    answer = call(client, gateway, CALLS[gateway](order))
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, ACCEPTED[gateway])
    paid = queries.find_order(order.code)
    assert (paid.state, paid.booked_fen) == (OrderState.PAID, 50_000)
    assert arrived(claim) == [(paid.reference, 50_000)]
    (entry,) = deliveries.transfers()
    assert (entry.amount_fen, entry.claim_code) == (50_000, claim.code)


@pytest.mark.parametrize("gateway", PROVIDERS)
def test_played_again_answers_the_same_and_books_nothing(client: FlaskClient, cast: Cast, gateway: str) -> None:
    claim, order = ordered(cast, gateway)
    made = CALLS[gateway](order)
    answers = [call(client, gateway, made) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(arrived(claim)) == 1
    assert len(deliveries.transfers()) == 1
    paid = select(func.count()).select_from(AuditEntry).where(AuditEntry.act == "OrderPaid")
    assert db.session.execute(paid).scalar_one() == 1


@pytest.mark.parametrize("gateway", PROVIDERS)
@pytest.mark.parametrize("age", [timedelta(minutes=4), timedelta(minutes=-4)])
def test_clocks_may_differ_a_little(client: FlaskClient, cast: Cast, gateway: str, age: timedelta) -> None:
    _claim, order = ordered(cast, gateway)
    assert call(client, gateway, CALLS[gateway](order, sent_at=now() - age)).status_code == 200
    assert state_of(order.code) is OrderState.PAID


@pytest.mark.parametrize(
    ("gateway", "said"),
    [
        ("wechat", {"trade_state": "CLOSED"}),
        ("wechat", {"event": "REFUND.SUCCESS"}),
        ("alipay", {"trade_status": "WAIT_BUYER_PAY"}),
        ("alipay", {"trade_status": "TRADE_CLOSED"}),
        ("alipay", {"gmt_refund": "2026-12-01 10:00:00", "refund_fee": "1.00"}),
    ],
)
def test_true_call_of_something_else_is_heard_and_books_nothing(
    client: FlaskClient, cast: Cast, gateway: str, said: dict[str, Any]
) -> None:
    claim, order = ordered(cast, gateway)
    assert call(client, gateway, CALLS[gateway](order, **said)).status_code == 200
    assert (state_of(order.code), arrived(claim)) == (OrderState.OPEN, [])


@pytest.mark.parametrize("state", [OrderState.EXPIRED, OrderState.CANCELLED])
def test_late_call_of_an_ended_order_is_booked(client: FlaskClient, cast: Cast, state: OrderState) -> None:
    from sun_commune.payments import jobs

    claim, order = ordered(cast, "wechat")
    code = order.code
    if state is OrderState.CANCELLED:
        world.open_order(cast, claim, "alipay", 10_000)
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        jobs.expire_orders()
        assert state_of(code) is state
        assert call(client, "wechat", world.wechat_call(queries.find_order(code))).status_code == 200
    assert state_of(code) is OrderState.PAID


def test_provider_stands_in_the_books_as_itself(client: FlaskClient, cast: Cast) -> None:
    claim, order = ordered(cast, "wechat")
    call(client, "wechat", world.wechat_call(order))
    db.session.rollback()
    (delivery,) = db.session.execute(select(Delivery).where(Delivery.claim_line_id == claim.lines[0].id)).scalars()
    assert delivery.state is DeliveryState.PAID
    assert delivery.accepted_by not in {None, claim.donor_id}


@pytest.mark.parametrize("gateway", PROVIDERS)
def test_two_at_once_book_once(app: Flask, cast: Cast, gateway: str) -> None:
    claim, order = ordered(cast, gateway)
    calls = [CALLS[gateway](order) for _ in range(4)]
    db.session.rollback()
    assert call_at_once(app, gateway, calls) == [200] * len(calls)
    assert len(arrived(claim)) == 1
    assert len(deliveries.transfers()) == 1
