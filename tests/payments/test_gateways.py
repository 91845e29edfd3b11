"""What the libraries do offline: orders signed, answers believed only with the provider's signature; keys of files."""

from __future__ import annotations

import base64
import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import wechatpayv3.core
from alipay import AliPay
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from flask import Flask

from sun_commune.config import BadSetting, load_settings
from sun_commune.core.clock import now
from sun_commune.payments.gateways import make_gateways
from sun_commune.payments.gateways.base import GatewayFailed, OrderSlip
from tests.payments import world


def slip(amount_fen: int = 12_345) -> OrderSlip:
    return OrderSlip(
        code="ZFTEST000001", amount_fen=amount_fen, currency="CNY", expires_at=now() + timedelta(minutes=30),
        notify_url="https://sun.example/payments/x/notify", return_url="https://sun.example/en/payments/Z?back=1",
    )  # fmt: skip


class Wire:
    """Stands where the network would: keeps what is sent, answers what it is told, signed by ``signer``."""

    def __init__(self, status: int, said: Any, signer: str = "wechat") -> None:
        self.status, self.text, self.signer = status, json.dumps(said), signer
        self.sent: dict[str, Any] = {}

    def __call__(self, **request: Any) -> Any:
        self.sent = request
        headers = {**world.wechat_headers(self.text, signer=self.signer), "Content-Type": "application/json"}
        return type("Answer", (), {"status_code": self.status, "text": self.text, "headers": headers})()


def verify_merchant_signature(sent: dict[str, Any]) -> None:
    """The request carries the merchant's signature of what is sent."""
    said = dict(re.findall(r'(\w+)="([^"]*)"', sent["headers"]["Authorization"]))
    body = json.dumps(sent["json"])
    path = urlsplit(sent["url"]).path
    text = f"POST\n{path}\n{said['timestamp']}\n{said['nonce_str']}\n{body}\n"
    key: Any = serialization.load_pem_public_key(world.pair("merchant").public.encode())
    key.verify(base64.b64decode(said["signature"]), text.encode(), PKCS1v15(), hashes.SHA256())
    assert (said["mchid"], said["serial_no"]) == (world.MERCHANT, world.CERT_SERIAL)


def test_wechat_order_is_signed_and_its_answer_believed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(200, {"code_url": "weixin://wxpay/bizpayurl?pr=abc"})
    monkeypatch.setattr(wechatpayv3.core.requests, "post", wire)
    assert world.wechat().create(slip()) == "weixin://wxpay/bizpayurl?pr=abc"
    said = wire.sent["json"]
    assert (said["out_trade_no"], said["amount"]) == ("ZFTEST000001", {"total": 12_345, "currency": "CNY"})
    assert (said["appid"], said["mchid"]) == (world.APP_ID, world.MERCHANT)
    assert said["notify_url"] == "https://sun.example/payments/x/notify"
    assert said["time_expire"].endswith("+08:00")
    assert set(said) == {"appid", "mchid", "out_trade_no", "amount", "notify_url", "time_expire", "description"}
    verify_merchant_signature(wire.sent)


@pytest.mark.parametrize(
    "wire",
    [
        Wire(200, {"code_url": "weixin://wxpay/1"}, signer="thief"),
        Wire(200, {"code_url": "https://evil.example/"}),
        Wire(200, {}),
        Wire(200, []),
        Wire(403, {"code": "NO_AUTH"}),
    ],
    ids=["signed by another", "another address", "no address", "no object", "refused"],
)
def test_wechat_answers_that_are_no_order(app: Flask, monkeypatch: pytest.MonkeyPatch, wire: Wire) -> None:
    monkeypatch.setattr(wechatpayv3.core.requests, "post", wire)
    with pytest.raises(GatewayFailed) as failed:
        world.wechat().create(slip())
    assert "PRIVATE" not in str(failed.value)
    assert world.API_KEY not in str(failed.value)


def test_wechat_is_asked_about_an_order(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "appid": world.APP_ID, "mchid": world.MERCHANT, "out_trade_no": "ZFTEST000001", "transaction_id": "4200",
        "trade_state": "SUCCESS", "success_time": "2026-12-01T10:00:00+08:00",
        "amount": {"total": 12_345, "currency": "CNY"},
    }  # fmt: skip
    for status, answer, reference in (
        (200, said, "4200"), (200, {**said, "trade_state": "NOTPAY"}, None), (404, {"code": "ORDER_NOT_EXIST"}, None)
    ):  # fmt: skip
        monkeypatch.setattr(wechatpayv3.core.requests, "get", Wire(status, answer))
        paid = world.wechat().query("ZFTEST000001")
        assert (paid.reference if paid else None) == reference
    for wire in (Wire(500, {}), Wire(200, said, signer="thief"), Wire(200, {})):
        monkeypatch.setattr(wechatpayv3.core.requests, "get", wire)
        with pytest.raises(GatewayFailed):
            world.wechat().query("ZFTEST000001")


def test_alipay_page_is_signed_with_the_app_key(app: Flask) -> None:
    address = world.alipay().create(slip())
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("https", "openapi.alipay.com")
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    signature = said.pop("sign")
    client = AliPay(
        appid=world.ALIPAY_APP, app_private_key_string=world.pair("app").private,
        alipay_public_key_string=world.pair("app").public,
    )  # fmt: skip
    assert client._verify("&".join(f"{name}={value}" for name, value in sorted(said.items())), signature)
    content = json.loads(said["biz_content"])
    assert (content["out_trade_no"], content["total_amount"]) == ("ZFTEST000001", "123.45")
    assert said["notify_url"] == "https://sun.example/payments/x/notify"
    # In Beijing time, whatever the machine's zone is.
    assert abs(int(said["timestamp"][11:13]) - (now().hour + 8) % 24) % 23 <= 1


