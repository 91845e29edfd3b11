"""The one table of a need's states, for code, tests and docs/states.md (a test compares).

A need moves by an act (somebody does it) or by progress (its lines' claimed and delivered quantities say so).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class NeedState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHED = "published"
    PARTLY_CLAIMED = "partly_claimed"
    CLAIMED = "claimed"
    PARTLY_FULFILLED = "partly_fulfilled"
    FULFILLED = "fulfilled"
    CLOSED = "closed"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


S = NeedState

#: Derived from the lines while a need is out in the open.
IN_PROGRESS = frozenset({S.PUBLISHED, S.PARTLY_CLAIMED, S.CLAIMED, S.PARTLY_FULFILLED, S.FULFILLED})
#: Shown to the public (an expired or closed need stays as a record; a paused or withdrawn one does not).
PUBLIC = IN_PROGRESS | {S.CLOSED, S.EXPIRED}
#: Its author may change it.
EDITABLE = frozenset({S.DRAFT, S.RETURNED})


class NeedAct(StrEnum):
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    PUBLISH = "publish"
    PROGRESS = "progress"
    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    CLOSE = "close"


class Side(StrEnum):
    """Who does an act."""

    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"
    SYSTEM = "system"


class SystemReason(StrEnum):
    """Why the system moved a need: stored as the reason, shown as the reader's words."""

    CONSENT_OVER = "consent_over"
    ERASED = "erased"


@dataclass(frozen=True)
class Move:
    """``act`` by ``side`` takes a need from any of ``sources`` to ``target`` (None: what the lines say)."""

    act: NeedAct
    side: Side
    sources: frozenset[NeedState]
    target: NeedState | None
    needs_reason: bool = False


def _move(act: NeedAct, side: Side, sources: set[NeedState] | frozenset[NeedState], target: NeedState | None,
          *, needs_reason: bool = False) -> Move:  # fmt: skip
    return Move(act, side, frozenset(sources), target, needs_reason)


MOVES: tuple[Move, ...] = (
    _move(NeedAct.SUBMIT, Side.VILLAGE, EDITABLE, S.SUBMITTED),
    _move(NeedAct.RETURN, Side.TOWNSHIP, {S.SUBMITTED}, S.RETURNED, needs_reason=True),
    _move(NeedAct.APPROVE, Side.TOWNSHIP, {S.SUBMITTED}, S.APPROVED),
    _move(NeedAct.RETURN, Side.COUNTY, {S.APPROVED}, S.RETURNED, needs_reason=True),
    _move(NeedAct.PUBLISH, Side.COUNTY, {S.APPROVED}, S.PUBLISHED),
    _move(NeedAct.PROGRESS, Side.SYSTEM, IN_PROGRESS, None),
    _move(NeedAct.PAUSE, Side.COUNTY, IN_PROGRESS, S.PAUSED, needs_reason=True),
    _move(NeedAct.PAUSE, Side.SYSTEM, IN_PROGRESS | {S.CLOSED, S.EXPIRED}, S.PAUSED, needs_reason=True),
    _move(NeedAct.RESUME, Side.COUNTY, {S.PAUSED}, None),
    _move(NeedAct.WITHDRAW, Side.VILLAGE, {S.DRAFT, S.SUBMITTED, S.RETURNED, S.APPROVED, S.PUBLISHED}, S.WITHDRAWN,
          needs_reason=True),
    _move(NeedAct.WITHDRAW, Side.COUNTY, IN_PROGRESS | {S.PAUSED}, S.WITHDRAWN, needs_reason=True),
    _move(NeedAct.WITHDRAW, Side.SYSTEM, {S.DRAFT, S.SUBMITTED, S.RETURNED, S.APPROVED, S.PUBLISHED, S.PARTLY_CLAIMED,
                                          S.CLAIMED, S.PARTLY_FULFILLED, S.PAUSED}, S.WITHDRAWN, needs_reason=True),
    _move(NeedAct.EXPIRE, Side.SYSTEM, {S.PUBLISHED, S.PARTLY_CLAIMED, S.CLAIMED, S.PARTLY_FULFILLED}, S.EXPIRED),
    _move(NeedAct.CLOSE, Side.COUNTY, {S.FULFILLED, S.PARTLY_FULFILLED, S.EXPIRED}, S.CLOSED, needs_reason=True),
    _move(NeedAct.CLOSE, Side.SYSTEM, {S.FULFILLED, S.EXPIRED}, S.CLOSED, needs_reason=True),
)  # fmt: skip

REASON_LENGTH = (5, 100)


def find_move(act: NeedAct, side: Side, source: NeedState) -> Move | None:
    """The move that lets ``side`` do ``act`` on a need in ``source``; None if it may not."""
    for move in MOVES:
        if move.act is act and move.side is side and source in move.sources:
            return move
    return None


def progress_state(quantities: Iterable[tuple[int, int, int]]) -> NeedState:
    """State of a need in the open, from its lines' (asked, claimed, delivered)."""
    lines = list(quantities)
    if all(delivered == asked for asked, _claimed, delivered in lines):
        return S.FULFILLED
    if any(delivered for _asked, _claimed, delivered in lines):
        return S.PARTLY_FULFILLED
    if all(claimed == asked for asked, claimed, _delivered in lines):
        return S.CLAIMED
    if any(claimed for _asked, claimed, _delivered in lines):
        return S.PARTLY_CLAIMED
    return S.PUBLISHED
