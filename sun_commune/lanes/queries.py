"""Reads of the lanes: what is in force, what waits for a second officer, and what was in force when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.text import clean_line
from sun_commune.lanes.models import Lane, LaneDecision, LaneVersion, Outcome
from sun_commune.lanes.states import LaneStatus, status_of

MOST_VERSIONS = 50
#: Made once: every receipt asks whose it is.
_CONFIRMED = (
    select(LaneVersion)
    .join(LaneDecision, LaneDecision.version_id == LaneVersion.id)
    .where(LaneDecision.outcome == Outcome.CONFIRMED)
    .order_by(LaneDecision.id.desc())
    .limit(1)
)
_CONFIRMED_BEFORE = _CONFIRMED.where(LaneDecision.decided_at <= bindparam("moment"))


@dataclass(frozen=True)
class Lanes:
    """The three lanes on one day. ``version`` is the charity's record in force, None before the first."""

    version: LaneVersion | None
    day: date

    def status(self, lane: Lane) -> LaneStatus:
        return status_of(self.version, lane, self.day)

    @property
    def account(self) -> LaneVersion | None:
        """The charity into whose account money may go now; None while lane B is closed."""
        return self.version if self.status(Lane.ACCOUNT).is_open else None

    @property
    def campaign(self) -> LaneVersion | None:
        """The campaign to which we may link now; None while lane C is closed."""
        return self.version if self.status(Lane.CAMPAIGN).is_open else None

    @property
    def takes_money(self) -> bool:
        """Some lane for money is open: a need that asks for money may be published."""
        return self.account is not None or self.campaign is not None

    @property
    def all(self) -> list[LaneStatus]:
        return [self.status(lane) for lane in Lane]


def present() -> Lanes:
    """The lanes as they stand today."""
    return Lanes(_confirmed_before(None), today())


def _confirmed_before(moment: datetime | None) -> LaneVersion | None:
    if moment is None:
        return db.session.execute(_CONFIRMED).scalar_one_or_none()
    return db.session.execute(_CONFIRMED_BEFORE, {"moment": moment}).scalar_one_or_none()


def charity_at(moment: datetime) -> LaneVersion | None:
    """The charity's record that was in force at a moment (UTC), for whoever tells where a gift of then lies."""
    return _confirmed_before(moment)


def find_version(code: str) -> LaneVersion:
    """A version by its public code; Missing if there is none."""
    statement = select(LaneVersion).where(LaneVersion.code == clean_line(code))
    version = db.session.execute(statement).scalar_one_or_none()
    if version is None:
        raise Missing
    return version


def find_decision(version_id: int) -> LaneDecision | None:
    statement = select(LaneDecision).where(LaneDecision.version_id == version_id)
    return db.session.execute(statement).scalar_one_or_none()


def find_waiting() -> LaneVersion | None:
    """The oldest version that nobody has decided on yet."""
    decided = select(LaneDecision.id).where(LaneDecision.version_id == LaneVersion.id).exists()
    statement = select(LaneVersion).where(~decided).order_by(LaneVersion.id).limit(1)
    return db.session.execute(statement).scalar_one_or_none()


def latest_confirmation() -> LaneDecision | None:
    confirmed = select(LaneDecision).where(LaneDecision.outcome == Outcome.CONFIRMED)
    return db.session.execute(confirmed.order_by(LaneDecision.version_id.desc()).limit(1)).scalar_one_or_none()


class Past(NamedTuple):
    """One version with what became of it; ``decision`` None: it waits. Names of the two officers."""

    version: LaneVersion
    decision: LaneDecision | None
    writer: str
    decider: str


def list_versions() -> list[Past]:
    """The latest versions, newest first."""
    statement = (
        select(LaneVersion, LaneDecision)
        .outerjoin(LaneDecision, LaneDecision.version_id == LaneVersion.id)
        .order_by(LaneVersion.id.desc())
        .limit(MOST_VERSIONS)
    )
    rows = [(version, decision) for version, decision in db.session.execute(statement)]
    people = {version.proposed_by for version, _ in rows} | {decision.decided_by for _, decision in rows if decision}
    found = db.session.execute(select(User.id, User.name).where(User.id.in_(people)))
    names: dict[int, str] = {row.id: row.name for row in found}
    return [
        Past(version, decision, names[version.proposed_by], names[decision.decided_by] if decision else "")
        for version, decision in rows
    ]


class Chapter(NamedTuple):
    """What the public reads of a time past: from when on which charity stood behind the lanes."""

    since: datetime
    version: LaneVersion


def list_chapters() -> list[Chapter]:
    """Every confirmed version, newest first."""
    statement = (
        select(LaneDecision.decided_at, LaneVersion)
        .join(LaneVersion, LaneVersion.id == LaneDecision.version_id)
        .where(LaneDecision.outcome == Outcome.CONFIRMED)
        .order_by(LaneDecision.id.desc())
        .limit(MOST_VERSIONS)
    )
    return [Chapter(*row) for row in db.session.execute(statement)]
