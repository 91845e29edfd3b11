"""Names and numbers of payees in the form in which they are compared: the same shop written twice is one shop."""

from __future__ import annotations

import re
import unicodedata

#: Endings that say what kind of company it is, not which one; the longest first.
SUFFIXES = (
    "股份有限责任公司", "有限责任公司", "股份有限公司", "有限公司", "股份公司", "集团公司", "分公司", "公司",
    "coltd", "limited", "ltd", "inc", "llc",
)  # fmt: skip
SHORTEST = 2


def payee_key(name: str) -> str:
    """Without width, case, spaces, punctuation and what kind of company it is; at most 120 characters.

    ``黄溪 五金（有限公司）`` and ``黄溪五金有限责任公司`` are one; a name that is nothing but such an ending stays.
    """
    key = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())
    for suffix in SUFFIXES:
        if key.endswith(suffix) and len(key) - len(suffix) >= SHORTEST:
            key = key[: -len(suffix)]
            break
    return key[:120]


def number_key(text: str) -> str:
    """A phone, credit code or invoice number in capitals and digits alone; a Chinese phone without its country."""
    key = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper())
    return key[2:] if re.fullmatch(r"86[0-9]{11}", key) else key[:40]
