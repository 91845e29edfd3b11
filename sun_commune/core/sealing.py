"""Secrets at rest: AES-256-GCM under the field key, which lies outside the database.

A sealed value is: format byte 1, key id (first byte of the key's SHA-256), 12 bytes nonce, ciphertext with tag.
``context`` says whose value it is, and which; it is authenticated too, so a value copied to another row or column does
not open. The key is SUN_FIELD_KEY; during a change of keys SUN_FIELD_KEY_OLD still opens what it sealed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sun_commune import config

FORMAT = 1
NONCE_BYTES = 12


class Unreadable(RuntimeError):
    """No key at hand opens this value: wrong key, or the value was moved or changed."""


def seal(plain: str, context: str) -> bytes:
    return seal_bytes(plain.encode(), context)


def seal_bytes(plain: bytes, context: str) -> bytes:
    key = _keys()[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain, _authenticated(context))
    return bytes([FORMAT, key_id(key)]) + nonce + sealed


def unseal(sealed: bytes, context: str) -> str:
    """The plain text; Unreadable if no key fits."""
    return unseal_bytes(sealed, context).decode()


def unseal_bytes(sealed: bytes, context: str) -> bytes:
    """The plain bytes; Unreadable if no key fits."""
    if len(sealed) > 2 + NONCE_BYTES and sealed[0] == FORMAT:
        nonce, body = sealed[2 : 2 + NONCE_BYTES], sealed[2 + NONCE_BYTES :]
        for key in _keys():
            if key_id(key) == sealed[1]:
                try:
                    return AESGCM(key).decrypt(nonce, body, _authenticated(context))
                except InvalidTag:
                    continue
    raise Unreadable(f"the value of {context} cannot be opened with the keys at hand")


def is_current(sealed: bytes) -> bool:
    """True if the present key sealed it."""
    return sealed[:2] == bytes([FORMAT, key_id(_keys()[0])])


def key_id(key: bytes) -> int:
    return hashlib.sha256(key).digest()[0]


def _keys() -> list[bytes]:
    settings = config.current()
    return [bytes.fromhex(key) for key in (settings.field_key, settings.field_key_old) if key]


def _authenticated(context: str) -> bytes:
    return f"sun-commune {context}".encode()


#: What lies sealed, besides families' fields and second steps: each seals all of its own anew under the present key
#: and gives back a word for it, how many it changed and how many there are.
Resealer = Callable[[], tuple[str, int, int]]
_resealers: list[Resealer] = []


def bind(resealers: Sequence[Resealer]) -> None:
    """Called once by the switchboard, so that one command turns every key."""
    _resealers[:] = resealers


def resealers() -> Sequence[Resealer]:
    return tuple(_resealers)
