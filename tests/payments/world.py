"""Keys that tests make for themselves, gateways with them, and call-backs as the providers write them.

A call-back of WeChat Pay is made by the library's own signing and the AES-GCM that it decrypts; one of Alipay by the
library's own signature, in the hands of a client that holds "Alipay's" private key.
"""

from __future__ import annotations

import json
import secrets
import threading
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from alipay import AliPay
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from wechatpayv3.utils import load_private_key, rsa_sign

from sun_commune.core.clock import local, now
from sun_commune.core.db import db, transaction
from sun_commune.core.money import yuan_plain
from sun_commune.deliveries.models import Delivery
from sun_commune.payments import queries, services
from sun_commune.payments.gateways.alipay import AlipayGateway
from sun_commune.payments.gateways.simulator import Simulator
from sun_commune.payments.gateways.wechat import WechatGateway
from sun_commune.payments.models import OrderState, PaymentOrder
from sun_commune.pledges.models import Claim
from tests.cast import Cast
from tests.deliveries import world as deliveries

APP_ID, MERCHANT, SELLER = "wx0123456789abcdef", "1900000001", "2088000000000001"
API_KEY = "0123456789abcdef0123456789abcdef"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000000010000000000000000000000"
CERT_SERIAL = "444F4864EA9B34415A6FF2D3A1B2C3D4E5F60718"
ALIPAY_APP = "2021000000000001"


@dataclass(frozen=True)
class Pair:
    """An RSA key of 2048 bits, both halves in PEM."""

    private: str
    public: str


