"""Cells of bank files: what is wrapped around a value comes off, amounts become fen, days become dates.

A formula is never run here: what looks like one is text like any other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.core.clock import today
from sun_commune.core.money import MAX_FEN
from sun_commune.core.text import clean_line, to_half_width

LONGEST = 500  # characters of a cell that are read
EARLIEST = date(2000, 1, 1)
EXCEL_DAY_ZERO = date(1899, 12, 30)

_WRAPPED = re.compile(r'^="(.*)"$', re.DOTALL)
_EMPTY = frozenset({"", "-", "--", "—", "/", "无", "null", "NULL", "None", "N/A"})
_DAY = re.compile(
    r"((?:19|20|21)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*|\s*\d{1,2}[:时].*)?",
    re.ASCII,
)
_DIGITS = re.compile(r"((?:19|20|21)\d{2})(\d{2})(\d{2})(?:[ T]?\d{2}:?\d{2}(?::?\d{2})?(?:\.\d+)?)?", re.ASCII)
_TURNED = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20|21)\d{2})(?:[ T].*)?", re.ASCII)
_NAMED = re.compile(
    r"(?:(\d{1,2})[- ]([A-Za-z]{3,9})|([A-Za-z]{3,9})\.? (\d{1,2})),?[- ]((?:19|20)\d{2})(?:[ T,].*)?", re.ASCII
)
_SERIAL = re.compile(r"[345]\d{4}(?:\.\d+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"\d+(?:\.\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d*))?|\.(\d+)", re.ASCII)
_CURRENCY = re.compile(r"^(?:CNY|RMB|人民币|¥|￥)|(?:CNY|RMB|人民币|元|圆)$", re.IGNORECASE)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class BadCell(ValueError):
    """This cell cannot be read; ``words`` says why and what to do, for the treasurer."""

    def __init__(self, words: Any) -> None:
        super().__init__(str(words))
        self.words = words


def clean(cell: str) -> str:
    """One line without what programs put around values so that Excel leaves them alone: `x, '123, ="123", tabs."""
    text = clean_line(cell[: LONGEST * 2])
    wrapped = _WRAPPED.match(text)
    if wrapped:
        text = wrapped[1]
    return clean_line(text.lstrip("`'‘’\t "))[:LONGEST]


def is_empty(text: str) -> bool:
    return text in _EMPTY


def read_amount(text: str) -> int:
    """Fen, signed: ``1,234.50``, ``（１２．５）``, ``-3.00``, ``5.00-``, ``+8元``; 0 for an empty cell.

    Raises BadCell for anything else: three decimals, an amount above the limit, letters.
    """
    if is_empty(text):
        return 0
    bare = re.sub(r"[\s,，'’]", "", to_half_width(text)).replace("−", "-").replace("–", "-")
    sign = 1
    if bare.startswith("(") and bare.endswith(")"):
        sign, bare = -1, bare[1:-1]
    bare, turned = _signed(_CURRENCY.sub("", bare))
    bare = _CURRENCY.sub("", bare)
    return sign * turned * _fen(bare, text)


def _signed(bare: str) -> tuple[str, int]:
    if bare[:1] in {"+", "-"}:
        return bare[1:], -1 if bare[0] == "-" else 1
    if bare[-1:] == "-":
        return bare[:-1], -1
    return bare, 1


def _fen(bare: str, shown: str) -> int:
    match = _AMOUNT.fullmatch(bare)
    if match is None:
        raise BadCell(_l("“%(text)s” is no amount. Write it in yuan, like 1234.50.", text=shown[:30]))
    try:
        fen = Decimal(bare) * 100
    except InvalidOperation as error:
        raise BadCell(_l("“%(text)s” is no amount. Write it in yuan, like 1234.50.", text=shown[:30])) from error
    if fen != fen.to_integral_value():
        raise BadCell(_l("“%(text)s” has more than two decimals. An amount ends with fen.", text=shown[:30]))
    if fen > MAX_FEN:
        raise BadCell(_l("“%(text)s” is more than %(most)s yuan.", text=shown[:30], most=f"{MAX_FEN // 100:,}"))
    return int(fen)


def read_day(text: str) -> date:
    """The day of ``2026-11-22 10:20``, ``2026/1/2``, ``20261122``, ``2026年11月22日``, ``22-Nov-2026``, ``22/11/2026``,
    and of Excel's day numbers. Raises BadCell for others, for days before 2000 and for days that have not come."""
    shown = to_half_width(text).strip()
    day = _find_day(shown)
    if day is None:
        raise BadCell(_l("“%(text)s” is no day. Write it like 2026-12-04, the year first.", text=text[:30]))
    if not EARLIEST <= day <= today():
        raise BadCell(
            _l("%(day)s cannot be the day of a movement: it is before 2000 or has not come yet.", day=day.isoformat())
        )
    return day


def _find_day(shown: str) -> date | None:
    for pattern, make in _SPELLINGS:
        match = pattern.fullmatch(shown)
        if match is not None:
            try:
                return make(match)
            except (ValueError, OverflowError):
                return None
    return None


def _year_first(match: re.Match[str]) -> date:
    year, month, day = (int(part) for part in match.groups()[:3])
    return date(year, month, day)


def _named(match: re.Match[str]) -> date:
    number, name = (match[1], match[2]) if match[1] else (match[4], match[3])
    return date(int(match[5]), MONTHS.index(name[:3].lower()) + 1, int(number))


def _serial(match: re.Match[str]) -> date:
    return EXCEL_DAY_ZERO + timedelta(days=int(float(match[0])))


def _unturned(match: re.Match[str]) -> date | None:
    """22/11/2026 or 11/22/2026; 05/06/2026 may be either, so it is neither."""
    first, second, year = (int(part) for part in match.groups())
    if first > 12 >= second:
        return date(year, second, first)
    if second > 12 >= first:
        return date(year, first, second)
    return date(year, first, first) if first == second else None


_SPELLINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], date | None]], ...] = (
    (_DAY, _year_first), (_DIGITS, _year_first), (_TURNED, _unturned), (_NAMED, _named), (_SERIAL, _serial),
)  # fmt: skip


def read_reference(text: str) -> str:
    """The bank's own number, in capitals and half width; "" for none, and for one that Excel has rounded
    (``1.23457E+19``): its last digits are lost, and two movements would look like one."""
    reference = to_half_width(text).upper().replace(" ", "")
    if is_empty(reference) or _SCIENTIFIC.fullmatch(reference) or not re.search(r"[0-9A-Z]", reference):
        return ""
    if set(reference) == {"0"}:
        return ""
    return reference[:64]


def number_cell(value: float) -> str:
    """A number from a spreadsheet as people write it: sums of floats lose their noise, long numbers keep a mark that
    their digits are lost (Excel keeps fifteen)."""
    if not math.isfinite(value):
        return ""
    if abs(value) >= 10**15:
        return f"{value:.5E}"
    text = f"{round(Decimal(repr(value)), 6):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_cell(value: datetime | date) -> str:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
