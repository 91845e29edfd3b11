"""From hold to pledge: the donor has checked the answers and names a day."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select, update

from sun_commune import config
from sun_commune.accounts.models import Organisation, User, UserKind
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, Missing, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, find_private, mask_name
from sun_commune.lanes import services as lanes
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind
from sun_commune.needs.states import IN_PROGRESS, NeedState
from sun_commune.pledges.events import ClaimPledged, ClaimReminded
from sun_commune.pledges.models import UNVERIFIED_MARK, Claim, ClaimState, Shown
from sun_commune.pledges.services.holding import CODE_PREFIX
from sun_commune.pledges.services.rows import CLAIMS, MOVED_ON, change_claim, lock_claim, row_id

PAYMENT_PREFIX = "JK"
MESSAGE_LENGTH = 200
GRACE_AFTER_PAUSE = timedelta(days=3)


def pledge_claim(actor: User, claim: Claim, *, due_on: date, shown: Shown, message: str = "") -> None:
    """Turn a hold into a pledge due on a day (Asia/Shanghai, today to ``most_due_days`` ahead).

    Fixes the name that the public will read; if money is promised, also the payment code and the charity's record as
    it stands (RuleBroken if lane B was closed meanwhile). Conflict when the hold's
    time is over, even if the job has not ended it yet: then others may have been told that it is free.
    """
    day = today()
    _check_answers(day, due_on, message)
    row = lock_claim(row_id(claim))
    if row.donor_id != row_id(actor):
        raise Missing
    moment = now()
    if row.state is not ClaimState.HELD or row.held_until is None or row.held_until <= moment:
        raise Conflict(_l("The time for checking is over, so nothing is held for you any more. Claim it again."))
    if row.need.state not in IN_PROGRESS:
        raise Conflict(MOVED_ON)
    name = shown_name(row.donor_id, shown)
    if find_private(name):  # an old account's; new names are checked when they are typed
        words = _l("This name holds a private number. Change it on your page, or choose another way to be shown.")
        raise RuleBroken(words, field="shown")
    has_money = any(line.kind is LineKind.MONEY for line in row.lines)
    charity = lanes.require_account() if has_money else None
    change_claim(
        row,
        CLAIMS.c.held_until > moment,
        state=ClaimState.PLEDGED,
        pledged_at=moment,
        due_on=due_on,
        half_on=day + (due_on - day) // 2,
        shown=shown,
        display_name=name,
        message=clean_line(message),
        # Unique because the claim's code is, and with the same check character.
        payment_code=PAYMENT_PREFIX + row.code.removeprefix(CODE_PREFIX) if has_money else None,
        lane_version_id=charity.id if charity is not None else None,
    )
    announce(
        ClaimPledged(
            actor_id=row.donor_id,
            object_code=row.code,
            claim_id=row.id,
            from_state=ClaimState.HELD,
            to_state=ClaimState.PLEDGED,
        )
    )


def shown_name(donor_id: int, shown: Shown) -> str:
    """The text under which the public will read of this donor; an organisation's unverified name is marked."""
    if shown is Shown.ANONYMOUS:
        return ""
    statement = (
        select(User.kind, User.name, Organisation.name.label("organisation"), Organisation.verified_at)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(User.id == donor_id)
    )
    donor = db.session().execute(statement).one()
    name = donor.organisation if donor.kind is UserKind.ORGANISATION else donor.name
    if shown is Shown.MASKED:
        return mask_name(name)
    is_unverified = donor.kind is UserKind.ORGANISATION and donor.verified_at is None
    return f"{name}{UNVERIFIED_MARK}" if is_unverified else name


def remind_claim(claim_id: int) -> bool:
    """Remind the donor at half-time and on the last day, each once. False: no reminder is due."""
    row = lock_claim(claim_id)
    if row.state is not ClaimState.PLEDGED or row.due_on is None or row.half_on is None or not row.idle_lines:
        return False
    day, moment = today(), now()
    is_last = row.due_on <= day
    told = row.reminded_last_at if is_last else row.reminded_half_at
    if told is not None or row.half_on > day or row.need.state is NeedState.PAUSED:
        return False
    half_at = row.reminded_half_at or moment  # a short pledge gets one reminder, not two in one day
    change_claim(row, reminded_half_at=half_at, reminded_last_at=moment if is_last else None)
    announce(
        ClaimReminded(
            actor_id=None,
            object_code=row.code,
            claim_id=row.id,
            due_on=row.due_on,
            is_last=is_last,
            from_state=row.state,
            to_state=row.state,
        )
    )
    return True


def extend_dates(need_id: int) -> None:
    """After a pause: no pledge of the need falls due at once; the last reminder comes anew."""
    stock.lock_need(need_id)
    due_on = today() + GRACE_AFTER_PAUSE
    late = (CLAIMS.c.need_id == need_id, CLAIMS.c.state == ClaimState.PLEDGED, CLAIMS.c.due_on < due_on)
    if db.session().execute(select(exists().where(*late))).scalar_one():
        db.session().execute(update(CLAIMS).where(*late).values(due_on=due_on, reminded_last_at=None))


def _check_answers(day: date, due_on: date, message: str) -> None:
    last = day + timedelta(days=config.current().most_due_days)
    if not day <= due_on <= last:
        words = _l("Choose a day from today to %(last)s.", last=last.isoformat())
        raise RuleBroken(words, field="due_on")
    if len(clean_line(message)) > MESSAGE_LENGTH:
        raise RuleBroken(_l("At most %(most)s characters.", most=MESSAGE_LENGTH), field="message")
    if find_private(message):
        raise RuleBroken(_l("Take the number out of the message: everybody can read it."), field="message")
