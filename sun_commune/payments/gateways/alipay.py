"""Alipay with the library ``python-alipay-sdk``, public-key mode: signed pages to pay at, call-backs, queries.

The library writes the machine's own local time into a request and wants ``sign`` taken out of a call-back by its
caller; it believes one without ``sign_type``, of any age, and a refund's call-back looks like a payment's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from sun_commune.core.clock import SHANGHAI, local, now
from sun_commune.core.money import MAX_FEN, yuan_plain
from sun_commune.payments.gateways.base import Answer, CallbackRefused, GatewayFailed, OrderSlip, Paid, Refusal

PAGE = "https://openapi.alipay.com/gateway.do"
SIGN_TYPE = "RSA2"
SUBJECT = "爱心捐赠"
PAID_STATES = {"TRADE_SUCCESS", "TRADE_FINISHED"}
#: A call-back with one of these tells of money that went back.
OF_REFUNDS = ("gmt_refund", "refund_fee", "refund_status")
SECONDS_TO_WAIT = 15


class AlipayGateway:
    """``private_key``, ``public_key`` in PEM: the charity's app key, and Alipay's public key."""

    name = "alipay"
    is_link = True

    def __init__(self, *, app_id: str, seller_id: str, private_key: str, public_key: str) -> None:
        from alipay import AliPay  # noqa: PLC0415 - an extra; other gateways work without it
        from alipay.utils import AliPayConfig  # noqa: PLC0415

        self.app_id, self.seller_id = app_id, seller_id
        self._client: Any = AliPay(
            appid=app_id, app_private_key_string=private_key, alipay_public_key_string=public_key,
            sign_type=SIGN_TYPE, config=AliPayConfig(timeout=SECONDS_TO_WAIT),
        )  # fmt: skip

    def create(self, slip: OrderSlip) -> str:
        """Signed here, without asking anybody."""
        signed = self._client.client_api(
            "alipay.trade.wap.pay",
            biz_content={
                "subject": SUBJECT, "out_trade_no": slip.code, "total_amount": yuan_plain(slip.amount_fen),
                "seller_id": self.seller_id, "product_code": "QUICK_WAP_WAY",
                "time_expire": local(slip.expires_at).strftime("%Y-%m-%d %H:%M:%S"),
            },
            return_url=slip.return_url, notify_url=slip.notify_url,
            timestamp=local(now()).strftime("%Y-%m-%d %H:%M:%S"),
        )  # fmt: skip
        return f"{PAGE}?{signed}"

    def parse(self, headers: Mapping[str, str], body: bytes) -> Paid | None:
        said = _fields(body)
        signature, kind = said.pop("sign", ""), said.get("sign_type", "")
        if not signature:
            raise CallbackRefused(Refusal.NO_SIGNATURE)
        if kind != SIGN_TYPE:
            raise CallbackRefused(Refusal.WRONG_SIGNATURE)
        try:
            is_true = self._client.verify(dict(said), signature)
        except Exception as error:  # whatever a stranger's bytes make the library raise
            raise CallbackRefused(Refusal.WRONG_SIGNATURE) from error
        if not is_true:
            raise CallbackRefused(Refusal.WRONG_SIGNATURE)
        if said.get("trade_status") not in PAID_STATES or any(said.get(name) for name in OF_REFUNDS):
            return None
        try:
            return _paid(said, sent_at=_moment(said["notify_time"]), app_id=said["app_id"], seller_id=said["seller_id"])
        except (ValueError, KeyError) as error:
            raise CallbackRefused(Refusal.UNREADABLE) from error

    def query(self, order_code: str) -> Paid | None:
        try:
            said: dict[str, Any] = self._client.api_alipay_trade_query(out_trade_no=order_code)
        except Exception:  # noqa: BLE001 - the network, or an answer that nobody signed
            raise GatewayFailed("Alipay could not be asked") from None
        if said.get("sub_code") == "ACQ.TRADE_NOT_EXIST" or said.get("trade_status") not in PAID_STATES:
            return None
        try:
            # The answer names neither app nor seller: it was asked with our own key.
            paid_at = {"gmt_payment": said["send_pay_date"]}
            return _paid({**said, **paid_at}, sent_at=now(), app_id=self.app_id, seller_id=self.seller_id)
        except (ValueError, KeyError) as error:
            raise GatewayFailed("Alipay's answer is not readable") from error

    def is_ours(self, paid: Paid) -> bool:
        return (paid.merchant_id, paid.app_id) == (self.seller_id, self.app_id)

    def accept(self) -> Answer:
        return Answer(200, "success", "text/plain")

    def refuse(self, status: int, reason: str) -> Answer:
        return Answer(status, "failure", "text/plain")


def _fields(body: bytes) -> dict[str, str]:
    """The form's fields; one that comes twice is refused, for who signs and who reads must mean the same."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=80)
    except ValueError as error:
        raise CallbackRefused(Refusal.UNREADABLE) from error
    said = dict(pairs)
    if len(said) != len(pairs):
        raise CallbackRefused(Refusal.UNREADABLE)
    return said


def _paid(said: Mapping[str, str], *, sent_at: datetime, app_id: str, seller_id: str) -> Paid:
    return Paid(
        order_code=said["out_trade_no"], reference=said["trade_no"], amount_fen=_fen(said["total_amount"]),
        currency="CNY", merchant_id=seller_id, app_id=app_id, paid_at=_moment(said["gmt_payment"]), sent_at=sent_at,
    )  # fmt: skip


def _fen(text: str) -> int:
    """``20.00`` -> 2000; ValueError for anything but yuan with two decimals."""
    found = re.fullmatch(r"([0-9]{1,9})\.([0-9]{2})", text)
    fen = int(found[1]) * 100 + int(found[2]) if found else 0
    if not 1 <= fen <= MAX_FEN:
        raise ValueError("not an amount")
    return fen


def _moment(text: str) -> datetime:
    """Alipay tells Beijing time, without saying so."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
