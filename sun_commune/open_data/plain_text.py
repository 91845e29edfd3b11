"""The books as plain-text accounting: one writer, two spellings (beancount 3, hledger 1).

An account keeps its name: what lies in the bank and what was handed out in advance are assets, the purses that it
belongs to are equity, money that nobody has matched is a liability. Goods have accounts and a commodity of their own,
so no program adds them to money. Each file ends with the balances that our own books say; whoever loads it computes
them anew from the entries, and the loader complains if they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sun_commune.core.money import yuan_plain
from sun_commune.open_data.balances import Balance

#: What stands before the part of the key that names the need.
NAMES = {
    "bank": "Assets:Bank",
    "advance": "Assets:Advance",
    "suspense": "Liabilities:Suspense",
    "fund": "Equity:Fund",
    "pool": "Equity:Pool",
    "goods-given": "Equity:Goods-Given",
    "goods-handed-over": "Assets:Goods-Handed-Over",
}
#: Goods are counted at their value in yuan, and are no money.
GOODS = "GOODS-CNY"


#: Read of each entry (ledger.streams).
READ = ("business_on", "uid", "donor_shown", "debit_key", "credit_key", "amount_fen", "kind", "reverses_uid",
        "need_code", "item", "quantity", "unit")  # fmt: skip
MOST_KEPT = 50_000  # of what was spelt before


@lru_cache(MOST_KEPT)
def account_name(key: str) -> str:
    """``fund:XQ-2026-00042`` -> ``Equity:Fund:XQ-2026-00042``."""
    kind, _, need_code = key.partition(":")
    return f"{NAMES[kind]}:{need_code}" if need_code else NAMES[kind]


@lru_cache(MOST_KEPT)
def one_line(text: str) -> str:
    """Without what would end a string, a line or a field in either spelling."""
    return " ".join(text.replace('"', "'").replace("\\", "/").replace("|", "/").replace(";", ",").split())


@dataclass(frozen=True)
class Spelling:
    """``entry`` is filled in with day, uid, payee, narration, debited and credited account, amount in yuan, unit."""

    head: Callable[[date, list[Balance]], str]
    entry: str
    payee: Callable[[str], str]
    unit: Callable[[str], str]
    foot: Callable[[date, list[Balance]], str]


@lru_cache(MOST_KEPT)
def narration(*read: Any) -> str:
    """Of kind to unit in READ. In English and in codes, whatever the reader's language: programs read it."""
    kind, reverses_uid, need_code, item, quantity, unit = read
    words = f"{kind} reversed" if reverses_uid else kind
    goods = f"{item} {quantity} {unit}" if quantity is not None else item
    return one_line(f"{words} {need_code} {goods}")


def _bean_head(first: date, balances: list[Balance]) -> str:
    opened = "".join(f"{first} open {account_name(one.key)} {one.commodity}\n" for one in balances)
    return f'option "title" "Sun Commune"\noption "operating_currency" "CNY"\n\n{opened}\n'


_BEAN_ENTRY = '{0} * "{2}" "{3}"\n  uid: "{1}"\n  {4}  {6} {7}\n  {5}  -{6} {7}\n\n'


def _bean_foot(after: date, balances: list[Balance]) -> str:
    """Exact: left to itself beancount takes a balance that is a fen off for the same."""
    return "".join(
        f"{after} balance {account_name(one.key)}  {yuan_plain(one.fen)} ~ 0 {one.commodity}\n" for one in balances
    )


def _quoted(unit: str) -> str:
    """hledger wants quotes around a commodity that is not letters alone."""
    return unit if unit.isalpha() else f'"{unit}"'


def _journal_head(_first: date, balances: list[Balance]) -> str:
    units = sorted({one.commodity for one in balances} | {"CNY"})
    known = "".join(f"commodity 1000.00 {_quoted(unit)}\n" for unit in units)
    return known + "".join(f"account {account_name(one.key)}\n" for one in balances) + "\n"


_JOURNAL_ENTRY = "{0} * ({1}) {2}{3}\n    {4}  {6} {7}\n    {5}  -{6} {7}\n\n"


@lru_cache(MOST_KEPT)
def _journal_payee(donor_shown: str) -> str:
    payee = one_line(donor_shown)
    return payee and f"{payee} | "


def _journal_foot(after: date, balances: list[Balance]) -> str:
    if not balances:
        return ""
    lines = "".join(
        f"    {account_name(one.key)}  0 {_quoted(one.commodity)} = {yuan_plain(one.fen)} {_quoted(one.commodity)}\n"
        for one in balances
    )
    return f"{after} * balances as the books say them\n{lines}"


BEANCOUNT = Spelling(_bean_head, _BEAN_ENTRY, one_line, str, _bean_foot)
HLEDGER = Spelling(_journal_head, _JOURNAL_ENTRY, _journal_payee, _quoted, _journal_foot)


def write(
    spelling: Spelling, found: Iterable[Sequence[Sequence[Any]]], balances: list[Balance], days: tuple[date, date]
) -> Iterator[str]:
    """The file piece by piece. ``found`` are chunks of rows of READ; ``balances`` are of exactly these entries,
    ``days`` their first and last day."""
    first, last = days
    yield spelling.head(first, balances)
    for rows in found:
        yield "".join(_entries(spelling, rows))
    yield spelling.foot(last + timedelta(days=1), balances)


def _entries(spelling: Spelling, rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """By columns, so that hardly anything is done in Python for each entry."""
    days, uids, payees, debits, credits_, amounts, *narrated = zip(*rows, strict=True)
    goods, money = spelling.unit(GOODS), spelling.unit("CNY")
    units = [goods if key.startswith("goods") else money for key in debits]
    return map(
        spelling.entry.format, days, uids, map(spelling.payee, payees), map(narration, *narrated),
        map(account_name, debits), map(account_name, credits_), map(yuan_plain, amounts), units,
    )  # fmt: skip
