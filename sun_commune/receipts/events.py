"""What happens to receipts. ``object_code`` is the receipt's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ReceiptEvent(Event):
    object_kind: ClassVar[str] = "receipt"
    receipt_id: int


class ReceiptIssued(ReceiptEvent):
    """``to_state`` is the naming: ``waived`` writes down that the donor wanted none (Charity Law, art. 38)."""


class ReceiptVoided(ReceiptEvent): ...


class OfficialReceiptRecorded(ReceiptEvent):
    """The fiscal receipt's fields were filled in, or corrected (then with a reason)."""


@dataclass(frozen=True, kw_only=True)
class ReceiptNamingChosen(Event):
    """``object_code`` is the donor's."""

    object_kind: ClassVar[str] = "user"
