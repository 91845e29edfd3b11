"""A leaf: what the log says of one entry, in bytes that never change.

Canonical JSON (RFC 8785) in ASCII, at most 2 KiB, of a closed schema: codes, days and amounts alone. Names and words
stand behind salted commitments, SHA-256(salt of 32 random bytes, value), so that a leaf can stay for ever and says
nothing of a person once the salt is gone. Amounts are fen, times UTC, days Asia/Shanghai.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sun_commune.transparency.tiles import MAX_LEAF_BYTES

VERSION = 1
SALT_BYTES = 32
#: Every leaf has exactly these, as text but for ``v`` and ``amount_fen``; "" where there is nothing to say.
FIELDS = (
    "v", "kind", "uid", "at", "biz_date", "period", "amount_fen", "cur", "debit", "credit", "reverses",
    "payer_c", "memo_c", "doc_c",
)  # fmt: skip
#: What the public page of an entry says in words or in codes of other rooms; committed to as one canonical text.
MEMO = (
    "need_code", "county_code", "category", "to_need_code", "to_county_code", "to_category", "claim_code",
    "delivery_code", "voucher_code", "source_code", "item", "quantity", "unit", "value_basis", "reason",
    "giver_kind",
)  # fmt: skip


_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
KEY_FIELDS = ("v", "kind", "at", "key", "state")


class Commitment(NamedTuple):
    """``digest`` stands in the leaf, ``salt`` and ``value`` open it."""

    digest: str
    salt: bytes
    value: str


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def digest_of(salt: bytes, value: str) -> str:
    return hashlib.sha256(salt + value.encode()).hexdigest()


def canonical(value: dict[str, Any]) -> bytes:
    """RFC 8785 for what occurs here: ASCII keys, texts, whole numbers below 2**53. ValueError for anything else."""
    for key, part in value.items():
        if not key.isascii() or not isinstance(part, str | int) or isinstance(part, bool):
            raise ValueError(f"{key} has no canonical form here")
        if isinstance(part, int) and abs(part) >= 2**53:
            raise ValueError(f"{key} is too large for canonical JSON")
    return _ENCODE(value).encode()


def make_leaf(**said: Any) -> bytes:
    """The bytes for an entry. ValueError for a field too many or too few, anything not ASCII, more than 2 KiB."""
    return _bytes_of(said, FIELDS)


def make_key_leaf(*, at: str, key: str, state: str) -> bytes:
    """From this place in the log on the key (a C2SP vkey) ``begins`` to sign it, or it ``ends``."""
    return _bytes_of({"kind": "key", "at": at, "key": key, "state": state}, KEY_FIELDS)


def _bytes_of(said: dict[str, Any], fields: tuple[str, ...]) -> bytes:
    leaf = {"v": VERSION, **said}
    if leaf.keys() != set(fields):
        raise ValueError(f"a leaf has the fields {', '.join(fields)}")
    data = canonical(leaf)
    if not data.isascii() or len(data) > MAX_LEAF_BYTES:
        raise ValueError("a leaf is ASCII and at most 2 KiB")
    return data


def leaf_of_entry(
    entry: Mapping[str, Any], *, debit: str, credit: str, reverses: str, paper_sha256: str,
    salt: Callable[[], bytes] = new_salt,
) -> tuple[bytes, dict[str, Commitment]]:  # fmt: skip
    """The leaf of a ledger entry given by its columns, and what it commits to: payer, memo and paper, where there is
    one. ``debit`` and ``credit`` are account codes, ``reverses`` the uid of the entry that it takes back, or ""."""
    memo = {name: entry[name] for name in MEMO if entry.get(name) not in {None, ""}}
    opened = {"payer": entry["donor_shown"], "memo": canonical(memo).decode(), "doc": paper_sha256}
    commitments = {}
    for field, value in opened.items():
        if value:
            drawn = salt()
            commitments[field] = Commitment(digest_of(drawn, value), drawn, value)
    leaf = make_leaf(
        kind=str(entry["kind"]), uid=entry["uid"], at=moment_words(entry["posted_at"]),
        biz_date=entry["business_on"].isoformat(), period=entry["period"], amount_fen=entry["amount_fen"],
        cur=entry["currency"], debit=debit, credit=credit, reverses=reverses,
        **{f"{field}_c": commitments[field].digest if field in commitments else "" for field in opened},
    )  # fmt: skip
    return leaf, commitments


def leaf_of_closing(*, period: str, ends_on: date, figures: str, moment: datetime) -> tuple[bytes, Commitment]:
    """The leaf of a closed month: no entry, so no accounts; its memo is what the books said then."""
    drawn = new_salt()
    commitment = Commitment(digest_of(drawn, figures), drawn, figures)
    leaf = make_leaf(
        kind="close", uid=period, at=moment_words(moment), biz_date=ends_on.isoformat(), period=period, amount_fen=0,
        cur="CNY", debit="", credit="", reverses="", payer_c="", memo_c=commitment.digest, doc_c="",
    )  # fmt: skip
    return leaf, commitment


def moment_words(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