@cache
def pair(owner: str) -> Pair:
    """One pair per owner and test run; ``owner`` is only a name."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Pair(private.decode(), public.decode())


@cache
def wechat() -> WechatGateway:
    return WechatGateway(
        app_id=APP_ID, merchant_id=MERCHANT, cert_serial=CERT_SERIAL, private_key=pair("merchant").private,
        api_key=API_KEY, public_key=pair("wechat").public, public_key_id=PUBLIC_KEY_ID,
    )  # fmt: skip


@cache
def alipay() -> AlipayGateway:
    return AlipayGateway(
        app_id=ALIPAY_APP, seller_id=SELLER, private_key=pair("app").private, public_key=pair("alipay").public
    )


def simulator() -> Simulator:
    return Simulator("a secret of the tests")


def open_order(cast: Cast, claim: Claim, gateway: str = "simulator", amount_fen: int = 50_000) -> PaymentOrder:
    donor = cast.donor
    with transaction():
        return services.open_order(donor, claim, gateway=gateway, amount_fen=amount_fen)


def wechat_call(
    order: PaymentOrder, *, sent_at: datetime | None = None, signer: str = "wechat", event: str = "TRANSACTION.SUCCESS",
    **said: Any,
) -> tuple[dict[str, str], bytes]:  # fmt: skip
    """Headers and body of a call-back. ``said`` changes what it says of the payment."""
    transaction_said = {
        "appid": APP_ID, "mchid": MERCHANT, "out_trade_no": order.code,
        "transaction_id": "4200001234202612010000000001",
        "trade_type": "NATIVE", "trade_state": "SUCCESS", "success_time": local(now()).isoformat(timespec="seconds"),
        "amount": {"total": order.amount_fen, "payer_total": order.amount_fen, "currency": "CNY"}, **said,
    }  # fmt: skip
    nonce, associated = secrets.token_hex(6), "transaction"
    sealed = AESGCM(API_KEY.encode()).encrypt(
        nonce.encode(), json.dumps(transaction_said).encode(), associated.encode()
    )
    body = json.dumps(
        {
            "id": secrets.token_hex(16), "create_time": local(now()).isoformat(timespec="seconds"),
            "event_type": event, "resource_type": "encrypt-resource", "summary": "支付成功",
            "resource": {
                "algorithm": "AEAD_AES_256_GCM", "ciphertext": b64encode(sealed).decode(), "nonce": nonce,
                "associated_data": associated, "original_type": "transaction",
            },
        }
    )  # fmt: skip
    return wechat_headers(body, sent_at=sent_at, signer=signer), body.encode()


def wechat_headers(body: str, *, sent_at: datetime | None = None, signer: str = "wechat") -> dict[str, str]:
    stamp = str(int((sent_at or now()).timestamp()))
    nonce = secrets.token_hex(16)
    return {
        "Wechatpay-Signature": rsa_sign(load_private_key(pair(signer).private), f"{stamp}\n{nonce}\n{body}\n"),
        "Wechatpay-Timestamp": stamp, "Wechatpay-Nonce": nonce, "Wechatpay-Serial": PUBLIC_KEY_ID,
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048", "Content-Type": "application/json",
    }  # fmt: skip


def alipay_call(
    order: PaymentOrder, *, sent_at: datetime | None = None, signer: str = "alipay", **said: str
) -> tuple[dict[str, str], bytes]:
    """As wechat_call. A value of "" leaves a field out."""
    at = local(sent_at or now()).strftime("%Y-%m-%d %H:%M:%S")
    fields = {
        "notify_time": at, "notify_type": "trade_status_sync", "notify_id": secrets.token_hex(16), "charset": "utf-8",
        "version": "1.0", "app_id": ALIPAY_APP, "auth_app_id": ALIPAY_APP, "trade_no": "2026120122001400000000000001",
        "out_trade_no": order.code, "seller_id": SELLER, "trade_status": "TRADE_SUCCESS",
        "total_amount": yuan_plain(order.amount_fen) if "." in yuan_plain(order.amount_fen)
        else f"{yuan_plain(order.amount_fen)}.00",
        "gmt_create": at, "gmt_payment": at, "subject": "爱心捐赠", **said,
    }  # fmt: skip
    fields = {name: value for name, value in fields.items() if value}
    client = AliPay(
        appid=ALIPAY_APP, app_private_key_string=pair(signer).private, alipay_public_key_string=pair(signer).public
    )
    message = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    signed = {**fields, "sign_type": "RSA2", "sign": client._sign(message)}
    return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(signed).encode()


def simulator_call(
    order: PaymentOrder, *, sent_at: datetime | None = None, **said: Any
) -> tuple[dict[str, str], bytes]:
    slip = services.slip_of(order, lang="en")
    said = {"reference": f"SIM{order.code}", **said}
    return simulator().pay(slip, **({"sent_at": sent_at.isoformat(), **said} if sent_at else said))


def yesterday() -> datetime:
    return now() - timedelta(days=1)


Call = Callable[..., tuple[dict[str, str], bytes]]
CALLS: dict[str, Call] = {
    "wechat": wechat_call, "alipay": alipay_call, "simulator": simulator_call
}  # fmt: skip
PROVIDERS = list(CALLS)
ACCEPTED = {"wechat": '{"code": "SUCCESS"}', "alipay": "success", "simulator": '{"code": "SUCCESS"}'}


def ordered(cast: Cast, gateway: str, amount_fen: int = 50_000) -> tuple[Claim, PaymentOrder]:
    claim = deliveries.promise(cast, 0, 50_000)
    return claim, open_order(cast, claim, gateway, amount_fen)


def call(client: FlaskClient, gateway: str, made: tuple[dict[str, str], bytes]) -> Any:
    headers, body = made
    return client.post(f"/payments/{gateway}/notify", headers=headers, data=body)


def call_at_once(app: Flask, gateway: str, calls: Sequence[tuple[dict[str, str], bytes]]) -> list[int]:
    """All of them in the same moment, each from its own client; the statuses of the answers."""
    start, statuses = threading.Barrier(len(calls)), list[int]()

    def send(made: tuple[dict[str, str], bytes]) -> None:
        browser = app.test_client()
        start.wait()
        statuses.append(call(browser, gateway, made).status_code)

    threads = [threading.Thread(target=send, args=(made,)) for made in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def state_of(code: str) -> OrderState:
    db.session.rollback()
    return queries.find_order(code).state


def arrived(claim: Claim) -> list[tuple[str | None, int | None]]:
    """(reference, fen) of what counts as arrived for the claim."""
    db.session.rollback()
    lines = [line.id for line in claim.lines]
    rows = select(Delivery.bank_reference, Delivery.accepted_quantity).where(
        Delivery.claim_line_id.in_(lines), Delivery.accepted_quantity.is_not(None)
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]
