"""Call-backs that are not believed, too old or about something else: they change nothing and are answered so."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.clock import now
from sun_commune.payments import queries
from sun_commune.payments.models import NoticeOutcome, OrderState
from tests.cast import Cast
from tests.payments import world
from tests.payments.world import ACCEPTED, CALLS, PROVIDERS, arrived, call, ordered, state_of

pytestmark = pytest.mark.usefixtures("gateways")


@pytest.mark.parametrize("gateway", PROVIDERS)
@pytest.mark.parametrize("age", [timedelta(days=1), timedelta(minutes=6), timedelta(minutes=-6)])
def test_true_but_old_call_is_refused_and_kept(client: FlaskClient, cast: Cast, gateway: str, age: timedelta) -> None:
    """The libraries accept a correctly signed call of yesterday."""
    claim, order = ordered(cast, gateway)
    answer = call(client, gateway, CALLS[gateway](order, sent_at=now() - age))
    assert answer.status_code == 401
    assert answer.get_data(as_text=True) != ACCEPTED[gateway]
    assert (state_of(order.code), arrived(claim)) == (OrderState.OPEN, [])
    (notice,) = queries.list_notices()
    assert (notice.outcome, notice.order_code) == (NoticeOutcome.STALE, order.code)


@pytest.mark.parametrize("gateway", PROVIDERS)
def test_old_call_of_a_paid_order_says_nothing_new(client: FlaskClient, cast: Cast, gateway: str) -> None:
    _claim, order = ordered(cast, gateway)
    made = CALLS[gateway](order)
    call(client, gateway, made)
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        assert call(client, gateway, made).status_code == 401
    assert (state_of(order.code), queries.list_notices()) == (OrderState.PAID, [])


@pytest.mark.parametrize("gateway", ["wechat", "alipay"])
def test_signed_by_somebody_else(client: FlaskClient, cast: Cast, gateway: str) -> None:
    claim, order = ordered(cast, gateway)
    answer = call(client, gateway, CALLS[gateway](order, signer="thief"))
    assert (answer.status_code, state_of(order.code), arrived(claim)) == (401, OrderState.OPEN, [])
    assert queries.list_notices() == []


def _flip(text: str) -> str:
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Wechatpay-Signature", _flip), ("Wechatpay-Signature", lambda _old: "no base64 ?"),
        ("Wechatpay-Signature", lambda _old: ""),
        ("Wechatpay-Timestamp", lambda old: str(int(old) + 1)), ("Wechatpay-Timestamp", lambda _old: "soon"),
        ("Wechatpay-Timestamp", lambda _old: ""), ("Wechatpay-Nonce", _flip), ("Wechatpay-Nonce", lambda _old: ""),
        ("Wechatpay-Serial", _flip), ("Wechatpay-Serial", lambda _old: "FFFF"), ("Wechatpay-Serial", lambda _old: ""),
        ("Wechatpay-Signature-Type", lambda _old: ""), ("Wechatpay-Signature-Type", lambda _old: "NONE"),
    ],
)  # fmt: skip
def test_wechat_headers_tampered_with(
    client: FlaskClient, cast: Cast, header: str, value: Callable[[str], str]
) -> None:
    """A serial number that is not ours must not send the library to the network to look for it."""
    claim, order = ordered(cast, "wechat")
    headers, body = world.wechat_call(order)
    answer = call(client, "wechat", ({**headers, header: value(headers[header])}, body))
    assert (answer.status_code, answer.get_json()["code"]) == (401, "FAIL")
    assert (state_of(order.code), arrived(claim)) == (OrderState.OPEN, [])


def test_wechat_without_signature_type_is_refused_not_an_error(client: FlaskClient, cast: Cast) -> None:
    """The library raises for it."""
    _claim, order = ordered(cast, "wechat")
    headers, body = world.wechat_call(order)
    del headers["Wechatpay-Signature-Type"]
    assert call(client, "wechat", (headers, body)).status_code == 401


def test_wechat_body_tampered_with(client: FlaskClient, cast: Cast) -> None:
    claim, order = ordered(cast, "wechat")
    headers, body = world.wechat_call(order)
    for changed in (body + b" ", body.replace(b"TRANSACTION", b"transaction"), b"", b"\xff\xfe", b"{}"):
        assert call(client, "wechat", (headers, changed)).status_code == 401
    said = json.loads(body)
    said["resource"]["ciphertext"] = _flip(said["resource"]["ciphertext"])
    resigned = json.dumps(said)
    assert call(client, "wechat", (world.wechat_headers(resigned), resigned.encode())).status_code == 401
    assert (state_of(order.code), arrived(claim)) == (OrderState.OPEN, [])


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"resource_type": "encrypt-resource"}', "1"])
def test_wechat_signed_nonsense(client: FlaskClient, cast: Cast, text: str) -> None:
    assert cast.donor.name
    assert call(client, "wechat", (world.wechat_headers(text), text.encode())).status_code == 401


def test_alipay_body_tampered_with(client: FlaskClient, cast: Cast) -> None:
    claim, order = ordered(cast, "alipay")
    headers, body = world.alipay_call(order)
    pairs = parse_qsl(body.decode())
    said = dict(pairs)
    changed = [
        {**said, "total_amount": "0.01"}, {**said, "out_trade_no": "ZFOTHER"}, {**said, "sign": _flip(said["sign"])},
        {**said, "sign": ""}, {**said, "sign": "%%%"}, {**said, "sign_type": "RSA"}, {**said, "sign_type": ""},
        {name: value for name, value in said.items() if name != "sign_type"}, {**said, "extra": "1"},
    ]  # fmt: skip
    bodies = [urlencode(each).encode() for each in changed]
    bodies += [body + b"&total_amount=500.00", b"", b"\xff", b"sign", b"sign=x&sign_type=RSA2"]
    for each in bodies:
        answer = call(client, "alipay", (headers, each))
        assert (answer.status_code, answer.get_data(as_text=True)) == (401, "failure")
    assert (state_of(order.code), arrived(claim)) == (OrderState.OPEN, [])


@pytest.mark.parametrize(
    ("gateway", "said", "outcome"),
    [
        ("wechat", {"amount": {"total": 1, "currency": "CNY"}}, NoticeOutcome.WRONG_AMOUNT),
        ("wechat", {"amount": {"total": 50_001, "currency": "CNY"}}, NoticeOutcome.WRONG_AMOUNT),
        ("wechat", {"amount": {"total": 50_000, "currency": "USD"}}, NoticeOutcome.WRONG_CURRENCY),
        ("wechat", {"mchid": "1900000999"}, NoticeOutcome.WRONG_MERCHANT),
        ("wechat", {"appid": "wxother"}, NoticeOutcome.WRONG_MERCHANT),
        ("wechat", {"out_trade_no": "ZFNOTOURS"}, NoticeOutcome.UNKNOWN_ORDER),
        ("alipay", {"total_amount": "499.99"}, NoticeOutcome.WRONG_AMOUNT),
        ("alipay", {"app_id": "2021000000000999"}, NoticeOutcome.WRONG_MERCHANT),
        ("alipay", {"seller_id": "2088000000000999"}, NoticeOutcome.WRONG_MERCHANT),
        ("alipay", {"out_trade_no": "ZFNOTOURS"}, NoticeOutcome.UNKNOWN_ORDER),
        ("simulator", {"amount_fen": 1}, NoticeOutcome.WRONG_AMOUNT),
        ("simulator", {"currency": "USD"}, NoticeOutcome.WRONG_CURRENCY),
        ("simulator", {"merchant": "OTHER"}, NoticeOutcome.WRONG_MERCHANT),
    ],
)
def test_true_call_that_does_not_fit_is_refused_and_flagged_once(
    client: FlaskClient, cast: Cast, gateway: str, said: dict[str, Any], outcome: NoticeOutcome
) -> None:
    claim, order = ordered(cast, gateway)
    for _ in range(2):
        answer = call(client, gateway, CALLS[gateway](order, **said))
        assert answer.status_code == 409
        assert answer.get_data(as_text=True) != ACCEPTED[gateway]
    assert (state_of(order.code), arrived(claim)) == (OrderState.OPEN, [])
    assert [notice.outcome for notice in queries.list_notices()] == [outcome]
    # The right one that comes afterwards is booked.
    assert call(client, gateway, CALLS[gateway](order)).status_code == 200
    assert state_of(order.code) is OrderState.PAID


@pytest.mark.parametrize("amount", ["500", "500.0", "5e2", "-500.00", "500.001", "0.00", "９.00"])
def test_alipay_amount_that_is_no_amount(client: FlaskClient, cast: Cast, amount: str) -> None:
    _claim, order = ordered(cast, "alipay")
    assert call(client, "alipay", world.alipay_call(order, total_amount=amount)).status_code == 401
    assert state_of(order.code) is OrderState.OPEN


def test_order_of_one_provider_is_not_paid_by_another(client: FlaskClient, cast: Cast) -> None:
    _claim, order = ordered(cast, "wechat")
    assert call(client, "alipay", world.alipay_call(order)).status_code == 409
    assert state_of(order.code) is OrderState.OPEN


def test_gateway_that_is_not_on(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, order = ordered(cast, "alipay")
    del app.extensions["sun_gateways"]["alipay"]
    assert call(client, "alipay", world.alipay_call(order)).status_code == 404
    assert client.post("/payments/paypal/notify").status_code == 404


def test_nothing_secret_is_logged(client: FlaskClient, cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    _claim, order = ordered(cast, "wechat")
    headers, body = world.wechat_call(order)
    with caplog.at_level(logging.DEBUG):
        call(client, "wechat", (headers, body))
        call(client, "wechat", (headers, body + b" "))
        call(client, "wechat", world.wechat_call(order, mchid="1900000999"))
        call(client, "alipay", world.alipay_call(order, signer="thief"))
    told = "\n".join(str({**record.__dict__, "message": record.getMessage()}) for record in caplog.records)
    for secret in (
        world.API_KEY,
        headers["Wechatpay-Signature"],
        order.code,
        "4200001234",
        body.decode()[:60],
        "PRIVATE",
    ):
        assert secret not in told


def test_window_is_a_setting(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, order = ordered(cast, "wechat")
    settings = app.extensions["sun_settings"]
    object.__setattr__(settings, "callback_minutes", 1)
    try:
        late: datetime = now() - timedelta(minutes=2)
        assert call(client, "wechat", world.wechat_call(order, sent_at=late)).status_code == 401
    finally:
        object.__setattr__(settings, "callback_minutes", 5)