def test_alipay_is_asked_about_an_order(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {
        "code": "10000", "trade_no": "2026", "out_trade_no": "ZFTEST000001", "total_amount": "123.45",
        "trade_status": "TRADE_SUCCESS", "send_pay_date": "2026-12-01 10:00:00",
    }  # fmt: skip
    gateway = world.alipay()
    for answer, reference in (
        (said, "2026"), ({**said, "trade_status": "WAIT_BUYER_PAY"}, None),
        ({"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}, None),
    ):  # fmt: skip
        monkeypatch.setattr(AliPay, "api_alipay_trade_query", lambda _self, answer=answer, **_order: answer)
        paid = gateway.query("ZFTEST000001")
        assert (paid.reference if paid else None) == reference

    def fails(_self: Any, **_order: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr(AliPay, "api_alipay_trade_query", fails)
    with pytest.raises(GatewayFailed):
        gateway.query("ZFTEST000001")


WECHAT = {
    "SUN_GATEWAYS": "wechat", "SUN_WECHAT_APP_ID": world.APP_ID, "SUN_WECHAT_MERCHANT_ID": world.MERCHANT,
    "SUN_WECHAT_CERT_SERIAL": world.CERT_SERIAL, "SUN_WECHAT_PUBLIC_KEY_ID": world.PUBLIC_KEY_ID,
}  # fmt: skip
ALIPAY = {
    "SUN_GATEWAYS": "alipay", "SUN_ALIPAY_APP_ID": world.ALIPAY_APP, "SUN_ALIPAY_SELLER_ID": world.SELLER
}  # fmt: skip
FILES = {
    "wechat": {
        "merchant_key.pem": world.pair("merchant").private, "public_key.pem": world.pair("wechat").public,
        "api_v3.key": world.API_KEY,
    },
    "alipay": {"app_key.pem": world.pair("app").private, "public_key.pem": world.pair("alipay").public},
}  # fmt: skip


def write_keys(folder: Path) -> None:
    for gateway, files in FILES.items():
        (folder / "keys" / gateway).mkdir(parents=True)
        for name, text in files.items():
            (folder / "keys" / gateway / name).write_text(text + "\n")


@pytest.mark.parametrize("settings", [WECHAT, ALIPAY], ids=["wechat", "alipay"])
def test_keys_come_from_files_of_the_instance(tmp_path: Path, settings: dict[str, str]) -> None:
    write_keys(tmp_path)
    made = make_gateways(load_settings({**settings, "SUN_INSTANCE_PATH": str(tmp_path)}))
    assert list(made) == [settings["SUN_GATEWAYS"]]


@pytest.mark.parametrize(("gateway", "file"), [(gateway, file) for gateway, files in FILES.items() for file in files])
def test_missing_key_stops_the_start_with_a_sentence(tmp_path: Path, gateway: str, file: str) -> None:
    write_keys(tmp_path)
    (tmp_path / "keys" / gateway / file).unlink()
    settings = load_settings({**WECHAT, **ALIPAY, "SUN_GATEWAYS": gateway, "SUN_INSTANCE_PATH": str(tmp_path)})
    with pytest.raises(BadSetting, match=f"keys/{gateway}/{file}"):
        make_gateways(settings)


@pytest.mark.parametrize(("gateway", "module"), [("wechat", "wechatpayv3"), ("alipay", "alipay")])
def test_library_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gateway: str, module: str
) -> None:
    write_keys(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    settings = load_settings({**WECHAT, **ALIPAY, "SUN_GATEWAYS": gateway, "SUN_INSTANCE_PATH": str(tmp_path)})
    with pytest.raises(BadSetting, match=r"is not installed: pip install -r requirements-gateways\.txt"):
        make_gateways(settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SUN_GATEWAYS": "paypal"}, "may name simulator, wechat, alipay"),
        ({"SUN_GATEWAYS": "wechat"}, "SUN_WECHAT_APP_ID must be given"),
        ({**WECHAT, "SUN_WECHAT_PUBLIC_KEY_ID": ""}, "SUN_WECHAT_PUBLIC_KEY_ID must be given"),
        ({"SUN_GATEWAYS": "alipay", "SUN_ALIPAY_APP_ID": "1"}, "SUN_ALIPAY_SELLER_ID must be given"),
        ({"SUN_GATEWAYS": "simulator"}, "it is for the demo"),
    ],
)
def test_settings_that_cannot_work(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(words)):
        load_settings({**settings, "SUN_INSTANCE_PATH": str(tmp_path)})


def test_simulator_is_for_the_demo_unless_it_is_allowed(tmp_path: Path) -> None:
    base = {"SUN_INSTANCE_PATH": str(tmp_path)}
    assert list(make_gateways(load_settings({**base, "SUN_DEMO": "1"}))) == ["simulator"]
    assert make_gateways(load_settings(base)) == {}
    allowed = {**base, "SUN_GATEWAYS": "simulator", "SUN_ALLOW_SIMULATOR": "1"}
    assert list(make_gateways(load_settings(allowed))) == ["simulator"]
