"""Reports: written with frozen figures by one person, published by a second, corrected by a new version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, clean_text
from sun_commune.disclosure import figures, policies, queries
from sun_commune.disclosure.events import ReportPublished, ReportSentBack, ReportWritten
from sun_commune.disclosure.models import Campaign, Draft, DraftState, ReportVersion, Task, TaskKind, TaskState

WORDS_LENGTH = (10, 5000)
NOTE_LENGTH = (5, 200)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Frozen:
    """Figures as canonical JSON with its SHA-256."""

    text: str
    sha256: str


def covered_days(campaign: Campaign, task: Task) -> tuple[date, date]:
    """Which days a report written today covers, both inclusive.

    One on the way begins where the last published one ended, so that between two no day is left out, and ends today
    or on its period's last day. What comes after the end of a campaign covers all of it, up to today. A correction
    covers what it corrects.
    """
    published = queries.versions_of(task)
    if published:
        return published[0].begins_on, published[0].ends_on
    if task.kind in {TaskKind.FULL, TaskKind.LEFTOVERS}:
        return task.begins_on, max(task.ends_on, today())
    if task.kind in {TaskKind.ANNUAL, TaskKind.MAJOR}:
        return task.begins_on, task.ends_on
    until = queries.covered_until(campaign, task.kind, task.begins_on)
    begins_on = until + DAY if until else queries.first_period_of(campaign, task.kind) or task.begins_on
    ends_on = max(min(task.ends_on, today()), task.begins_on)
    return min(begins_on, ends_on), ends_on


def compute_figures(campaign: Campaign, task: Task, begins_on: date, ends_on: date) -> Frozen:
    text = figures.canonical(figures.compute(campaign, task, begins_on, ends_on))
    return Frozen(text, figures.fingerprint(text))


def write_report(actor: User, campaign: Campaign, task: Task, *, words: str, note: str) -> Draft:
    """Hand a report to a second person: the words, and the figures of this moment. A draft that nobody has decided on
    is replaced. Something published is corrected with a ``note`` that says why (5 to 200 characters).

    Raises NotAllowed for somebody else's county or a lifted task; RuleBroken with the field.
    """
    task = _lock(task)
    if not policies.can_write_report(actor, campaign, task):
        raise NotAllowed
    words, note = clean_text(words), clean_line(note)
    _check_length(words, WORDS_LENGTH, "words")
    is_correction = task.state is TaskState.PUBLISHED
    if is_correction:
        _check_length(note, NOTE_LENGTH, "note")
    earlier = queries.waiting_draft(task)
    if earlier is not None:
        earlier.state = DraftState.REPLACED
        db.session.flush()
    begins_on, ends_on = covered_days(campaign, task)
    frozen = compute_figures(campaign, task, begins_on, ends_on)
    draft = Draft(
        task_id=task.id, begins_on=begins_on, ends_on=ends_on, figures=frozen.text, figures_sha256=frozen.sha256,
        as_of=now(), words=words, note=note if is_correction else "", author_id=actor.id, state=DraftState.WAITING,
    )  # fmt: skip
    db.session.add(draft)
    db.session.flush()
    announce(
        ReportWritten(actor_id=actor.id, object_code=task.code, task_id=task.id, to_state="waiting", reason=draft.note)
    )
    return draft


def _check_length(text: str, length: tuple[int, int], field: str) -> None:
    least, most = length
    if not least <= len(text) <= most:
        raise RuleBroken(_l("Write %(least)d to %(most)d characters.", least=least, most=most), field=field)


def _lock(task: Task) -> Task:
    """Of two who decide, the second one sees what the first did."""
    statement = select(Task).where(Task.id == task.id).with_for_update()
    return db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()


def _lock_draft(draft: Draft) -> None:
    statement = select(Draft).where(Draft.id == draft.id).with_for_update()
    db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()


def publish_report(actor: User, campaign: Campaign, draft: Draft, *, seen_sha256: str) -> ReportVersion:
    """The second person publishes. The figures are computed once more for the same days: what changed since the draft
    is told in the report, and the actor must have seen it (``seen_sha256`` is the fingerprint of what was shown).

    Again by the same person: the version that is there. Raises NotAllowed for the author; Conflict if it was decided
    otherwise, or if the figures have changed since the page was shown.
    """
    task = _lock(db.session.get_one(Task, draft.task_id))
    _lock_draft(draft)
    if draft.state is DraftState.PUBLISHED and draft.reviewer_id == actor.id:
        return queries.versions_of(task)[0]
    _check_reviewer(actor, campaign, task, draft)
    frozen = compute_figures(campaign, task, draft.begins_on, draft.ends_on)
    if frozen.sha256 != seen_sha256:
        raise Conflict(_l("The figures have changed since you opened this page. Look at them again, then publish."))
    number = 1 + int(
        db.session.execute(
            select(func.coalesce(func.max(ReportVersion.number), 0)).where(ReportVersion.task_id == task.id)
        ).scalar_one()
    )
    changed = figures.differences(json.loads(draft.figures), json.loads(frozen.text))
    version = ReportVersion(
        code=f"{task.code}-{number}", task_id=task.id, number=number, begins_on=draft.begins_on,
        ends_on=draft.ends_on, figures=frozen.text, figures_sha256=frozen.sha256, as_of=now(),
        drafted_sha256=draft.figures_sha256, drafted_at=draft.as_of, differences=figures.canonical(changed),
        words=draft.words, note=draft.note, author_id=draft.author_id, reviewer_id=actor.id, published_at=now(),
    )  # fmt: skip
    db.session.add(version)
    draft.state, draft.reviewer_id, draft.reviewed_at = DraftState.PUBLISHED, actor.id, now()
    before = task.state
    task.state, task.published_at = TaskState.PUBLISHED, task.published_at or now()
    db.session.flush()
    announce(
        ReportPublished(
            actor_id=actor.id, object_code=task.code, task_id=task.id, from_state=before.value, to_state="published",
            reason=version.code,
        )
    )  # fmt: skip
    return version


def send_back_report(actor: User, campaign: Campaign, draft: Draft, *, reason: str) -> Draft:
    """The second person wants it written anew, and says why (5 to 200 characters)."""
    reason = clean_line(reason)
    _check_length(reason, NOTE_LENGTH, "reason")
    task = _lock(db.session.get_one(Task, draft.task_id))
    _lock_draft(draft)
    if draft.state is DraftState.SENT_BACK and draft.reviewer_id == actor.id:
        return draft
    _check_reviewer(actor, campaign, task, draft)
    draft.state, draft.reviewer_id, draft.reviewed_at = DraftState.SENT_BACK, actor.id, now()
    draft.reason = reason
    db.session.flush()
    announce(
        ReportSentBack(
            actor_id=actor.id, object_code=task.code, task_id=task.id, author_id=draft.author_id,
            from_state="waiting", to_state="sent_back", reason=reason,
        )
    )  # fmt: skip
    return draft


def _check_reviewer(actor: User, campaign: Campaign, task: Task, draft: Draft) -> None:
    if draft.state is not DraftState.WAITING or task.state is TaskState.LIFTED:
        raise Conflict(_l("Somebody has decided this already. Open the page again."))
    if actor.id == draft.author_id:
        raise NotAllowed(_l("You wrote this yourself. A second person has to decide it."))
    if not policies.can_review_report(actor, campaign, draft):
        raise NotAllowed
