"""The books as plain-text accounting: one writer, two spellings (beancount 3, hledger 1).

An account keeps its name: what lies in the bank and what was handed out in advance are assets, the purses that it
belongs to are equity, money that nobody has matched is a liability. Goods have accounts and a commodity of their own,
so no program adds them to money. Each file ends with the balances that our own books say; whoever loads it computes
them anew from the entries, and the loader complains if they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sun_commune.core.money import yuan_plain
from sun_commune.ledger.entries import Entry
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


def account_name(key: str) -> str:
    """``fund:XQ-2026-00042`` -> ``Equity:Fund:XQ-2026-00042``."""
    kind, _, need_code = key.partition(":")
    return f"{NAMES[kind]}:{need_code}" if need_code else NAMES[kind]


def one_line(text: str) -> str:
    """Without what would end a string, a line or a field in either spelling."""
    return " ".join(text.replace('"', "'").replace("\\", "/").replace("|", "/").replace(";", ",").split())


@dataclass(frozen=True)
class Spelling:
    head: Callable[[date, list[Balance]], str]
    entry: Callable[[Entry], str]
    foot: Callable[[date, list[Balance]], str]


def commodity(entry: Entry) -> str:
    return GOODS if entry.debit_key.startswith("goods") else "CNY"


def narration(entry: Entry) -> str:
    """In English and in codes, whatever the reader's language: programs read it."""
    parts = [f"{entry.kind.value}{' reversed' if entry.is_reversal else ''}", entry.need_code, entry.item]
    if entry.quantity is not None:
        parts.append(f"{entry.quantity} {entry.unit}")
    return one_line(" ".join(part for part in parts if part))


def _bean_head(first: date, balances: list[Balance]) -> str:
    opened = "".join(f"{first} open {account_name(one.key)} {one.commodity}\n" for one in balances)
    return f'option "title" "Sun Commune"\noption "operating_currency" "CNY"\n\n{opened}\n'


def _bean_entry(entry: Entry) -> str:
    amount, unit = yuan_plain(entry.amount_fen), commodity(entry)
    return (
        f'{entry.business_on} * "{one_line(entry.donor_shown)}" "{narration(entry)}"\n'
        f'  uid: "{entry.uid}"\n'
        f"  {account_name(entry.debit_key)}  {amount} {unit}\n"
        f"  {account_name(entry.credit_key)}  -{amount} {unit}\n\n"
    )


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


def _journal_entry(entry: Entry) -> str:
    amount, unit = yuan_plain(entry.amount_fen), _quoted(commodity(entry))
    payee = one_line(entry.donor_shown)
    said = f"{payee} | {narration(entry)}" if payee else narration(entry)
    return (
        f"{entry.business_on} * ({entry.uid}) {said}\n"
        f"    {account_name(entry.debit_key)}  {amount} {unit}\n"
        f"    {account_name(entry.credit_key)}  -{amount} {unit}\n\n"
    )


def _journal_foot(after: date, balances: list[Balance]) -> str:
    if not balances:
        return ""
    lines = "".join(
        f"    {account_name(one.key)}  0 {_quoted(one.commodity)} = {yuan_plain(one.fen)} {_quoted(one.commodity)}\n"
        for one in balances
    )
    return f"{after} * balances as the books say them\n{lines}"


BEANCOUNT = Spelling(_bean_head, _bean_entry, _bean_foot)
HLEDGER = Spelling(_journal_head, _journal_entry, _journal_foot)


def write(
    spelling: Spelling, entries: Iterable[Entry], balances: list[Balance], days: tuple[date, date]
) -> Iterator[str]:
    """The file piece by piece. ``balances`` are of exactly these entries, ``days`` their first and last day."""
    first, last = days
    yield spelling.head(first, balances)
    for entry in entries:
        yield spelling.entry(entry)
    yield spelling.foot(last + timedelta(days=1), balances)
