"""WeChat Pay, API 3, by the library ``wechatpayv3`` in public-key mode: Native orders (a QR code), call-backs, queries.

Around the library stands what it leaves open: it raises for a call-back without ``Wechatpay-Signature-Type`` (anybody
can send one), goes to the network for a serial number that it does not know, and takes a signature of any age.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sun_commune.core.clock import local, now
from sun_commune.payments.gateways.base import Answer, CallbackRefused, GatewayFailed, OrderSlip, Paid, Refusal

HEADERS = (
    "Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature-Type",
)  # fmt: skip
SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
#: What the donor reads at the provider.
DESCRIPTION = "爱心捐赠"
SECONDS_TO_WAIT = (5, 15)


class WechatGateway:
    """``private_key``, ``public_key`` in PEM: the charity's merchant key, and WeChat Pay's public key."""

    name = "wechat"
    is_link = False

    def __init__(
        self, *, app_id: str, merchant_id: str, cert_serial: str, private_key: str, api_key: str, public_key: str,
        public_key_id: str,
    ) -> None:  # fmt: skip
        from wechatpayv3 import WeChatPay, WeChatPayType  # noqa: PLC0415 - an extra; other gateways work without it

        self.app_id, self.merchant_id, self.public_key_id = app_id, merchant_id, public_key_id
        self._client: Any = WeChatPay(
            wechatpay_type=WeChatPayType.NATIVE, mchid=merchant_id, private_key=private_key,
            cert_serial_no=cert_serial, appid=app_id, apiv3_key=api_key, public_key=public_key,
            public_key_id=public_key_id, timeout=SECONDS_TO_WAIT, logger=None,
        )  # fmt: skip

    def create(self, slip: OrderSlip) -> str:
        status, text = self._ask(
            self._client.pay, description=DESCRIPTION, out_trade_no=slip.code, notify_url=slip.notify_url,
            amount={"total": slip.amount_fen, "currency": slip.currency},
            time_expire=local(slip.expires_at).isoformat(timespec="seconds"),
        )  # fmt: skip
        if status != 200:
            raise GatewayFailed(f"WeChat Pay took no order ({status})")
        address = str(_read(text).get("code_url", ""))
        if not address.startswith("weixin://"):
            raise GatewayFailed("WeChat Pay gave no address to pay at")
        return address

    def parse(self, headers: Mapping[str, str], body: bytes) -> Paid | None:
        given = {name: headers.get(name, "") for name in HEADERS}
        if not all(given.values()):
            raise CallbackRefused(Refusal.NO_SIGNATURE)
        if given["Wechatpay-Serial"] != self.public_key_id or given["Wechatpay-Signature-Type"] != SIGNATURE_TYPE:
            raise CallbackRefused(Refusal.WRONG_SIGNATURE)
        try:
            text = self._client.decrypt_callback(given, body)
        except Exception as error:  # whatever a stranger's bytes make the library raise
            raise CallbackRefused(Refusal.WRONG_SIGNATURE) from error
        if not text:
            raise CallbackRefused(Refusal.WRONG_SIGNATURE)
        try:
            event = json.loads(body)
            sent_at = datetime.fromtimestamp(int(given["Wechatpay-Timestamp"]), tz=UTC)
            if event["event_type"] != "TRANSACTION.SUCCESS":
                return None
            return _paid(json.loads(text), sent_at)
        except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
            raise CallbackRefused(Refusal.UNREADABLE) from error

    def query(self, order_code: str) -> Paid | None:
        status, text = self._ask(self._client.query, out_trade_no=order_code)
        if status == 404:
            return None
        if status != 200:
            raise GatewayFailed(f"WeChat Pay does not say ({status})")
        try:
            return _paid(_read(text), now())
        except (ValueError, KeyError, TypeError) as error:
            raise GatewayFailed("WeChat Pay's answer is not readable") from error

    def _ask(self, call: Any, **values: Any) -> tuple[int, str]:
        """The library checks the answer's signature; its exceptions may quote what was sent, so they end here."""
        try:
            status, text = call(**values)
        except Exception:  # noqa: BLE001 - the network, or an answer that nobody signed
            raise GatewayFailed("WeChat Pay could not be asked") from None
        return int(status), str(text)

    def is_ours(self, paid: Paid) -> bool:
        return (paid.merchant_id, paid.app_id) == (self.merchant_id, self.app_id)

    def accept(self) -> Answer:
        return Answer(200, '{"code": "SUCCESS"}', "application/json")

    def refuse(self, status: int, reason: str) -> Answer:
        return Answer(status, json.dumps({"code": "FAIL", "message": reason}), "application/json")


def _read(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise GatewayFailed("WeChat Pay's answer is not readable") from error
    if not isinstance(said, dict):
        raise GatewayFailed("WeChat Pay's answer is not readable")
    return said


def _paid(said: dict[str, Any], sent_at: datetime) -> Paid | None:
    if said["trade_state"] != "SUCCESS":
        return None
    amount = said["amount"]
    if not isinstance(amount["total"], int) or isinstance(amount["total"], bool):
        raise TypeError("an amount that is no whole number")
    return Paid(
        order_code=str(said["out_trade_no"]), reference=str(said["transaction_id"]), amount_fen=amount["total"],
        currency=str(amount.get("currency", "CNY")), merchant_id=str(said["mchid"]), app_id=str(said["appid"]),
        paid_at=datetime.fromisoformat(said["success_time"]).astimezone(UTC), sent_at=sent_at,
    )  # fmt: skip
