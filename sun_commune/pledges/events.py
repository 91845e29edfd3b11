"""What happens to claims. ``object_code`` is the claim's code; states are ClaimState values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ClaimEvent(Event):
    object_kind: ClassVar[str] = "claim"
    claim_id: int


class ClaimHeld(ClaimEvent): ...


class ClaimPledged(ClaimEvent): ...


class ClaimCancelled(ClaimEvent): ...


class ClaimExpired(ClaimEvent): ...


class ClaimReminded(ClaimEvent): ...


class ClaimFulfilled(ClaimEvent): ...
