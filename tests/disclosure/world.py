"""The calendar in tests: a moment in Mianyang, one run of the job, a report written and published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

import time_machine
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import SHANGHAI
from sun_commune.core.db import db, transaction
from sun_commune.disclosure import jobs, queries, services
from sun_commune.disclosure.models import Campaign, CampaignKind, Draft, ReportVersion, Task, TaskKind, TaskState
from tests.ledger import books

COUNTY, OTHER_COUNTY = "510723", "510722"
WORDS = "本季度用于购买电热毯和烤火炉，下季度继续入户走访。"


@contextmanager
def on(day: str, at: time = time(9, 0)) -> Iterator[None]:
    """The clock stands at this day and time of Asia/Shanghai."""
    with time_machine.travel(datetime.combine(date.fromisoformat(day), at, SHANGHAI), tick=False):
        yield


def run() -> int:
    return jobs.keep_calendar()


def open_campaign(actor: User, **changes: Any) -> Campaign:
    values: dict[str, Any] = {
        "title": "盐亭县冬衣募集", "kind": CampaignKind.ORDINARY, "county_code": COUNTY, "category": None,
        "need_codes": [], "begins_on": date(2026, 1, 1), "ends_on": None,
    }  # fmt: skip
    with transaction():
        return services.open_campaign(actor, **{**values, **changes})


def give(day: str, amount_fen: int = 32_000, **changes: Any) -> Any:
    return books.give(business_on=date.fromisoformat(day), amount_fen=amount_fen, **changes)


def tasks(kind: TaskKind | None = None, state: TaskState | None = None) -> list[Task]:
    """As they are stored now, in the order in which they were opened."""
    db.session.rollback()
    rows = db.session.execute(select(Task).order_by(Task.id)).scalars().all()
    return [row for row in rows if kind in {None, row.kind} and state in {None, row.state}]


def duties(kind: TaskKind) -> list[tuple[str, str]]:
    """(period, last day) of each task."""
    return [(task.period, task.due_on.isoformat()) for task in tasks(kind)]


def campaign_of(task: Task) -> Campaign:
    return db.session.get_one(Campaign, task.campaign_id)


def write(actor: User, task: Task, words: str = WORDS, note: str = "") -> Draft:
    with transaction():
        return services.write_report(actor, campaign_of(task), task, words=words, note=note)


def seen(task: Task, draft: Draft) -> str:
    """The fingerprint of the figures that the page of the draft shows."""
    return services.compute_figures(campaign_of(task), task, draft.begins_on, draft.ends_on).sha256


def publish(actor: User, task: Task, draft: Draft | None = None, seen_sha256: str = "") -> ReportVersion:
    draft = draft or queries.waiting_draft(task)
    assert draft is not None
    shown = seen_sha256 or seen(task, draft)
    with transaction():
        return services.publish_report(actor, campaign_of(task), draft, seen_sha256=shown)
