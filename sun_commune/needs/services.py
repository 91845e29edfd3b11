"""The only writer of needs: draft and edit by the village, moves along the table of needs.states.

Every function runs inside the caller's ``transaction()``. A move locks the need's row, asks the table, writes the
timeline, announces, and lists again; a move that was done already by the same person is quietly the same answer.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core import clock, codes
from sun_commune.core.counters import next_number
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, find_private
from sun_commune.households.models import ConsentPurpose, Household
from sun_commune.needs import events, listing, policies, queries, search
from sun_commune.needs.models import Category, LineKind, Need, NeedChange, NeedLine, Subject
from sun_commune.needs.rules import PRIVATE_WORDS, LineInput, NeedInput, content_of, find_faults, line_faults
from sun_commune.needs.states import (
    EDITABLE,
    PUBLIC,
    REASON_LENGTH,
    NeedAct,
    NeedState,
    Side,
    SystemReason,
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


def draft_need(actor: User, *, village_code: str, content: NeedInput, typed: str = "") -> Need:
    """A new draft in ``village_code``, as incomplete as it may be.

    ``typed`` is the form word for word when it is not complete yet (see Need.typed).
    """
    _require(policies.can_draft_need(actor, village_code))
    moment = clock.now()
    year = clock.today().year
    need = Need(
        code=codes.yearly_code("XQ", year, next_number(f"XQ-{year}")),
        village_code=village_code,
        township_code=village_code[:9],
        county_code=village_code[:6],
        author_id=actor.id,
        created_at=moment,
        updated_at=moment,
    )
    _write(need, content, typed)
    db.session.add(need)
    db.session.flush()
    listing.relist(need)
    announce(events.NeedDrafted(actor_id=actor.id, object_code=need.code, need_id=need.id, to_state=need.state))
    return need


def edit_need(actor: User, need: Need, *, content: NeedInput, typed: str = "", version: int | None = None) -> Need:
    """Replace what a draft or returned need says. ``version``: the one the person has read; Conflict if it is old."""
    lock(need)
    _require(policies.is_village_side(actor, need))
    if need.state not in EDITABLE:
        raise Conflict(_l("This need has moved on and cannot be changed now."))
    if version is not None and version != need.version:
        raise Conflict(_l("Somebody else has changed this need meanwhile."), field="version")
    _write(need, content, typed)
    need.version += 1
    need.updated_at = clock.now()
    listing.relist(need)
    announce(events.NeedEdited(actor_id=actor.id, object_code=need.code, need_id=need.id, to_state=need.state))
    return need


def _write(need: Need, content: NeedInput, typed: str) -> None:
    """Store what fits the columns; what does not fit yet stays in ``typed`` alone."""
    household = db.session.get(Household, content.household_id) if content.household_id else None
    if household is not None and household.village_code != need.village_code:
        raise RuleBroken(_l("This household does not live in your village."), field="beneficiary")
    need.subject = Subject.HOUSEHOLD if household else Subject.VILLAGE
    need.household_id = household.id if household else None
    need.category = content.category or Category.DAILY_NECESSITIES
    need.title = content.title[:60]
    need.story = content.story
    need.urgency = content.urgency.value
    need.wanted_on = content.wanted_on
    need.typed = typed
    need.lines.clear()
    if need.id:
        db.session.flush()  # the old rows go before new ones take their positions
    storable = [line for row, line in enumerate(content.lines) if not any(line_faults(row, line))]
    need.lines.extend(_line(position, line) for position, line in enumerate(storable, start=1))


def _line(position: int, line: LineInput) -> NeedLine:
    asked = line.asked or 1
    return NeedLine(
        position=position,
        kind=line.kind,
        item=line.item,
        unit=line.unit if line.kind in {LineKind.GOODS, LineKind.SERVICE} else "",
        asked=asked,
        unit_price_fen=None if line.kind is LineKind.MONEY else line.unit_price_fen,
        is_divisible=line.is_divisible,
        minimum=(line.minimum or 1) if line.is_divisible else asked,
    )


def submit_need(actor: User, need: Need) -> Need:
    """The village hands the need to the township. RuleBroken names the first field that is not right."""
    _require(policies.is_village_side(actor, need))
    lock(need)
    if need.state in EDITABLE:
        _check_complete(need)
    return _move(need, NeedAct.SUBMIT, Side.VILLAGE, actor)


def _check_complete(need: Need) -> None:
    if need.typed:
        raise RuleBroken(_l("This draft is not complete yet. Open it and fill in what is missing."))
    for fault in find_faults(content_of(need)):
        raise RuleBroken(fault.message, field=fault.field)
    _check_consent(need)


def _check_consent(need: Need) -> None:
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
    _require(may(actor, need))
    return _move(need, NeedAct.RETURN, side, actor, reason)


def approve_need(actor: User, need: Need) -> Need:
    """The township has checked it."""
    _require(policies.can_approve_need(actor, need))
    _move(need, NeedAct.APPROVE, Side.TOWNSHIP, actor)
    need.township_reviewer_id = actor.id
    return need


def publish_need(actor: User, need: Need) -> Need:
    """The county lets the public see it, and decides whether the village is named."""
    _require(policies.can_publish_need(actor, need))
    _lock_with_household(need)
    if need.state is NeedState.APPROVED:
        _check_consent(need)
        today = clock.today()
        if need.wanted_on is not None and need.wanted_on < today:
            raise RuleBroken(_l("The wanted-by date has passed. Return the need, so that the village sets another."))
        need.publisher_id = actor.id
        need.published_at = clock.now()
        need.expires_on = need.wanted_on or today + timedelta(days=config.current().need_days)
        need.names_village = queries.may_name_village(need)
    return _move(need, NeedAct.PUBLISH, Side.COUNTY, actor)


def pause_need(actor: User, need: Need, reason: str) -> Need:
    """The county takes it out of the public eye for a while."""
    _require(policies.is_county_side(actor, need))
    return _move(need, NeedAct.PAUSE, Side.COUNTY, actor, reason)


def resume_need(actor: User, need: Need) -> Need:
    _require(policies.is_county_side(actor, need))
    _lock_with_household(need)
    if need.state is NeedState.PAUSED:
        _check_consent(need)
        if need.names_village and not queries.may_name_village(need):
            _stop_naming_village(need)
    return _move(need, NeedAct.RESUME, Side.COUNTY, actor)


def withdraw_need(actor: User, need: Need, reason: str) -> Need:
    """The village takes it back before anybody has claimed, the county at any time before it is fulfilled."""
    is_village = policies.is_village_side(actor, need)
    _require(is_village or policies.is_county_side(actor, need))
    return _move(need, NeedAct.WITHDRAW, Side.VILLAGE if is_village else Side.COUNTY, actor, reason)


def close_need(actor: User, need: Need, reason: str) -> Need:
    _require(policies.is_county_side(actor, need))
    return _move(need, NeedAct.CLOSE, Side.COUNTY, actor, reason)


def expire_need(need: Need) -> bool:
    """The system's act, once the last day is over. False: it was not due any more."""
    lock(need)
    is_due = need.expires_on is not None and need.expires_on < clock.today()
    if not is_due or find_move(NeedAct.EXPIRE, Side.SYSTEM, need.state) is None:
        return False
    _move(need, NeedAct.EXPIRE, Side.SYSTEM, None)
    return True


