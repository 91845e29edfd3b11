"""Money: integer fen (1 yuan = 100 fen), CNY only. No float ever touches an amount."""

from __future__ import annotations

import re

from sun_commune.core.text import to_half_width

MAX_FEN = 10**11  # one posting, 1 billion yuan: far above any real one, far below 2**63

_YUAN = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)


def parse_yuan(text: str) -> int | None:
    """Fen of an amount as people type it: ``1,234.5``, ``１２元``, ``¥ 300``; None if it is not an amount.

    Amounts above MAX_FEN and negative ones are None too.
    """
    cleaned = re.sub(r"[\s,，]", "", to_half_width(text)).removeprefix("¥").removeprefix("￥").removesuffix("元")
    match = _YUAN.fullmatch(cleaned)
    if match is None:
        return None
    fen = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    return fen if fen <= MAX_FEN else None


def yuan(fen: int) -> str:
    """``123450`` -> ``1,234.50``; whole yuan lose their zeros: ``120000`` -> ``1,200``."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    whole, rest = divmod(fen, 100)
    return f"{sign}{whole:,}" + (f".{rest:02d}" if rest else "")


def yuan_plain(fen: int) -> str:
    """``123450`` -> ``1234.50``, for files and form fields."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"
