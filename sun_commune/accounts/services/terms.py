"""Rules of duties that are the same whichever way one comes: place, term, clash, the row itself."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from sun_commune.accounts import policies, sessions
from sun_commune.accounts.models import SCOPE_DIGITS, Duty, DutyState, Role, User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import random_code
from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.core.labels import label
from sun_commune.places import queries as places

SHORTEST_REASON = 5
LONGEST_REASON = 100
LONGEST_TERM = timedelta(days=366 * 10)


def check_reason(reason: str) -> None:
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        words = _l("Give a reason of %(least)s to %(most)s characters.", least=SHORTEST_REASON, most=LONGEST_REASON)
        raise RuleBroken(words, field="reason")


def check_place(role: Role, place_code: str) -> None:
    """The place exists (or did) and is of the level that the role serves."""
    digits = place_code.partition("-")[0]
    if len(digits) != SCOPE_DIGITS[role] or not digits.isdigit():
        raise RuleBroken(_l("This role needs a place of another level."), field="place")
    # A city is known by its counties even where no row of its own was loaded.
    if len(digits) > 4 and places.find_place(place_code) is None:
        raise RuleBroken(_l("There is no such place."), field="place")


def check_term(starts_on: date, ends_on: date | None) -> None:
    if not date(2000, 1, 1) <= starts_on <= today() + timedelta(days=366):
        raise RuleBroken(_l("The term cannot begin on this day."), field="starts_on")
    if ends_on is None:
        return
    if ends_on < starts_on:
        raise RuleBroken(_l("The term cannot end before it begins."), field="ends_on")
    if ends_on < today():
        raise RuleBroken(_l("The term would already be over."), field="ends_on")
    if ends_on - starts_on > LONGEST_TERM:
        raise RuleBroken(_l("A term is at most ten years long."), field="ends_on")


def check_clash(user: User, role: Role, place_code: str) -> None:
    held = policies.clashes(user, role, place_code)
    if held is not None:
        words = _l("Who is %(held)s cannot also be %(wanted)s there.", held=label(held), wanted=label(role))
        raise RuleBroken(words)


def add_duty(
    *, user: User, role: Role, place_code: str, starts_on: date, ends_on: date | None, granted_by: int | None
) -> Duty:
    """Write an active duty after all checks; the person's sign-ins end, so that the new right is signed in for."""
    check_place(role, place_code)
    check_term(starts_on, ends_on)
    check_clash(user, role, place_code)
    duty = Duty(
        code=random_code("D"),
        user_id=user.id,
        role=role,
        place_code=place_code,
        starts_on=starts_on,
        ends_on=ends_on,
        state=DutyState.ACTIVE,
        granted_by=granted_by,
        created_at=now(),
    )
    db.session.add(duty)
    sessions.end_all_sign_ins(user)
    db.session.flush()
    return duty
