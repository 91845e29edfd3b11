"""What happens to claims. ``object_code`` is the claim's code; states are ClaimState values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ClaimEvent(Event):
    object_kind: ClassVar[str] = "claim"
    claim_id: int


class ClaimHeld(ClaimEvent): ...


class HoldChanged(ClaimEvent): ...


class ClaimPledged(ClaimEvent): ...


class ClaimTakenOver(ClaimEvent):
    """Begun with money that the charity holds already: its donor (or the announced default) moved it here."""


class ClaimCancelled(ClaimEvent): ...


class ClaimExpired(ClaimEvent): ...


class ClaimReleased(ClaimEvent):
    """A part was given back; the claim itself may go on."""


@dataclass(frozen=True, kw_only=True)
class ClaimReminded(ClaimEvent):
    """``is_last``: today is the last day; otherwise half of the time is over."""

    due_on: date
    is_last: bool


class ClaimFulfilled(ClaimEvent): ...


class ClaimReopened(ClaimEvent):
    """What had counted as brought was not; it is promised again."""
