"""Needs that leftover money may go to: open, asking for money, with room, of the same purpose first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from sun_commune.accounts.models import User
from sun_commune.choices.models import Choice
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.needs.models import KIND_BITS, LineKind, Need
from sun_commune.needs.states import IN_PROGRESS
from sun_commune.pledges import policies as pledges_policies
from sun_commune.pledges import services as pledges

MOST_OFFERED = 12
MOST_LOOKED_AT = 60
_MONEY = KIND_BITS[LineKind.MONEY]


class Target(NamedTuple):
    """``room_fen`` is how much of the choice's amount it can take."""

    need: Need
    room_fen: int


def offered(choice: Choice, donor: User | None, *, most: int = MOST_OFFERED) -> list[Target]:
    """Needs that can take something of it: same category and county first, then same category, then any."""
    found: list[Target] = []
    for need in _near_first(choice, is_similar=False):
        target = target_of(need, choice, donor)
        if target is not None:
            found.append(target)
        if len(found) == most:
            break
    return found


def similar(choice: Choice, donor: User | None) -> Target | None:
    """The need that the default gives it to: of the same category, with room for all of it, nearest and most urgent
    first (Charity Law, art. 58: the same or a similar purpose). None: there is no such need."""
    for need in _near_first(choice, is_similar=True):
        target = target_of(need, choice, donor)
        if target is not None and target.room_fen == choice.amount_fen:
            return target
    return None


def find_target(code: str, choice: Choice, donor: User | None) -> Target | None:
    """The need with this code if it can take something of the choice."""
    statement = select(Need).where(Need.code == code).options(selectinload(Need.lines))
    need = db.session.execute(statement).scalar_one_or_none()
    return target_of(need, choice, donor) if need is not None and is_open(need) else None


def is_open(need: Need) -> bool:
    return need.state in IN_PROGRESS and need.is_open and (need.expires_on is None or need.expires_on >= today())


def target_of(need: Need, choice: Choice, donor: User | None) -> Target | None:
    """None if it can take nothing, or is one in which the donor has a hand (Charity Law, art. 40)."""
    if need.code == choice.need_code or (donor is not None and pledges_policies.is_party_to_need(donor, need)):
        return None
    room = sum(pledges.allot(need.lines, choice.amount_fen).values())
    return Target(need, room) if room else None


def _near_first(choice: Choice, *, is_similar: bool) -> Iterator[Need]:
    same, here = Need.category == choice.category, Need.county_code == choice.county_code
    rounds = [(same, here), (same, ~here)] if is_similar else [(same, here), (same, ~here), (~same,)]
    for conditions in rounds:
        statement = (
            select(Need)
            .where(Need.is_listed, Need.is_open, Need.kinds.bitwise_and(_MONEY) != 0, *conditions)
            .where(or_(Need.expires_on.is_(None), Need.expires_on >= today()))
            .order_by(Need.urgent_key)
            .limit(MOST_LOOKED_AT)
            .options(selectinload(Need.lines))
        )
        yield from db.session.execute(statement).scalars()
