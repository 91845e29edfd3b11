"""The one table of a claim's moves, for code, self-checks, tests and docs/claims.md (a test compares)."""

from __future__ import annotations

from dataclasses import dataclass

from sun_commune.pledges.events import (
    ClaimCancelled,
    ClaimEvent,
    ClaimExpired,
    ClaimFulfilled,
    ClaimHeld,
    ClaimPledged,
    ClaimReleased,
    ClaimReminded,
    ClaimReopened,
    ClaimTakenOver,
    HoldChanged,
)
from sun_commune.pledges.models import ClaimState


@dataclass(frozen=True)
class Move:
    """``event`` takes a claim from ``source`` (None: it begins) to ``target``."""

    source: ClaimState | None
    event: type[ClaimEvent]
    target: ClaimState


S = ClaimState
MOVES: tuple[Move, ...] = (
    Move(None, ClaimHeld, S.HELD),
    Move(None, ClaimTakenOver, S.PLEDGED),
    Move(S.HELD, HoldChanged, S.HELD),
    Move(S.HELD, ClaimPledged, S.PLEDGED),
    Move(S.HELD, ClaimCancelled, S.CANCELLED),
    Move(S.HELD, ClaimExpired, S.EXPIRED),
    Move(S.PLEDGED, ClaimReminded, S.PLEDGED),
    Move(S.PLEDGED, ClaimReleased, S.PLEDGED),
    Move(S.PLEDGED, ClaimFulfilled, S.FULFILLED),
    Move(S.PLEDGED, ClaimCancelled, S.CANCELLED),
    Move(S.PLEDGED, ClaimExpired, S.EXPIRED),
    Move(S.FULFILLED, ClaimReopened, S.PLEDGED),
)


def may_move(source: ClaimState, target: ClaimState) -> bool:
    return any(move.source is source and move.target is target for move in MOVES)
