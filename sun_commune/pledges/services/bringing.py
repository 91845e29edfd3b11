"""What deliveries tell of a claim's lines: under way, brought, given back.

Deliveries call these inside their own transaction, with the need locked first, and announce what happened.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from sun_commune.core.clock import now, today
from sun_commune.core.errors import Conflict
from sun_commune.core.events import announce
from sun_commune.needs import stock
from sun_commune.pledges.events import ClaimCancelled, ClaimFulfilled, ClaimReopened
from sun_commune.pledges.models import ClaimState
from sun_commune.pledges.services.ending import settle
from sun_commune.pledges.services.rows import (
    CLAIM_LINES,
    MOVED_ON,
    ClaimRow,
    LineRow,
    change_claim,
    change_line,
    lock_claim_of_line,
)

GRACE_AFTER_UNDO = timedelta(days=7)


def mark_acted(claim_line_id: int) -> None:
    """A delivery of this line is under way (sent, reported, agreed): its date passes without a release.

    Conflict when nothing is promised any more: the release was first.
    """
    _pledge, line = _pledged_line(claim_line_id, 1)
    if line.acted_at is None:
        change_line(line, CLAIM_LINES.c.acted_at.is_(None), acted_at=now())


def mark_idle(claim_line_id: int) -> None:
    """No delivery of this line is under way any more (all brought or called off); the rest may fall due."""
    _claim, line = lock_claim_of_line(claim_line_id)
    if line.acted_at is not None:
        change_line(line, acted_at=None)


def record_line_delivery(claim_line_id: int, quantity: int, actor_id: int | None) -> None:
    """``quantity`` of the line was accepted (money: has arrived). The claim is fulfilled when nothing is left."""
    claim, line = _pledged_line(claim_line_id, quantity)
    change_line(line, delivered=line.delivered + quantity)
    stock.deliver(claim.need.id, {line.need_line_id: quantity})
    left = sum(other.outstanding for other in claim.lines) - quantity
    if left == 0:
        change_claim(claim, state=ClaimState.FULFILLED, ended_at=now())
    stock.refresh_progress(claim.need.id, actor_id=actor_id)
    if left == 0:
        announce(
            ClaimFulfilled(
                actor_id=actor_id,
                object_code=claim.code,
                claim_id=claim.id,
                from_state=claim.state,
                to_state=ClaimState.FULFILLED,
            )
        )


def release_line(claim_line_id: int, quantity: int, actor_id: int | None, reason: str) -> None:
    """Give back a part of a promise (a dispute settled so, a parcel that will not come)."""
    claim, line = _pledged_line(claim_line_id, quantity)
    change_line(line, released=line.released + quantity)
    stock.release(claim.need.id, {line.need_line_id: quantity})
    settle(claim, ClaimCancelled, ClaimState.CANCELLED, actor_id=actor_id, reason=reason[:100])


def undo_line_delivery(claim_line_id: int, quantity: int, actor_id: int | None) -> None:
    """Something counted as brought was not (a payment booked in error): it is promised again, with a week's time."""
    claim, line = lock_claim_of_line(claim_line_id)
    if not 1 <= quantity <= line.delivered or claim.state not in {ClaimState.PLEDGED, ClaimState.FULFILLED}:
        raise Conflict(MOVED_ON)
    change_line(line, delivered=line.delivered - quantity)
    stock.take_back(claim.need.id, {line.need_line_id: quantity})
    due_on = max(claim.due_on or today(), today() + GRACE_AFTER_UNDO)
    change_claim(claim, state=ClaimState.PLEDGED, ended_at=None, end_reason="", due_on=due_on)
    stock.refresh_progress(claim.need.id, actor_id=actor_id)
    if claim.state is ClaimState.FULFILLED:
        announce(
            ClaimReopened(
                actor_id=actor_id,
                object_code=claim.code,
                claim_id=claim.id,
                from_state=ClaimState.FULFILLED,
                to_state=ClaimState.PLEDGED,
            )
        )


def _pledged_line(claim_line_id: int, quantity: int) -> tuple[ClaimRow, LineRow]:
    claim, line = lock_claim_of_line(claim_line_id)
    if claim.state is not ClaimState.PLEDGED or not 1 <= quantity <= line.outstanding:
        raise Conflict(_l("So much of this is no longer promised. Load the page again."))
    return claim, line