def expire_needs(most: int = 200) -> int:
    """Expire needs whose last day is over, at most so many at once; returns how many."""
    return sum(expire_need(need) for need in queries.list_overdue(clock.today(), most))


def follow_consents(need: Need) -> bool:
    """Show no more of a household's need than the household consents to now. False: nothing had to change.

    Hides the need at once without consent to publish, stops naming the village without consent to that, and hides
    photos of people without consent to photos (or shows them, when it has been given).
    """
    household = queries.household_of(need)
    if household is None:
        return False
    lock(need)
    today = clock.today()
    has_changed = False
    if need.state in PUBLIC and not household.consents_to(ConsentPurpose.PUBLISH, today):
        _move(need, NeedAct.PAUSE, Side.SYSTEM, None, SystemReason.CONSENT_OVER)
        has_changed = True
    if need.names_village and need.published_at and not household.consents_to(ConsentPurpose.VILLAGE, today):
        _stop_naming_village(need)
        has_changed = True
    if show_photos(need):
        announce(events.NeedPhotosChanged(actor_id=None, object_code=need.code, need_id=need.id))
        has_changed = True
    return has_changed


def follow_ended_consents(most: int = 200) -> int:
    """For the daily turn: consents that have run out. Returns how many needs changed."""
    return sum(follow_consents(need) for need in queries.list_with_ended_consents(clock.today(), most))


def _stop_naming_village(need: Need) -> None:
    old = search.document_of(need.id)
    need.names_village = False
    db.session.flush()
    search.replace_document(need.id, old)
    announce(events.NeedVillageHidden(actor_id=None, object_code=need.code, need_id=need.id))


def _lock_with_household(need: Need) -> None:
    """The household first: its consent may not be withdrawn between our look and our act."""
    household = queries.household_of(need)
    if household is not None:
        db.session.refresh(household, with_for_update={"key_share": True})
    lock(need)


def lock(need: Need) -> None:
    """Read the need again under a row lock (SQLite's transaction already is one)."""
    db.session.flush()
    db.session.refresh(need, with_for_update={"key_share": True})


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_l("This is for another office, or for another person of yours, to do."))


def clean_reason(reason: str) -> str:
    """The reason, cleaned; RuleBroken if it is too short, too long, or holds a private number."""
    text = clean_line(reason)
    least, most = REASON_LENGTH
    if not least <= len(text) <= most:
        raise RuleBroken(_l("Give a reason of %(least)s to %(most)s characters.", least=least, most=most),
                         field="reason")  # fmt: skip
    found = find_private(text)
    if found:
        raise RuleBroken(PRIVATE_WORDS[found], field="reason")
    return text


def _move(need: Need, act: NeedAct, side: Side, actor: User | None, reason: str = "") -> Need:
    lock(need)
    source = need.state
    move = find_move(act, side, source)
    if move is None:
        if actor is not None and _was_done_by(need, act, actor):
            return need
        raise Conflict(_l("This need has moved on meanwhile. Look at its present state first."))
    if move.needs_reason and side is not Side.SYSTEM:
        reason = clean_reason(reason)
    need.state = move.target or progress_state((line.asked, line.claimed, line.delivered) for line in need.lines)
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


def show_photos(need: Need) -> bool:
    """A photo is public while its need is, and a person's only with the household's consent. True: one changed."""
    household = queries.household_of(need)
    may_show_person = household is not None and household.consents_to(ConsentPurpose.PHOTO, clock.today())
    has_changed = False
    for photo, upload in queries.photos_of(need):
        is_public = need.state in PUBLIC and (may_show_person or not photo.shows_person)
        has_changed = has_changed or is_public is not upload.is_public
        upload.is_public = is_public
    db.session.flush()
    return has_changed
