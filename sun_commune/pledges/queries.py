"""Reads of claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.orm import selectinload

from sun_commune import config
from sun_commune.accounts.models import Organisation, User, UserKind
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.needs.models import LineKind, Need, NeedLine
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState


@dataclass(frozen=True)
class ChosenLine:
    """A line of a need with what a claim takes of it (0: nothing); ``left`` counts what the claim itself holds."""

    line: NeedLine
    quantity: int

    @property
    def left(self) -> int:
        return self.line.left + self.quantity


# Built once: making a statement costs as much as running it, and each page of the claim form asks both.
_NEED_BY_CODE = select(Need).where(Need.code == bindparam("b_code")).options(selectinload(Need.lines))
_LIVE_HOLD = select(Claim).where(
    Claim.donor_id == bindparam("b_donor"),
    Claim.need_id == bindparam("b_need"),
    Claim.state == ClaimState.HELD,
    Claim.held_until > bindparam("b_moment"),
)


def need_by_code(code: str) -> Need:
    need = db.session().execute(_NEED_BY_CODE, {"b_code": code}).scalar_one_or_none()
    if need is None:
        raise Missing
    return need


def claim_by_code(code: str) -> Claim:
    claim = db.session().execute(select(Claim).where(Claim.code == code)).scalar_one_or_none()
    if claim is None:
        raise Missing
    return claim


def giver_kind(claim_code: str) -> str:
    """What the ledger says of the donor of a claim: ``person``, ``enterprise``, ``social_organisation``, or "".

    Bound to the ledger by the switchboard.
    """
    row = db.session().execute(
        select(User.kind, Organisation.kind.label("organisation"))
        .join(Claim, Claim.donor_id == User.id)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(Claim.code == claim_code)
    ).one_or_none()  # fmt: skip
    if row is None:
        return ""
    return str(row.organisation.value) if row.organisation else str(row.kind.value) * (row.kind is UserKind.PERSON)


def need_of(claim: Claim) -> Need:
    statement = select(Need).where(Need.id == claim.need_id).options(selectinload(Need.lines))
    return db.session().execute(statement).scalar_one()


def live_hold(donor_id: int | None, need_id: int, moment: datetime) -> Claim | None:
    """The claim of this need that the donor is checking just now; a visitor checks none."""
    if donor_id is None:
        return None
    values = {"b_donor": donor_id, "b_need": need_id, "b_moment": moment}
    return db.session().execute(_LIVE_HOLD, values).scalar_one_or_none()


def chosen_lines(need: Need, claim: Claim | None) -> list[ChosenLine]:
    """All lines of the need, in order, with what the claim takes of each."""
    taken = {line.need_line_id: line.quantity for line in claim.lines} if claim else {}
    return [ChosenLine(line, taken.get(line.id, 0)) for line in need.lines]


def default_due_on(lines: Sequence[ChosenLine]) -> date:
    """The day offered first (Asia/Shanghai): money needs less time than things."""
    settings = config.current()
    is_money = all(chosen.line.kind is LineKind.MONEY for chosen in lines if chosen.quantity)
    days = settings.money_due_days if is_money else settings.goods_due_days
    return today() + timedelta(days=min(days, settings.most_due_days))


def _has_idle_line() -> ColumnElement[bool]:
    """Something is promised of which nothing is under way."""
    return exists().where(
        ClaimLine.claim_id == Claim.id,
        ClaimLine.acted_at.is_(None),
        ClaimLine.quantity > ClaimLine.delivered + ClaimLine.released,
    )


def ended_holds(moment: datetime, *, after: int, size: int) -> Sequence[int]:
    """Ids of claims whose hold is over at ``moment``, in order of id from above ``after``."""
    return _ids(and_(Claim.state == ClaimState.HELD, Claim.held_until <= moment), after=after, size=size)


def overdue_claims(day: date, *, after: int, size: int) -> Sequence[int]:
    """Ids of pledges whose day was before ``day`` and of which something waits untouched."""
    overdue = and_(Claim.state == ClaimState.PLEDGED, Claim.due_on < day, _has_idle_line())
    return _ids(overdue, after=after, size=size)


def claims_to_remind(day: date, *, after: int, size: int) -> Sequence[int]:
    """Ids of pledges at half-time or on the last day, not yet reminded of it."""
    half_time = and_(Claim.half_on <= day, Claim.due_on > day, Claim.reminded_half_at.is_(None))
    last_day = and_(Claim.due_on == day, Claim.reminded_last_at.is_(None))
    waiting = and_(Claim.state == ClaimState.PLEDGED, or_(half_time, last_day), _has_idle_line())
    return _ids(waiting, after=after, size=size)


def _ids(condition: ColumnElement[bool], *, after: int, size: int) -> Sequence[int]:
    statement = select(Claim.id).where(condition, Claim.id > after).order_by(Claim.id).limit(size)
    return db.session().execute(statement).scalars().all()
