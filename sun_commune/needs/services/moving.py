"""Acts that take a need along the table of needs.states.

A move locks the need's row, asks the table, writes the timeline, lists again, and announces. A move that the same
person has done already is quietly the same answer; any other one that comes too late is a Conflict.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.households.models import ConsentPurpose
from sun_commune.lanes import services as lanes
from sun_commune.needs import events, listing, policies, queries, search
from sun_commune.needs.models import LineKind, Need, NeedChange
from sun_commune.needs.rules import content_of, find_faults, photo_faults
from sun_commune.needs.services.base import clean_reason, lock, lock_with_household, require
from sun_commune.needs.services.photos import show_photos
from sun_commune.needs.states import (
    EDITABLE,
    NeedAct,
    NeedState,
    Side,
    find_move,
    progress_state,
)

EVENTS: dict[NeedAct, type[events.NeedEvent]] = {
    NeedAct.SUBMIT: events.NeedSubmitted,
    NeedAct.RETURN: events.NeedReturned,
    NeedAct.APPROVE: events.NeedApproved,
    NeedAct.PUBLISH: events.NeedPublished,
    NeedAct.PROGRESS: events.NeedProgressed,
    NeedAct.PAUSE: events.NeedPaused,
    NeedAct.RESUME: events.NeedResumed,
    NeedAct.WITHDRAW: events.NeedWithdrawn,
    NeedAct.EXPIRE: events.NeedExpired,
    NeedAct.CLOSE: events.NeedClosed,
}


def submit_need(actor: User, need: Need) -> Need:
    """The village hands the need to the township. RuleBroken names the first field that is not right."""
    require(policies.is_village_side(actor, need))
    lock(need)
    if need.state in EDITABLE:
        _check_complete(need)
    return move(need, NeedAct.SUBMIT, Side.VILLAGE, actor)


def _check_complete(need: Need) -> None:
    if need.typed:
        raise RuleBroken(_l("This draft is not complete yet. Open it and fill in what is missing."))
    faults = [*find_faults(content_of(need)), *photo_faults(photo.alt for photo in need.photos)]
    for fault in faults:
        raise RuleBroken(fault.message, field=fault.field)
    check_consent(need)


def check_consent(need: Need) -> None:
    household = queries.household_of(need)
    if household is not None and not household.consents_to(ConsentPurpose.PUBLISH, clock.today()):
        raise RuleBroken(
            _l("This household has not consented to publication. Record its consent first."), field="beneficiary"
        )


def return_need(actor: User, need: Need, reason: str) -> Need:
    """Back to the village with a reason: by the township before its approval, by the county before publication."""
    side = Side.COUNTY if policies.is_county_side(actor, need) else Side.TOWNSHIP
    if policies.is_township_side(actor, need) and need.state is NeedState.SUBMITTED:
        side = Side.TOWNSHIP
    may = policies.can_publish_need if side is Side.COUNTY else policies.can_approve_need
    require(may(actor, need))
    return move(need, NeedAct.RETURN, side, actor, reason)


def approve_need(actor: User, need: Need) -> Need:
    """The township has checked it."""
    require(policies.can_approve_need(actor, need))
    move(need, NeedAct.APPROVE, Side.TOWNSHIP, actor)
    need.township_reviewer_id = actor.id
    return need


def publish_need(actor: User, need: Need) -> Need:
    """The county lets the public see it, and decides whether the village is named.

    RuleBroken while it asks for money and no lane takes money: the platform must not pool it itself (Charity Law,
    art. 26 and 124; measures of 2024), so nobody is asked in public for what could go nowhere.
    """
    require(policies.can_publish_need(actor, need))
    lock_with_household(need)
    if need.state is NeedState.APPROVED:
        check_consent(need)
        if any(line.kind is LineKind.MONEY for line in need.lines):
            lanes.require_money_lane()
        today = clock.today()
        if need.wanted_on is not None and need.wanted_on < today:
            raise RuleBroken(_l("The wanted-by date has passed. Return the need, so that the village sets another."))
        need.publisher_id = actor.id
        need.published_at = clock.now()
        need.expires_on = need.wanted_on or today + timedelta(days=config.current().need_days)
        need.names_village = queries.may_name_village(need)
    return move(need, NeedAct.PUBLISH, Side.COUNTY, actor)


def pause_need(actor: User, need: Need, reason: str) -> Need:
    """The county takes it out of the public eye for a while."""
    require(policies.is_county_side(actor, need))
    return move(need, NeedAct.PAUSE, Side.COUNTY, actor, reason)


def resume_need(actor: User, need: Need) -> Need:
    require(policies.is_county_side(actor, need))
    lock_with_household(need)
    if need.state is NeedState.PAUSED:
        check_consent(need)
        if need.names_village and not queries.may_name_village(need):
            stop_naming_village(need)
    return move(need, NeedAct.RESUME, Side.COUNTY, actor)


def withdraw_need(actor: User, need: Need, reason: str) -> Need:
    """The village takes it back before anybody has claimed, the county at any time before it is fulfilled."""
    is_village = policies.is_village_side(actor, need)
    require(is_village or policies.is_county_side(actor, need))
    return move(need, NeedAct.WITHDRAW, Side.VILLAGE if is_village else Side.COUNTY, actor, reason)


def close_need(actor: User, need: Need, reason: str) -> Need:
    require(policies.is_county_side(actor, need))
    return move(need, NeedAct.CLOSE, Side.COUNTY, actor, reason)


def expire_need(need: Need) -> bool:
    """The system's act, once the last day is over. False: it was not due any more."""
    lock(need)
    is_due = need.expires_on is not None and need.expires_on < clock.today()
    if not is_due or find_move(NeedAct.EXPIRE, Side.SYSTEM, need.state) is None:
        return False
    move(need, NeedAct.EXPIRE, Side.SYSTEM, None)
    return True


