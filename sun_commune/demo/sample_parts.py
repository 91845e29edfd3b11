"""What the makers of a sample share: the tables they fill, rows of one batch, codes that look drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sun_commune.audit.models import AuditEntry
from sun_commune.core.codes import ALPHABET, BASE, check_character
from sun_commune.core.db import Base
from sun_commune.deliveries.models import Delivery
from sun_commune.households.models import Consent, Household
from sun_commune.ledger.models import Account, Layer, Transfer
from sun_commune.needs.models import Need, NeedChange, NeedLine
from sun_commune.pledges.models import Claim, ClaimLine
from sun_commune.receipts.models import Receipt
from sun_commune.transparency.models import LogLeaf, LogOpening, LogWaiting

SPREAD = 7_654_321_000_037  # shares no factor with 29, so the spreading is one to one

#: In the order in which rows may be written; all but the last have an ``id``.
NUMBERED: tuple[type[Any], ...] = (
    Household, Consent, Need, NeedLine, NeedChange, Claim, ClaimLine, Delivery, Account, Transfer, Layer, AuditEntry,
    LogLeaf, LogOpening, Receipt,
)  # fmt: skip
TABLES: tuple[type[Any], ...] = (*NUMBERED, LogWaiting)

#: Numbers to be added, by key.
Raised = dict[tuple[str, ...], dict[str, int]]


def spread_code(prefix: str, number: int, length: int = 8) -> str:
    """A code that looks drawn but is the row's number spread over all codes: a million of them never meet.

    One character longer than codes of real rows, so that it meets none of those either.
    """
    rest = number * SPREAD % BASE**length
    characters = []
    for _place in range(length):
        rest, digit = divmod(rest, BASE)
        characters.append(ALPHABET[digit])
    body = "".join(characters)
    return f"{prefix}{body}{check_character(body)}"


@dataclass
class Rows:
    """Rows of one batch by table, with the search documents and counts that go with them."""

    by_table: dict[type[Base], list[dict[str, Any]]] = field(default_factory=lambda: {table: [] for table in TABLES})
    documents: list[dict[str, Any]] = field(default_factory=list)
    cells: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    entry_documents: list[dict[str, Any]] = field(default_factory=list)
    #: What is added to the kept sums, by their keys (ledger.sums).
    sums: Raised = field(default_factory=dict)
    facets: Raised = field(default_factory=dict)
    givers: Raised = field(default_factory=dict)

    def add(self, table: type[Base], **values: Any) -> None:
        self.by_table[table].append(values)


def add_up(raised: Raised, key: tuple[str, ...], **added: int) -> None:
    """Add to the numbers under ``key``."""
    known = raised.setdefault(key, dict.fromkeys(added, 0))
    for name, number in added.items():
        known[name] += number
