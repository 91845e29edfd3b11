"""A report: written by one, published by another, its figures frozen and computed again; corrected by a new version."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import exc, select, text

from sun_commune.core import selfcheck
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.disclosure import checks, services
from sun_commune.disclosure.models import Draft, DraftState, ReportVersion, Task, TaskKind, TaskState
from tests.cast import Cast
from tests.disclosure.world import WORDS, campaign_of, give, on, publish, run, seen, tasks, write

pytestmark = pytest.mark.usefixtures("book_checks_alone")
K = TaskKind


@pytest.fixture
def task(app: Flask, cast: Cast) -> Task:
    """The first quarter of the county's fund, due on 5 April 2026."""
    with on("2026-01-10"):
        give("2026-01-05")
        run()
    with on("2026-04-05"):
        run()
        (found,) = tasks(K.PROGRESS)
    return found


def findings() -> list[str]:
    return checks.reports_are_what_was_published()


def test_author_writes_and_a_second_person_publishes(cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        draft = write(cast.treasurer, task)
        assert (draft.begins_on, draft.ends_on) == (date(2026, 1, 5), date(2026, 4, 4))
        assert tasks(K.PROGRESS)[0].state is TaskState.OPEN
        version = publish(cast.administrator, task)
    assert (version.number, version.code, version.words) == (1, f"{task.code}-1", WORDS)
    assert hashlib.sha256(version.figures.encode()).hexdigest() == version.figures_sha256 == version.drafted_sha256
    assert json.loads(version.differences) == []
    assert json.loads(version.figures)["period"]["raised"] == 32_000
    stored = tasks(K.PROGRESS)[0]
    assert (stored.state, stored.published_at) == (TaskState.PUBLISHED, version.published_at)
    assert findings() == []


def test_nobody_publishes_their_own_words(cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        draft = write(cast.treasurer, task)
        with pytest.raises(NotAllowed):
            publish(cast.treasurer, task)
        with pytest.raises(NotAllowed), transaction():
            services.send_back_report(cast.treasurer, campaign_of(task), draft, reason="我自己想退回")
    assert tasks(K.PROGRESS)[0].state is TaskState.OPEN


@pytest.mark.parametrize("who", ["other_administrator", "secretary", "supervisor", "donor"])
def test_others_neither_write_nor_publish(cast: Cast, task: Task, who: str) -> None:
    outsider = getattr(cast, who)
    with on("2026-04-05"):
        with pytest.raises(NotAllowed):
            write(outsider, task)
        write(cast.treasurer, task)
        with pytest.raises(NotAllowed):
            publish(outsider, task)


def test_database_wants_two_people_too(cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        draft = write(cast.treasurer, task)
        row = {"id": draft.id}
    with pytest.raises(exc.IntegrityError), transaction(audited=False) as session:
        session.execute(
            text("UPDATE disclosure_drafts SET state = 'published', reviewer_id = author_id WHERE id = :id"), row
        )


@pytest.mark.parametrize("words", ["", "太短", "长" * 5001])
def test_words_have_a_length(cast: Cast, task: Task, words: str) -> None:
    with on("2026-04-05"), pytest.raises(RuleBroken) as refused:
        write(cast.treasurer, task, words=words)
    assert refused.value.field == "words"


def test_what_changed_since_the_draft_is_told(cast: Cast, task: Task) -> None:
    """An entry of the covered days is posted between draft and publishing."""
    with on("2026-04-05"):
        draft = write(cast.treasurer, task)
        shown = seen(task, draft)
    with on("2026-04-06"):
        give("2026-04-01", 5_000)
        with pytest.raises(Conflict):
            publish(cast.administrator, task, draft, seen_sha256=shown)
        assert tasks(K.PROGRESS)[0].state is TaskState.OPEN
        version = publish(cast.administrator, task)
    told = {row["figure"]: (row["before"], row["after"]) for row in json.loads(version.differences)}
    assert told["period.raised"] == (32_000, 37_000)
    assert told["so_far.held"] == (32_000, 37_000)
    assert json.loads(version.figures)["period"]["raised"] == 37_000
    assert version.drafted_sha256 != version.figures_sha256


def test_publishing_twice_publishes_once(cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        draft = write(cast.treasurer, task)
        first = publish(cast.administrator, task).code
        assert publish(cast.administrator, task, draft).code == first
        with pytest.raises(Conflict):
            publish(cast.second_treasurer, task, draft)
    assert len(db.session.execute(select(ReportVersion)).scalars().all()) == 1


def test_sent_back_with_a_reason_and_written_anew(cast: Cast, task: Task) -> None:
    administrator = cast.administrator
    with on("2026-04-05"):
        draft = write(cast.treasurer, task)
        with pytest.raises(RuleBroken) as refused, transaction():
            services.send_back_report(administrator, campaign_of(task), draft, reason="短")
        assert refused.value.field == "reason"
        with transaction():
            services.send_back_report(cast.administrator, campaign_of(task), draft, reason="请写明下季度安排")
        with pytest.raises(Conflict):
            publish(cast.second_treasurer, task, draft)
        again = write(cast.treasurer, task)
        assert again.id != draft.id
        publish(cast.administrator, task)


def test_written_anew_replaces_what_nobody_decided(cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        first = write(cast.treasurer, task)
        write(cast.second_treasurer, task)
        rows = db.session.execute(select(Draft).order_by(Draft.id)).scalars().all()
        assert [row.state for row in rows] == [DraftState.REPLACED, DraftState.WAITING]
        with pytest.raises(Conflict):
            publish(cast.administrator, task, first)


def test_a_correction_is_a_new_version_with_a_note(cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        write(cast.treasurer, task)
        publish(cast.administrator, task)
    with on("2026-05-20"):
        give("2026-03-31", 1_000)
        with pytest.raises(RuleBroken) as refused:
            write(cast.treasurer, task)
        assert refused.value.field == "note"
        write(cast.treasurer, task, note="补记三月的一笔捐款")
        second = publish(cast.administrator, task)
    assert (second.number, second.note) == (2, "补记三月的一笔捐款")
    assert (second.begins_on, second.ends_on) == (date(2026, 1, 5), date(2026, 4, 4))
    stored = tasks(K.PROGRESS)[0]
    assert stored.published_at is not None
    assert stored.published_at < second.published_at
    assert findings() == []


def test_the_next_report_begins_where_the_last_one_ended(cast: Cast, task: Task) -> None:
    """Published early, on 1 April: the days up to the 4th are the next report's, and no entry is left out."""
    with on("2026-04-01"):
        early = write(cast.treasurer, task)
        assert early.ends_on == date(2026, 4, 1)
        publish(cast.administrator, task)
    with on("2026-07-05"):
        run()
        following = tasks(K.PROGRESS)[1]
        draft = write(cast.treasurer, following)
    assert (draft.begins_on, draft.ends_on) == (date(2026, 4, 2), date(2026, 7, 4))


def test_the_year_is_reported_for_its_days(app: Flask, cast: Cast) -> None:
    with on("2026-12-01"):
        give("2026-11-30", 100_000)
        run()
    with on("2027-05-31"):
        give("2027-01-01", 77)
        run()
        (annual,) = tasks(K.ANNUAL)
        draft = write(cast.treasurer, annual)
        assert (draft.begins_on, draft.ends_on) == (date(2026, 1, 1), date(2026, 12, 31))
        assert json.loads(draft.figures)["period"]["raised"] == 100_000
        assert json.loads(draft.figures)["year"]["year"] == 2026
        publish(cast.second_treasurer, annual)


def test_published_versions_cannot_be_changed(cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        write(cast.treasurer, task)
        publish(cast.administrator, task)
    db.session.rollback()
    for statement in (
        "UPDATE disclosure_reports SET words = 'x'",
        "DELETE FROM disclosure_reports",
        "INSERT INTO disclosure_reports SELECT * FROM disclosure_reports",
    ):
        with pytest.raises(exc.DBAPIError), transaction(audited=False) as session:
            session.execute(text(statement))
    assert findings() == []


def test_a_report_changed_behind_the_database_is_found(cast: Cast, task: Task) -> None:
    """Whoever owns the database can drop its triggers; the self-check still sees it."""
    with on("2026-04-05"):
        write(cast.treasurer, task)
        publish(cast.administrator, task)
    with transaction(audited=False) as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER disclosure_reports_no_update"))
        else:
            session.execute(text("ALTER TABLE disclosure_reports DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE disclosure_reports SET figures = replace(figures, '32000', '32001')"))
    assert [str(found) for found in selfcheck.find_all(checks.CHECKS)] == [
        f"reports_are_what_was_published: report {task.code}-1 is not what was published"
    ]
