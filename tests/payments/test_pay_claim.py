"""The donor's way from the claim to the provider and back, and what the pages may say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DatabaseError

from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Missing, RuleBroken
from sun_commune.payments import checks, jobs, queries, services
from sun_commune.payments.gateways.base import GatewayFailed, OrderSlip, Paid
from sun_commune.payments.models import OrderState, PaymentOrder
from sun_commune.pledges.models import Claim
from tests.cast import Cast, sign_in
from tests.deliveries import world as deliveries
from tests.lanes.world import close_money
from tests.payments import world

pytestmark = pytest.mark.usefixtures("gateways")


def pay(client: FlaskClient, claim: Claim, once: str = "a key of the test", **values: str) -> Any:
    form = {"once": once, "amount_fen": "500", "gateway": "simulator", **values}
    return client.post(f"/en/claims/{claim.code}/pay", data=form)


def test_from_the_claim_to_arrived(client: FlaskClient, cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    sign_in(client, cast.donor)
    assert f"/en/claims/{claim.code}/pay" in client.get(f"/en/claims/{claim.code}").text
    page = client.get(f"/en/claims/{claim.code}/pay").text
    assert 'value="500' in page
    assert "A simulator: no money moves" in page
    answer = pay(client, claim)
    assert answer.status_code == 303
    order = queries.list_orders_of_claim(claim.id)[0]
    page = client.get(answer.location).text
    assert "Waits for payment" in page
    assert f"/en/payments/{order.code}/simulator" in page
    simulator = f"/en/payments/{order.code}/simulator"
    page = client.get(simulator).text
    assert "这是支付模拟器，不会产生任何真实付款" in page
    assert "This is a payment simulator. No money moves." in page
    waiting = client.get(f"/en/payments/{order.code}?back=1").text
    assert "Waiting for the charity" in waiting
    assert "Arrived" not in waiting
    back = client.post(simulator, data={"once": "another key"})
    assert back.status_code == 303
    page = client.get(back.location).text
    assert "Arrived and booked" in page
    assert "no money has moved" in page
    assert queries.find_order(order.code).state is OrderState.PAID
    assert len(deliveries.transfers()) == 1


def test_order_is_made_once_and_given_back(client: FlaskClient, cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    sign_in(client, cast.donor)
    locations = {pay(client, claim).location, pay(client, claim).location, pay(client, claim, "a second key").location}
    assert len(locations) == 1
    assert len(queries.list_orders_of_claim(claim.id)) == 1


def test_another_amount_takes_the_place_of_the_open_order(client: FlaskClient, cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    first = world.open_order(cast, claim)
    second = world.open_order(cast, claim, amount_fen=10_000)
    assert (queries.find_order(first.code).state, second.state) == (OrderState.CANCELLED, OrderState.OPEN)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"amount_fen": "500.01"}, "Only ¥500 of this pledge is still to come"),
        ({"amount_fen": "0"}, "Enter an amount in yuan"),
        ({"amount_fen": ""}, "Please fill this in"),
        ({"amount_fen": "5e2"}, "Enter an amount in yuan"),
        ({"gateway": "paypal"}, "Not a valid choice"),
        ({"gateway": ""}, "Choose a way to pay"),
    ],
)
def test_wrong_values_are_named_and_kept(client: FlaskClient, cast: Cast, values: dict[str, str], words: str) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    sign_in(client, cast.donor)
    answer = pay(client, claim, **values)
    assert answer.status_code == 422
    assert words in answer.text
    if values.get("amount_fen"):
        assert f'value="{values["amount_fen"]}"' in answer.text
    assert queries.list_orders_of_claim(claim.id) == []


def test_no_gateway_no_button(app: Flask, client: FlaskClient, cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    app.extensions["sun_gateways"].clear()
    sign_in(client, cast.donor)
    assert "/pay" not in client.get(f"/en/claims/{claim.code}").text
    assert "Nothing can be paid here now" in client.get(f"/en/claims/{claim.code}/pay").text
    assert pay(client, claim).status_code == 422


def test_closed_lane_takes_nothing_online(client: FlaskClient, cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    close_money(cast)
    sign_in(client, cast.donor)
    assert f"/en/claims/{claim.code}/pay" not in client.get(f"/en/claims/{claim.code}").text
    assert "account is closed" in client.get(f"/en/claims/{claim.code}/pay").text
    answer = pay(client, claim)
    assert (answer.status_code, queries.list_orders_of_claim(claim.id)) == (422, [])


def test_only_the_donor_pays(cast: Cast) -> None:
    claim, other = deliveries.promise(cast, 0, 50_000), cast.other_donor
    with pytest.raises(Missing), transaction():
        services.open_order(other, claim, gateway="simulator", amount_fen=100)


def test_goods_are_not_paid(cast: Cast) -> None:
    claim, donor = deliveries.promise(cast, 2), cast.donor
    with pytest.raises(Exception, match="Nothing is outstanding"), transaction():
        services.open_order(donor, claim, gateway="simulator", amount_fen=100)


def test_fulfilled_claim_takes_no_order(cast: Cast) -> None:
    claim, donor = deliveries.promise(cast, 0, 1000), cast.donor
    deliveries.record(cast.treasurer, claim.payment_code, 1000)
    with pytest.raises(Exception, match="Nothing is outstanding"), transaction():
        services.open_order(donor, claim, gateway="simulator", amount_fen=1000)


def test_wechat_order_is_a_picture_to_scan(client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    asked: list[OrderSlip] = []

    def create(_self: Any, slip: OrderSlip) -> str:
        asked.append(slip)
        return "weixin://wxpay/bizpayurl?pr=abc"

    monkeypatch.setattr(type(world.wechat()), "create", create)
    sign_in(client, cast.donor)
    location = pay(client, claim, gateway="wechat").location
    for _ in range(2):
        page = client.get(location).text
        assert "<svg" in page
        assert "Scan this with WeChat" in page
    assert len(asked) == 1
    assert asked[0].notify_url.endswith("/payments/wechat/notify")


def test_provider_that_does_not_answer(client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = deliveries.promise(cast, 0, 50_000)

    def fails(_self: Any, _slip: OrderSlip) -> str:
        raise GatewayFailed("no network")

    monkeypatch.setattr(type(world.wechat()), "create", fails)
    sign_in(client, cast.donor)
    page = client.get(pay(client, claim, gateway="wechat").location)
    assert (page.status_code, "The provider does not answer" in page.text) == (200, True)


def test_unpaid_order_expires_and_another_may_be_made(client: FlaskClient, cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    first = world.open_order(cast, claim)
    assert jobs.expire_orders() == 0
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        assert jobs.expire_orders() == 1
        assert jobs.expire_orders() == 0
        second = world.open_order(cast, claim)
    assert queries.find_order(first.code).state is OrderState.EXPIRED
    assert second.code != first.code


def test_lost_call_back_is_made_up_by_asking(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    order = world.open_order(cast, claim, "wechat")
    code = order.code
    said = Paid(
        order_code=code, reference="4200", amount_fen=50_000, currency="CNY", merchant_id=world.MERCHANT,
        app_id=world.APP_ID, paid_at=now(), sent_at=now(),
    )  # fmt: skip
    answers: list[Paid | None] = [None, said]
    monkeypatch.setattr(type(world.wechat()), "query", lambda _self, _code: answers.pop(0))
    assert [jobs.ask_providers(), jobs.ask_providers(), jobs.ask_providers()] == [0, 1, 0]
    assert queries.find_order(code).state is OrderState.PAID
    assert answers == []


def test_check_finds_an_order_that_says_more_than_the_books(cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    order = world.open_order(cast, claim)
    with transaction():
        paid = world.simulator().parse(*world.simulator_call(order))
        assert paid is not None
        services.take_paid(world.simulator(), paid)
    assert checks.find_unbooked() == []
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET received_quantity = 49999, quantity = 50000")
    db.session.rollback()
    assert len(checks.find_unbooked()) == 1


def test_the_database_keeps_what_an_order_is_about(cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 50_000)
    order = world.open_order(cast, claim)
    with transaction():
        paid = world.simulator().parse(*world.simulator_call(order))
        assert paid is not None
        services.take_paid(world.simulator(), paid)
    attacks = [
        "UPDATE payment_orders SET amount_fen = 1", "UPDATE payment_orders SET claim_id = claim_id + 1",
        "UPDATE payment_orders SET gateway = 'wechat'", "UPDATE payment_orders SET reference = 'OTHER'",
        "UPDATE payment_orders SET booked_fen = 0", "UPDATE payment_orders SET paid_at = NULL",
        "UPDATE payment_orders SET state = 'open'", "UPDATE payment_orders SET state = 'nowhere'",
        "DELETE FROM payment_orders",
        "INSERT INTO payment_orders (code, gateway, claim_id, donor_id, lane_version_id, amount_fen, currency, state, "
        "pay_url, created_at, expires_at, booked_fen, settlement) SELECT 'ZF2', gateway, claim_id, donor_id, "
        "lane_version_id, amount_fen, currency, 'paid', '', created_at, expires_at, 0, '' FROM payment_orders",
    ]  # fmt: skip
    if db.engine.dialect.name == "sqlite":
        attacks.append("INSERT OR REPLACE INTO payment_orders SELECT * FROM payment_orders")
    else:
        attacks.append("TRUNCATE payment_orders")
    for attack in attacks:
        with pytest.raises(DatabaseError), db.engine.begin() as connection:
            connection.exec_driver_sql(attack)
    db.session.rollback()
    assert queries.find_order(order.code).state is OrderState.PAID


def held(cast: Cast, client: FlaskClient) -> PaymentOrder:
    """An order under whose number a treasurer has recorded more than came."""
    claim = deliveries.promise(cast, 0, 50_000)
    code = world.open_order(cast, claim, amount_fen=20_000).code
    deliveries.record(cast.treasurer, claim.payment_code, 50_000, bank_reference=f"SIM{code}")
    headers, body = world.simulator_call(queries.find_order(code))
    assert client.post("/payments/simulator/notify", headers=headers, data=body).status_code == 200
    order = queries.find_order(code)
    assert order.state is OrderState.HELD
    return order


def test_donor_reads_that_nothing_is_lost(client: FlaskClient, cast: Cast) -> None:
    order = held(cast, client)
    sign_in(client, cast.donor)
    page = client.get(f"/en/payments/{order.code}").text
    assert "Nothing is lost" in page
    assert "Waits for payment" not in page


def test_treasurer_settles_what_was_held(client: FlaskClient, cast: Cast) -> None:
    code = held(cast, client).code
    sign_in(client, cast.treasurer)
    assert f"/en/treasury/orders/{code}/settle" in client.get("/en/desk").text
    assert code in client.get("/en/treasury/orders?state=held").text
    assert code not in client.get("/en/treasury/orders?state=paid").text
    url = f"/en/treasury/orders/{code}/settle"
    wrong = client.post(url, data={"once": "the first key", "note": "在账"})
    assert (wrong.status_code, 'value="在账"' in wrong.text) == (422, True)
    assert client.post(url, data={"once": "the second key", "note": "在对账单第3行，待捐赠人选择"}).status_code == 303
    assert queries.find_order(code).state is OrderState.SETTLED
    assert client.post(url, data={"once": "the third key", "note": "在对账单第4行"}).status_code == 303
    assert "第3行" in queries.find_order(code).settlement
    assert f"/en/treasury/orders/{code}/settle" not in client.get("/en/desk").text


def test_open_order_is_not_settled(client: FlaskClient, cast: Cast) -> None:
    order = world.open_order(cast, deliveries.promise(cast, 0, 50_000))
    sign_in(client, cast.treasurer)
    url = f"/en/treasury/orders/{order.code}/settle"
    assert "There is nothing to settle" in client.get(url).text
    assert client.post(url, data={"once": "the first key", "note": "在对账单第3行"}).status_code == 409


def test_list_without_orders(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.supervisor)
    page = client.get("/en/treasury/orders").text
    assert "No such order" in page
    assert "None within the last 30 days" in page


def test_more_than_outstanding_is_refused_by_the_service(cast: Cast) -> None:
    claim, donor = deliveries.promise(cast, 0, 50_000), cast.donor
    with pytest.raises(RuleBroken) as caught, transaction():
        services.open_order(donor, claim, gateway="simulator", amount_fen=50_001)
    assert caught.value.field == "amount_fen"
