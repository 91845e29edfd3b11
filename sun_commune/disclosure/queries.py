"""Reads of campaigns, tasks, drafts and published versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from sun_commune.core.clock import local, today
from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.disclosure.models import (
    Campaign,
    CampaignKind,
    CampaignTitle,
    Draft,
    DraftState,
    ReportVersion,
    Task,
    TaskKind,
    TaskState,
)
from sun_commune.ledger.models import LedgerSum, SumKind, Transfer

PAGE_SIZE = 25
MOST_OPEN = 200
#: A campaign that ended longer ago gets no new task: the last one falls due three months after the end.
CALENDAR_DAYS = 400


@dataclass(frozen=True)
class TaskRow:
    """A task with the campaign that it belongs to; ``days_late`` is 0 while it is in time or done."""

    task: Task
    campaign: Campaign

    @property
    def days_late(self) -> int:
        late = (today() - self.task.due_on).days if self.task.state is TaskState.OPEN else 0
        return max(late, 0)

    @property
    def days_published_late(self) -> int:
        """Days of Asia/Shanghai after the last day in time; kept in sight once it is published."""
        if self.task.published_at is None:
            return 0
        return max((local(self.task.published_at).date() - self.task.due_on).days, 0)


def find_campaign(code: str) -> Campaign | None:
    return db.session.execute(select(Campaign).where(Campaign.code == code)).scalar_one_or_none()


def find_task(code: str) -> TaskRow | None:
    statement = select(Task, Campaign).join(Campaign, Campaign.id == Task.campaign_id).where(Task.code == code)
    row = db.session.execute(statement).one_or_none()
    return TaskRow(row[0], row[1]) if row else None


def open_tasks(*, overdue: bool | None = None) -> Sequence[TaskRow]:
    """Open tasks, the one that is due first in front; with ``overdue`` only those whose last day is over, or not."""
    statement = select(Task, Campaign).join(Campaign, Campaign.id == Task.campaign_id)
    statement = statement.where(Task.state == TaskState.OPEN).order_by(Task.due_on, Task.id).limit(MOST_OPEN)
    if overdue is not None:
        statement = statement.where(Task.due_on < today() if overdue else Task.due_on >= today())
    return [TaskRow(row[0], row[1]) for row in db.session.execute(statement)]


def published_tasks(*, after: str = "") -> Page[TaskRow]:
    """The newest first; ``after`` is the code of the last one of the page before."""
    statement = select(Task, Campaign).join(Campaign, Campaign.id == Task.campaign_id)
    statement = statement.where(Task.state == TaskState.PUBLISHED)
    last = find_task(after) if after else None
    if last is not None and last.task.published_at is not None:
        at = last.task.published_at
        statement = statement.where(or_(Task.published_at < at, (Task.published_at == at) & (Task.id < last.task.id)))
    statement = statement.order_by(Task.published_at.desc(), Task.id.desc()).limit(PAGE_SIZE + 1)
    rows = [TaskRow(row[0], row[1]) for row in db.session.execute(statement)]
    return page_of(rows, [row.task.code for row in rows], PAGE_SIZE, after=after)


def tasks_of(campaign: Campaign) -> Sequence[TaskRow]:
    """The newest duty first."""
    statement = select(Task).where(Task.campaign_id == campaign.id).order_by(Task.due_on.desc(), Task.id.desc())
    return [TaskRow(task, campaign) for task in db.session.execute(statement.limit(MOST_OPEN)).scalars()]


def earlier_titles(campaign: Campaign) -> Sequence[CampaignTitle]:
    """What it was called before, the newest correction first."""
    statement = select(CampaignTitle).where(CampaignTitle.campaign_id == campaign.id).order_by(CampaignTitle.id.desc())
    return db.session.execute(statement).scalars().all()


def list_campaigns() -> Sequence[Campaign]:
    """Campaigns that run or ended not long ago, the newest first; the standing ones at the end."""
    statement = select(Campaign).where(_in_calendar(today()))
    order = (Campaign.kind == CampaignKind.STANDING, Campaign.begins_on.desc(), Campaign.id)
    return db.session.execute(statement.order_by(*order).limit(MOST_OPEN)).scalars().all()


def _in_calendar(day: date) -> ColumnElement[bool]:
    return or_(Campaign.ends_on.is_(None), Campaign.ends_on >= day - timedelta(days=CALENDAR_DAYS))


def campaign_ids_in_calendar() -> Sequence[int]:
    statement = select(Campaign.id).where(_in_calendar(today())).order_by(Campaign.id)
    return db.session.execute(statement).scalars().all()


def opened_of(campaign_id: int) -> set[tuple[TaskKind, str]]:
    """(kind, period) of every task that the campaign has."""
    statement = select(Task.kind, Task.period).where(Task.campaign_id == campaign_id)
    return {(row[0], row[1]) for row in db.session.execute(statement)}


def counties_without_standing_campaign() -> Sequence[str]:
    """The platform ("") and the counties that have received money and are not in the calendar yet, in order."""
    known = select(Campaign.county_code).where(Campaign.kind == CampaignKind.STANDING)
    money = LedgerSum.kind.in_((SumKind.GIFT, SumKind.MATCHED, SumKind.MOVED_IN))
    counties = select(LedgerSum.county_code).where(money, LedgerSum.county_code.not_in(known)).distinct()
    found = {str(code) for code in db.session.execute(counties).scalars()}
    has_platform = db.session.execute(known.where(Campaign.county_code == "").limit(1)).first() is not None
    has_money = db.session.execute(select(LedgerSum.month).where(money).limit(1)).first() is not None
    if has_money and not has_platform:
        found.add("")
    return sorted(found)


def first_day_of(county_code: str) -> date | None:
    """Day of the first entry of the county; of all with ""."""
    statement = select(func.min(Transfer.business_on))
    if county_code:
        statement = statement.where(Transfer.county_code == county_code)
    return db.session.execute(statement).scalar()


def platform_campaign() -> Campaign | None:
    statement = select(Campaign).where(Campaign.kind == CampaignKind.STANDING, Campaign.county_code == "")
    return db.session.execute(statement).scalar_one_or_none()


def ids_to_remind(*, regular_days: int, emergency_days: int) -> Sequence[int]:
    """Open tasks near their last day of which nobody was reminded."""
    day = today()
    near = or_(
        Task.due_on <= day + timedelta(days=emergency_days),
        (Task.kind != TaskKind.EMERGENCY) & (Task.due_on <= day + timedelta(days=regular_days)),
    )
    statement = select(Task.id).where(
        Task.state == TaskState.OPEN, Task.due_on >= day, Task.reminded_at.is_(None), near
    )  # fmt: skip
    return db.session.execute(statement.order_by(Task.id).limit(MOST_OPEN)).scalars().all()


def ids_to_call_overdue() -> Sequence[int]:
    """Open tasks whose last day is over and of which that was not told yet."""
    statement = select(Task.id).where(
        Task.state == TaskState.OPEN, Task.due_on < today(), Task.overdue_told_at.is_(None)
    )  # fmt: skip
    return db.session.execute(statement.order_by(Task.id).limit(MOST_OPEN)).scalars().all()


def waiting_draft(task: Task) -> Draft | None:
    statement = select(Draft).where(Draft.task_id == task.id, Draft.state == DraftState.WAITING)
    return db.session.execute(statement).scalar_one_or_none()


def latest_draft(task: Task) -> Draft | None:
    statement = select(Draft).where(Draft.task_id == task.id).order_by(Draft.id.desc()).limit(1)
    return db.session.execute(statement).scalar_one_or_none()


def versions_of(task: Task) -> Sequence[ReportVersion]:
    """The newest first."""
    statement = select(ReportVersion).where(ReportVersion.task_id == task.id).order_by(ReportVersion.number.desc())
    return db.session.execute(statement).scalars().all()


def find_version(task: Task, number: int) -> ReportVersion | None:
    statement = select(ReportVersion).where(ReportVersion.task_id == task.id, ReportVersion.number == number)
    return db.session.execute(statement).scalar_one_or_none()


def covered_until(campaign: Campaign, kind: TaskKind, before: date) -> date | None:
    """Last day that a published report of this kind covers, of those that began before ``before``."""
    statement = (
        select(func.max(ReportVersion.ends_on))
        .join(Task, Task.id == ReportVersion.task_id)
        .where(Task.campaign_id == campaign.id, Task.kind == kind, Task.begins_on < before)
    )
    return db.session.execute(statement).scalar()


def first_period_of(campaign: Campaign, kind: TaskKind) -> date | None:
    """First day of the earliest period that was asked for."""
    statement = select(func.min(Task.begins_on)).where(Task.campaign_id == campaign.id, Task.kind == kind)
    return db.session.execute(statement).scalar()


@dataclass(frozen=True)
class Summary:
    """How the platform keeps its dates: what the ledger's front page says of it. ``late_since`` is the last day in
    time of what is overdue longest."""

    overdue: int
    due: int
    published: int
    late_since: date | None
    next_due_on: date | None


def summary() -> Summary:
    day = today()
    late, soon = Task.due_on < day, Task.due_on >= day
    opened = select(func.count(), func.min(Task.due_on)).where(Task.state == TaskState.OPEN)
    overdue, late_since = db.session.execute(opened.where(late)).one()
    due, next_due_on = db.session.execute(opened.where(soon)).one()
    done = select(func.count()).select_from(Task).where(Task.state == TaskState.PUBLISHED)
    return Summary(int(overdue), int(due), int(db.session.execute(done).scalar_one()), late_since, next_due_on)
