"""Codes of an authenticator app, TOTP (RFC 6238): six digits, SHA-1, 30 seconds - what every such app can do."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from typing import Any

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from sun_commune.core.codes import ALPHABET
from sun_commune.core.text import clean_line, to_half_width

SECRET_BYTES = 20
DIGITS = 6
STEP_SECONDS = 30
#: A phone's clock may be one step off, or the person slow.
NEARBY_STEPS = (0, -1, 1)
RECOVERY_CODES = 10
RECOVERY_GROUPS, GROUP_LENGTH = 3, 4  # 29 ** 12: 58 bits


def new_secret() -> str:
    """Base32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP_SECONDS


def code_of(secret: str, step: int) -> str:
    return _totp(secret).generate(step * STEP_SECONDS).decode()


def find_step(secret: str, code: str, moment: datetime) -> int | None:
    """The step whose code this is, now or close to it; None if it is wrong."""
    now_step = step_of(moment)
    right = [near for near in NEARBY_STEPS if hmac.compare_digest(code_of(secret, now_step + near), code)]
    return now_step + right[0] if right else None


def is_app_code(code: str) -> bool:
    return len(code) == DIGITS and code.isdigit()


def clean_code(text: str | None) -> str:
    """``１２３ 456`` -> ``123456``, ``k7qm-2ztp-9xwa`` -> ``K7QM2ZTP9XWA``; what cannot be a code becomes empty."""
    code = "".join(char for char in clean_line(to_half_width(text or "")[:60]) if char not in " -").upper()
    return code if code.isascii() and code.isalnum() else ""


def app_address(secret: str, *, issuer: str, account: str) -> str:
    """``otpauth://…``, what the picture says."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def picture_of(address: str) -> Any:
    """A QR code as a ``data:`` address, black on white in any colour scheme."""
    return segno.make_qr(address, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")


def new_recovery_codes() -> list[str]:
    """``K7QM-2ZTP-9XWA``, ten of them."""
    return ["-".join(_group() for _ in range(RECOVERY_GROUPS)) for _ in range(RECOVERY_CODES)]


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH))


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - HMAC, as the apps have it
