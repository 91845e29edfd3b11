"""Messages about reports that the law asks for: to the offices that write them and look at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import format_date

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core.events import Event
from sun_commune.disclosure import events, policies
from sun_commune.disclosure.models import Campaign, Task
from sun_commune.notifications import queries, services
from sun_commune.notifications.models import NoticeKind

K = NoticeKind


def writers_of(campaign: Campaign) -> list[User]:
    """Treasurers and the county's administrators; for what concerns all counties the treasurers."""
    place_code = campaign.county_code or config.current().city
    return queries.officers_for(place_code, *policies.WRITERS)


def to_writers(kind: NoticeKind) -> Callable[[Any], None]:
    def tell_writers(event: events.TaskEvent) -> None:
        task, campaign = _about(event)
        people = [user for user in writers_of(campaign) if user.id != event.actor_id]
        day = task.due_on
        _tell(people, kind, task, campaign, lambda: format_date(day, "long"))

    return tell_writers


def tell_author(event: events.ReportSentBack) -> None:
    task, campaign = _about(event)
    _tell(queries.users_of({event.author_id}), K.REPORT_SENT_BACK, task, campaign, event.reason)


def _about(event: events.TaskEvent) -> tuple[Task, Campaign]:
    task = queries.get_row(Task, event.task_id)
    return task, queries.get_row(Campaign, task.campaign_id)


def _tell(people: list[User], kind: NoticeKind, task: Task, campaign: Campaign, note: Any) -> None:
    """``about`` is the campaign's own title, or its number: a notice keeps it in one language."""
    about = f"{campaign.title or campaign.code} · {task.code}"
    services.tell(people, kind, code=task.code, about=about, note=note)


REPORTS: dict[type[Event], list[Callable[[Any], None]]] = {
    events.TaskOpened: [to_writers(K.REPORT_DUE)],
    events.TaskReminded: [to_writers(K.REPORT_REMINDED)],
    events.TaskOverdue: [to_writers(K.REPORT_OVERDUE)],
    events.ReportWritten: [to_writers(K.REPORT_TO_REVIEW)],
    events.ReportSentBack: [tell_author],
}
