"""The gateways that this site has turned on, made once at the start from settings and key files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sun_commune.config import BadSetting, Settings
from sun_commune.payments.gateways.alipay import AlipayGateway
from sun_commune.payments.gateways.base import Gateway
from sun_commune.payments.gateways.simulator import Simulator
from sun_commune.payments.gateways.wechat import WechatGateway

#: Where they are kept among the application's extensions.
EXTENSION = "sun_gateways"


def make_gateways(settings: Settings) -> dict[str, Gateway]:
    """By name, in the order of SUN_GATEWAYS. BadSetting, in one sentence, if a library or a key is missing."""
    return {name: MAKERS[name](settings) for name in settings.gateway_list}


def current_gateways() -> dict[str, Gateway]:
    """Those of the running application (needs an application context)."""
    from flask import current_app  # noqa: PLC0415 - jobs and services know nothing of Flask

    found: dict[str, Gateway] = current_app.extensions[EXTENSION]
    return found


def _simulator(settings: Settings) -> Gateway:
    return Simulator(settings.secret_key)


def _wechat(settings: Settings) -> Gateway:
    try:
        return WechatGateway(
            app_id=settings.wechat_app_id,
            merchant_id=settings.wechat_merchant_id,
            cert_serial=settings.wechat_cert_serial,
            private_key=_key(settings, "wechat", "merchant_key.pem"),
            api_key=_key(settings, "wechat", "api_v3.key"),
            public_key=_key(settings, "wechat", "public_key.pem"),
            public_key_id=settings.wechat_public_key_id,
        )
    except ImportError as error:
        raise _not_installed("wechat", "wechatpayv3") from error


def _alipay(settings: Settings) -> Gateway:
    try:
        return AlipayGateway(
            app_id=settings.alipay_app_id,
            seller_id=settings.alipay_seller_id,
            private_key=_key(settings, "alipay", "app_key.pem"),
            public_key=_key(settings, "alipay", "public_key.pem"),
        )
    except ImportError as error:
        raise _not_installed("alipay", "python-alipay-sdk") from error


def _not_installed(name: str, package: str) -> BadSetting:
    return BadSetting(
        f"SUN_GATEWAYS names {name}, and {package} is not installed: pip install -r requirements-gateways.txt."
    )


def _key(settings: Settings, folder: str, file: str) -> str:
    path = Path(settings.instance_path) / "keys" / folder / file
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"SUN_GATEWAYS names {folder}, and the file keys/{folder}/{file} cannot be read.") from error


MAKERS: Mapping[str, Callable[[Settings], Gateway]] = {"simulator": _simulator, "wechat": _wechat, "alipay": _alipay}
