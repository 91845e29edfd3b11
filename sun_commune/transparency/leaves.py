"""A leaf: what the log says of one entry, in bytes that never change.

Canonical JSON (RFC 8785) in ASCII, at most 2 KiB, of a closed schema: codes, days and amounts alone. Names and words
stand behind salted commitments, SHA-256(salt of 32 random bytes, value), so that a leaf can stay for ever and says
nothing of a person once the salt is gone. Amounts are fen, times UTC, days Asia/Shanghai.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sun_commune.transparency.tiles import MAX_LEAF_BYTES

VERSION = 1
SALT_BYTES = 32
#: Every leaf has exactly these, as text but for ``v`` and ``amount_fen``; "" where there is nothing to say.
FIELDS = (
    "v", "kind", "uid", "at", "biz_date", "period", "amount_fen", "cur", "debit", "credit", "reverses",
    "payer_c", "memo_c", "doc_c",
)  # fmt: skip


class Commitment(NamedTuple):
    """``digest`` stands in the leaf, ``salt`` and ``value`` open it."""

    digest: str
    salt: bytes
    value: str


def commit(value: str) -> Commitment:
    salt = secrets.token_bytes(SALT_BYTES)
    return Commitment(digest_of(salt, value), salt, value)


def digest_of(salt: bytes, value: str) -> str:
    return hashlib.sha256(salt + value.encode()).hexdigest()


def canonical(value: dict[str, Any]) -> bytes:
    """RFC 8785 for what occurs here: ASCII keys, texts, whole numbers below 2**53. ValueError for anything else."""
    for key, part in value.items():
        if not key.isascii() or not isinstance(part, str | int) or isinstance(part, bool):
            raise ValueError(f"{key} has no canonical form here")
        if isinstance(part, int) and abs(part) >= 2**53:
            raise ValueError(f"{key} is too large for canonical JSON")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def make_leaf(**said: Any) -> bytes:
    """The bytes. ValueError for a field too many or too few, for anything not ASCII, and for more than 2 KiB."""
    leaf = {"v": VERSION, **said}
    if leaf.keys() != set(FIELDS):
        raise ValueError(f"a leaf has the fields {', '.join(FIELDS)}")
    data = canonical(leaf)
    if not data.isascii() or len(data) > MAX_LEAF_BYTES:
        raise ValueError("a leaf is ASCII and at most 2 KiB")
    return data


def moment_words(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
