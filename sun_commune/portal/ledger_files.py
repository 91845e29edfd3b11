"""The columns of the ledger's spreadsheets, in the reader's language: the same in CSV and XLSX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from sun_commune.core.clock import local
from sun_commune.core.exports import Columns, Words, safe_column
from sun_commune.core.labels import label
from sun_commune.core.money import yuan_plain
from sun_commune.ledger.models import Book, TransferKind
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from sun_commune.portal import ledger_words as words

#: What is read of each entry (ledger.entries.Entry).
FIELDS = (
    "uid", "business_on", "posted_at", "kind", "amount_fen", "book", "debit_key", "credit_key", "need_code",
    "county_code", "category", "donor_shown", "item", "quantity", "unit", "value_basis", "claim_code", "delivery_code",
    "voucher_code", "payee_kind", "spending_category", "purpose", "reverses_uid", "reversed_by_uid", "reason",
    "body_sha256", "period", "to_need_code", "to_county_code", "to_category", "giver_kind", "source_code",
)  # fmt: skip


def columns() -> list[tuple[str, str]]:
    """Each column's head, and what of ``Sheet.cells`` stands under it."""
    return [
        (_("Entry"), "uid"), (_("Day"), "business_on"), (_("Posted at (Shanghai time)"), "posted_at"),
        (_("Kind"), "kind"), (_("Amount (yuan)"), "amount"), (_("Counts in the figures as (yuan)"), "counted"),
        (_("Book"), "book"), (_("Debit account"), "debit_key"), (_("Credit account"), "credit_key"),
        (_("Need"), "need_code"), (_("County code"), "county_code"), (_("County"), "county"),
        (_("Category code"), "category_code"), (_("Category"), "category"), (_("Donor"), "donor"), (_("Item"), "item"),
        (_("Quantity"), "quantity"), (_("Unit"), "unit"), (_("Basis of value"), "basis"), (_("Claim"), "claim_code"),
        (_("Delivery"), "delivery_code"), (_("Voucher"), "voucher_code"), (_("Paid to"), "payee"),
        (_("Spent on"), "spent_on"), (_("Purpose"), "purpose"), (_("Reverses"), "reverses_uid"),
        (_("Reversed by"), "reversed_by_uid"), (_("Reason"), "reason"), (_("Fingerprint (SHA-256)"), "body_sha256"),
        (_("Counts in the month"), "period"), (_("Moved to need"), "to_need_code"),
        (_("Moved to county"), "to_county_code"), (_("Moved to category"), "to_category"),
        (_("Kind of giver"), "giver"), (_("Statement line"), "source_code"), (_("Lane"), "lane"),
    ]  # fmt: skip


#: Of ``columns()``: they hold numbers, in XLSX too.
NUMBERS = frozenset({"amount", "counted", "quantity"})
#: Hardly any value of these comes twice.
SINGLE = ("uid", "claim_code", "delivery_code", "voucher_code", "reverses_uid", "reversed_by_uid", "body_sha256",
          "source_code")  # fmt: skip
REPEATED = ("business_on", "debit_key", "credit_key", "need_code", "county_code", "item", "unit", "purpose", "reason",
            "period", "to_need_code", "to_county_code", "to_category")  # fmt: skip


class Sheet:
    """The cells of one file: what is said in words is found out once for each value."""

    def __init__(self) -> None:
        self._plain = Words()
        self._said = {
            "book": Words(lambda value: label(Book(value))), "lane": Words(words.lane_words),
            "county": Words(words.county_words), "category": Words(words.category_words),
            "basis": Words(words.basis_said), "payee": Words(lambda value: value and label(PayeeKind(value))),
            "spent_on": Words(lambda value: value and label(SpendingCategory(value))),
            "giver": Words(lambda value: value and words.giver_words(value)),
            "kind": Words(lambda pair: words.kind_or_reversal(TransferKind(pair[0]), is_reversal=pair[1])),
            "donor": Words(lambda pair: words.giver_shown(TransferKind(pair[0]), pair[1])),
        }  # fmt: skip
        self._hours = Words(_in_shanghai)

    def chunks(self, found: Iterable[Sequence[Sequence[Any]]]) -> Iterator[Columns]:
        names = [name for _head, name in columns()]
        for rows in found:
            cells = self._cells(dict(zip(FIELDS, zip(*rows, strict=True), strict=True)))
            yield [cells[name] for name in names]

    def _cells(self, read: dict[str, Sequence[Any]]) -> dict[str, Iterable[str]]:
        backwards = [uid is not None for uid in read["reverses_uid"]]
        amounts = [yuan_plain(fen) for fen in read["amount_fen"]]
        of = {
            "book": read["book"], "lane": read["book"], "county": read["county_code"], "category": read["category"],
            "basis": read["value_basis"], "payee": read["payee_kind"], "spent_on": read["spending_category"],
            "giver": read["giver_kind"], "kind": zip(read["kind"], backwards, strict=True),
            "donor": zip(read["kind"], read["donor_shown"], strict=True),
        }  # fmt: skip
        return {
            **{name: safe_column(read[name]) for name in SINGLE},
            **{name: self._plain.of(read[name]) for name in REPEATED},
            **{name: self._said[name].of(values) for name, values in of.items()},
            "category_code": self._plain.of(read["category"]),
            "quantity": ["" if number is None else str(number) for number in read["quantity"]],
            "amount": amounts,
            "counted": [f"-{yuan}" if back else yuan for yuan, back in zip(amounts, backwards, strict=True)]
            if any(backwards)
            else amounts,
            "posted_at": [f"{self._hours[moment[:13]]}{moment[13:19]}" for moment in read["posted_at"]],
        }


def _in_shanghai(hour: str) -> str:
    """``2026-11-02 09`` of UTC as the hour of Asia/Shanghai, which is whole hours away and always was since 1901."""
    return local(datetime.fromisoformat(f"{hour}:00+00:00")).replace(tzinfo=None).isoformat(" ", "hours")
