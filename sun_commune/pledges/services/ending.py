"""How claims end without delivery: a hold runs out, the donor cancels, a date passes, a need goes away."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, Missing, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, find_private
from sun_commune.needs import stock
from sun_commune.needs.states import NeedState
from sun_commune.pledges.events import ClaimCancelled, ClaimEvent, ClaimExpired, ClaimFulfilled, ClaimReleased
from sun_commune.pledges.models import Claim, ClaimState, EndReason
from sun_commune.pledges.services.rows import CLAIMS, MOVED_ON, ClaimRow, change_claim, give_back, lock_claim, row_id

REASON_LENGTH = (5, 100)


def cancel_claim(actor: User, claim: Claim, reason: str = "") -> None:
    """The donor takes the claim back before anything is under way; a pledge needs a reason of 5 to 100 characters."""
    row = lock_claim(row_id(claim))
    if row.donor_id != row_id(actor):
        raise Missing
    if row.state not in {ClaimState.HELD, ClaimState.PLEDGED}:
        raise Conflict(MOVED_ON)
    if any(line.acted_at is not None or line.delivered for line in row.lines):
        raise Conflict(_l("A delivery has begun, so this claim can no longer be cancelled here. Call the village."))
    reason = clean_line(reason)
    if row.state is ClaimState.PLEDGED:
        _check_reason(reason)
    give_back(row, row.lines)
    _end(row, ClaimCancelled, ClaimState.CANCELLED, actor_id=row.donor_id, reason=reason[: REASON_LENGTH[1]])


def expire_hold(claim_id: int) -> bool:
    """End a hold whose time is over. False: it was pledged, cancelled or ended before, or has time left."""
    row = lock_claim(claim_id)
    if row.state is not ClaimState.HELD or row.held_until is None or row.held_until > now():
        return False
    _expire(row, EndReason.HOLD_ENDED)
    return True


def release_overdue_claim(claim_id: int) -> bool:
    """Give back what was not acted on by its date. False: nothing of it is overdue any more.

    Lines with a delivery under way stay. A paused need stops the clock: its donors cannot act.
    """
    row = lock_claim(claim_id)
    is_overdue = row.state is ClaimState.PLEDGED and row.due_on is not None and row.due_on < today()
    if not is_overdue or not row.idle_lines or row.need.state is NeedState.PAUSED:
        return False
    release_idle(row, EndReason.OVERDUE, actor_id=None)
    return True


def give_back_need(need_id: int, *, reason: EndReason, actor_id: int | None, holds_only: bool = False) -> int:
    """When a need goes away: end its holds and (unless ``holds_only``) release pledges that nobody has acted on."""
    states = (ClaimState.HELD,) if holds_only else (ClaimState.HELD, ClaimState.PLEDGED)
    stock.lock_need(need_id)
    statement = select(CLAIMS.c.id).where(CLAIMS.c.need_id == need_id, CLAIMS.c.state.in_(states)).order_by(CLAIMS.c.id)
    count = 0
    for claim_id in db.session().execute(statement).scalars().all():
        row = lock_claim(claim_id)
        if row.state is ClaimState.HELD:
            _expire(row, reason, actor_id=actor_id)
        elif row.idle_lines:
            release_idle(row, reason, actor_id=actor_id)
        else:
            continue
        count += 1
    return count


def release_idle(row: ClaimRow, reason: str, *, actor_id: int | None) -> None:
    """Give back the idle lines of a pledge; the claim ends when nothing is left of it."""
    give_back(row, row.idle_lines)
    settle(row, ClaimExpired, ClaimState.EXPIRED, actor_id=actor_id, reason=reason)


def settle(row: ClaimRow, kind: type[ClaimEvent], state: ClaimState, *, actor_id: int | None, reason: str = "") -> None:
    """After a release: the claim goes on if something is promised, is fulfilled if something came, or ends."""
    after = lock_claim(row.id)
    if any(line.outstanding for line in after.lines):
        stock.refresh_progress(row.need.id, actor_id=actor_id)
        announce(_event(ClaimReleased, row, row.state, actor_id, reason))
    elif any(line.delivered for line in after.lines):
        announce(_event(ClaimReleased, row, row.state, actor_id, reason))
        _end(row, ClaimFulfilled, ClaimState.FULFILLED, actor_id=actor_id, reason=reason)
    else:
        _end(row, kind, state, actor_id=actor_id, reason=reason)


def _expire(row: ClaimRow, reason: EndReason, *, actor_id: int | None = None) -> None:
    give_back(row, row.lines)
    _end(row, ClaimExpired, ClaimState.EXPIRED, actor_id=actor_id, reason=reason)


def _end(row: ClaimRow, kind: type[ClaimEvent], state: ClaimState, *, actor_id: int | None, reason: str) -> None:
    change_claim(row, state=state, ended_at=now(), end_reason=str(reason))
    stock.refresh_progress(row.need.id, actor_id=actor_id)
    announce(_event(kind, row, state, actor_id, reason))


def _event(kind: type[ClaimEvent], row: ClaimRow, state: ClaimState, actor_id: int | None, reason: str) -> ClaimEvent:
    return kind(
        actor_id=actor_id,
        object_code=row.code,
        claim_id=row.id,
        from_state=row.state,
        to_state=state,
        reason=str(reason),
    )


def _check_reason(reason: str) -> None:
    shortest, longest = REASON_LENGTH
    if not shortest <= len(reason) <= longest:
        message = _l("Give a reason of %(shortest)s to %(longest)s characters.", shortest=shortest, longest=longest)
        raise RuleBroken(message, field="reason")
    if find_private(reason):
        raise RuleBroken(_l("Take the number out of the reason: others read it."), field="reason")
