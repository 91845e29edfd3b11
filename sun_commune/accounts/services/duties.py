"""A duty asked for, granted, refused, ended."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from sun_commune.accounts import policies, sessions
from sun_commune.accounts.events import DutyEnded, DutyEvent, DutyGranted, DutyRefused, DutyRequested
from sun_commune.accounts.models import VILLAGE_ROLES, Duty, DutyState, Role, User
from sun_commune.accounts.services.terms import check_clash, check_place, check_reason, check_term
from sun_commune.core.clock import now
from sun_commune.core.codes import random_code
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce

MOST_REQUESTS = 5


def request_duty(
    *, actor: User, role: Role, place_code: str, starts_on: date, ends_on: date | None, office_phone: str
) -> Duty:
    """Ask for a village. The same request twice is one request."""
    if role not in VILLAGE_ROLES:
        raise NotAllowed
    check_place(role, place_code)
    check_term(starts_on, ends_on)
    check_clash(actor, role, place_code)
    for duty in actor.duties:
        if (duty.role, duty.place_code) == (role, place_code) and duty.state is DutyState.REQUESTED:
            return duty
        if (duty.role, duty.place_code) == (role, place_code) and duty.is_active:
            raise RuleBroken(_l("You hold this duty already."), field="place")
    if sum(duty.state is DutyState.REQUESTED for duty in actor.duties) >= MOST_REQUESTS:
        raise RuleBroken(_l("Wait until your earlier requests are decided."))
    actor.office_phone = office_phone or actor.office_phone
    duty = Duty(
        code=random_code("D"),
        user_id=actor.id,
        role=role,
        place_code=place_code,
        starts_on=starts_on,
        ends_on=ends_on,
        state=DutyState.REQUESTED,
        created_at=now(),
    )
    db.session.add(duty)
    db.session.flush()
    _tell(DutyRequested, actor.id, duty, "")
    return duty


def approve_duty(*, actor: User, duty: Duty) -> None:
    """Grant what was asked for. Approving twice is approving once."""
    if _already(actor, duty, DutyState.ACTIVE):
        return
    # The term may have run out while the request waited.
    check_term(duty.starts_on, duty.ends_on)
    check_clash(duty.user, duty.role, duty.place_code)
    duty.state, duty.granted_by = DutyState.ACTIVE, actor.id
    sessions.end_all_sign_ins(duty.user)
    _tell(DutyGranted, actor.id, duty, DutyState.REQUESTED)


def refuse_duty(*, actor: User, duty: Duty, reason: str) -> None:
    if _already(actor, duty, DutyState.REFUSED):
        return
    check_reason(reason)
    duty.state, duty.reason = DutyState.REFUSED, reason
    _tell(DutyRefused, actor.id, duty, DutyState.REQUESTED, reason)


def end_duty(*, actor: User, duty: Duty, reason: str) -> None:
    """End a duty at once; what its holder has open in a browser ends with it."""
    if not policies.can_end_duty(actor, duty):
        raise NotAllowed
    db.session.refresh(duty, with_for_update=True)
    if duty.state is DutyState.ENDED:
        return
    if duty.state is not DutyState.ACTIVE:
        raise Conflict(_l("This duty is not active."))
    check_reason(reason)
    if duty.role is Role.OPERATOR and _count_active(Role.OPERATOR) == 1:
        raise RuleBroken(_l("This is the last operator. Appoint another one first."))
    duty.state, duty.reason = DutyState.ENDED, reason
    sessions.end_all_sign_ins(duty.user)
    _tell(DutyEnded, actor.id, duty, DutyState.ACTIVE, reason)


def _already(actor: User, duty: Duty, wanted: DutyState) -> bool:
    """Lock the duty; True if it is in the wanted state, Conflict if somebody has decided otherwise."""
    if not policies.can_decide_duty(actor, duty):
        raise NotAllowed
    db.session.refresh(duty, with_for_update=True)
    if duty.state not in {DutyState.REQUESTED, wanted}:
        raise Conflict(_l("This request was already decided."))
    return duty.state is wanted


def _count_active(role: Role) -> int:
    where = (Duty.role == role, Duty.state == DutyState.ACTIVE)
    return db.session.scalar(select(func.count()).select_from(Duty).where(*where)) or 0


def _tell(kind: type[DutyEvent], actor_id: int, duty: Duty, before: str, reason: str = "") -> None:
    announce(
        kind(
            actor_id=actor_id,
            user_id=duty.user_id,
            object_code=duty.code,
            from_state=before,
            to_state=duty.state,
            reason=reason,
        )
    )