def expire_needs(most: int = 200) -> int:
    """Expire needs whose last day is over, at most so many at once; returns how many."""
    overdue = queries.list_overdue(clock.today(), most)
    for need in sorted(overdue, key=lambda each: each.id):
        lock(need)  # all of them before the first fund that is settled: needs come before accounts
    return sum(expire_need(need) for need in overdue)


def move(need: Need, act: NeedAct, side: Side, actor: User | None, reason: str = "") -> Need:
    lock(need)
    source = need.state
    step = find_move(act, side, source)
    if step is None:
        if actor is not None and _was_done_by(need, act, actor):
            return need
        raise Conflict(_l("This need has moved on meanwhile. Look at its present state first."))
    if step.needs_reason and side is not Side.SYSTEM:
        reason = clean_reason(reason)
    need.state = step.target or progress_state((line.asked, line.claimed, line.delivered) for line in need.lines)
    need.updated_at = clock.now()
    actor_id = actor.id if actor else None
    need.changes.append(
        NeedChange(
            at=need.updated_at, actor_id=actor_id, act=act, side=side,
            from_state=source, to_state=need.state, reason=reason,
        )
    )  # fmt: skip
    listing.relist(need)
    show_photos(need)
    announce(
        EVENTS[act](
            actor_id=actor_id, object_code=need.code, need_id=need.id,
            from_state=source, to_state=need.state, reason=reason,
        )
    )  # fmt: skip
    return need


def _was_done_by(need: Need, act: NeedAct, actor: User) -> bool:
    last = need.changes[-1] if need.changes else None
    return last is not None and last.act is act and last.actor_id == actor.id and last.to_state is need.state


def stop_naming_village(need: Need) -> None:
    old = search.document_of(need.id)
    need.names_village = False
    db.session.flush()
    search.replace_document(need.id, old)
    announce(events.NeedVillageHidden(actor_id=None, object_code=need.code, need_id=need.id))
