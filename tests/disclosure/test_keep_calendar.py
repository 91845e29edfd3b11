"""The job: opens tasks once, reminds, calls overdue; large transactions open theirs with the entry."""

from __future__ import annotations

from datetime import date, time
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db, transaction
from sun_commune.core.jobs import run_once
from sun_commune.disclosure import jobs, queries, services
from sun_commune.disclosure.models import Campaign, CampaignKind, TaskKind, TaskState
from sun_commune.notifications.models import Notice, NoticeKind
from tests.cast import Cast
from tests.disclosure.world import (
    COUNTY,
    OTHER_COUNTY,
    campaign_of,
    duties,
    give,
    on,
    open_campaign,
    publish,
    run,
    tasks,
    write,
)
from tests.ledger import books

pytestmark = pytest.mark.usefixtures("book_checks_alone")
K = TaskKind


def notices(kind: NoticeKind) -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(Notice).where(Notice.kind == kind)).scalar_one()


def test_nothing_is_due_before_the_first_money(app: Flask) -> None:
    assert run() == 0
    assert db.session.scalar(select(func.count()).select_from(Campaign)) == 0


def test_money_puts_county_and_platform_into_the_calendar_once(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        give("2026-01-05")
        assert run() == 2
        give("2026-01-06", county_code=OTHER_COUNTY, need_code=books.OTHER_NEED)
        assert (run(), run()) == (1, 0)
        rows = db.session.execute(select(Campaign).order_by(Campaign.id)).scalars().all()
        assert [(row.county_code, row.begins_on) for row in rows] == [
            ("", date(2026, 1, 5)), (COUNTY, date(2026, 1, 5)), (OTHER_COUNTY, date(2026, 1, 6)),
        ]  # fmt: skip


def test_what_fell_due_before_the_calendar_began_is_not_asked_for(app: Flask, cast: Cast) -> None:
    """A platform with years of entries that brings its books here begins with the next report, not with a hundred."""
    with on("2026-06-10"):
        give("2017-12-06")
        run()
        assert duties(K.PROGRESS) == []
        assert duties(K.ANNUAL) == []
    with on("2026-08-23"):
        run()
        assert duties(K.PROGRESS) == [("2026-06-06", "2026-09-06")]
    with on("2027-01-01"):
        run()
        assert duties(K.ANNUAL) == [("2026", "2027-05-31")]


def test_nobody_is_overdue_on_the_day_of_the_entering(app: Flask, cast: Cast) -> None:
    with on("2026-04-05"):
        give("2026-01-05")
        run()
        run()
        assert duties(K.PROGRESS) == []
    with on("2026-07-05"):
        run()
        assert duties(K.PROGRESS) == [("2026-04-05", "2026-07-05")]


def test_every_quarter_opens_one_task(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        give("2026-01-05")
        run()
    with on("2026-03-21"):
        run()
        assert duties(K.PROGRESS) == []
    with on("2026-03-22", time(0, 0)):  # 14 days before; in UTC it is still the day before
        assert run() == 1
        assert duties(K.PROGRESS) == [("2026-01-05", "2026-04-05")]
        assert run() == 0
    with on("2027-01-10"):
        run()
        assert duties(K.PROGRESS)[1:] == [
            ("2026-04-05", "2026-07-05"), ("2026-07-05", "2026-10-05"), ("2026-10-05", "2027-01-05"),
        ]  # fmt: skip
        assert duties(K.ANNUAL) == [("2026", "2027-05-31")]


def test_several_schedulers_open_each_task_once(app: Flask, cast: Cast) -> None:
    """Eight at the same moment, past the lease of the job: the key (campaign, duty, period) holds by itself."""
    with on("2026-01-10"):
        give("2026-01-05")
        run()
    campaign_ids = db.session.execute(select(Campaign.id).order_by(Campaign.id)).scalars().all()
    db.session.rollback()

    def schedule() -> None:
        with app.app_context():
            for campaign_id in campaign_ids:
                with transaction():
                    services.open_tasks(campaign_id)
            db.session.remove()

    with on("2026-10-10"):
        threads = [Thread(target=schedule) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [period for period, _due in duties(K.PROGRESS)] == ["2026-01-05", "2026-04-05", "2026-07-05"]
        opened = select(func.count()).select_from(AuditEntry).where(AuditEntry.act == "TaskOpened")
        assert db.session.execute(opened).scalar_one() == 3


def test_without_looking_first_the_key_still_holds(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: blind to what is open, the job asks for all again; the database refuses each."""
    with on("2026-01-10"):
        give("2026-01-05")
        run()
    with on("2026-10-10"):
        run()
        before = len(tasks())
        monkeypatch.setattr(queries, "opened_of", lambda _campaign_id: set())
        with pytest.raises(RuntimeError, match="no event was announced"), transaction():
            services.open_tasks(campaign_of(tasks(K.PROGRESS)[0]).id)
        assert len(tasks()) == before


def test_the_job_runs_once_per_period(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        give("2026-01-05")
        assert run_once(jobs.KEEP_CALENDAR) is True
        assert run_once(jobs.KEEP_CALENDAR) is False


def test_offices_are_told_reminded_and_told_that_it_is_overdue(app: Flask, cast: Cast) -> None:
    treasurer, administrator, other = cast.treasurer, cast.administrator, cast.other_administrator
    with on("2026-01-10"):
        give("2026-01-05")
        run()
    with on("2026-03-25"):
        run()
        assert (notices(NoticeKind.REPORT_DUE), notices(NoticeKind.REPORT_REMINDED)) == (2, 0)
        told = db.session.execute(select(Notice.user_id)).scalars().all()
        assert set(told) == {treasurer.id, administrator.id}
        assert other.id not in told
    with on("2026-04-02", time(3, 0)):
        run()
        assert notices(NoticeKind.REPORT_REMINDED) == 0  # nobody is written to at night
    with on("2026-04-02"):
        run()
        run()
        assert notices(NoticeKind.REPORT_REMINDED) == 2
    with on("2026-04-05", time(20, 59)):
        run()
        assert queries.summary().overdue == 0
        assert notices(NoticeKind.REPORT_OVERDUE) == 0
    with on("2026-04-06", time(0, 0)):
        summary = queries.summary()
        assert (summary.overdue, summary.late_since) == (1, date(2026, 4, 5))
    with on("2026-04-06"):
        run()
        run()
        assert notices(NoticeKind.REPORT_OVERDUE) == 2
        assert queries.open_tasks(overdue=True)[0].days_late == 1


def test_an_emergency_is_reminded_of_on_the_day_before(app: Flask, cast: Cast) -> None:
    with on("2026-07-01"):
        open_campaign(cast.administrator, kind=CampaignKind.EMERGENCY, begins_on=date(2026, 7, 1))
        run()
        assert duties(K.EMERGENCY) == [("2026-07-01", "2026-07-06")]
    with on("2026-07-04"):
        run()
        assert notices(NoticeKind.REPORT_REMINDED) == 0
    with on("2026-07-05"):
        run()
        assert notices(NoticeKind.REPORT_REMINDED) == 1
    with on("2026-07-11"):
        run()
        assert [due for _period, due in duties(K.EMERGENCY)] == ["2026-07-06", "2026-07-11", "2026-07-16"]
        assert queries.summary().overdue == 1


def test_published_in_time_is_never_overdue(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        give("2026-01-05")
        run()
    with on("2026-04-05"):
        run()
        (task,) = tasks(K.PROGRESS)
        write(cast.treasurer, task)
        publish(cast.administrator, task)
    with on("2026-04-20"):
        run()
        assert queries.summary().overdue == 0
        assert notices(NoticeKind.REPORT_OVERDUE) == 0


def test_a_large_transaction_opens_its_task_with_the_entry(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        give("2026-01-05", 99_999_99 + 1)
        assert duties(K.MAJOR) == []  # the calendar has not begun
        run()
        give("2026-01-08", 9_999_999)
        large = give("2026-01-08", 10_000_000)
        uid = large.uid
        assert duties(K.MAJOR) == [(uid, "2026-02-07")]
        books.reverse(large)
        assert [(task.state, task.lifted_reason) for task in tasks(K.MAJOR)] == [(TaskState.LIFTED, "taken_back")]


def test_leftovers_are_asked_for_where_something_is_left(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        open_campaign(cast.administrator, begins_on=date(2026, 1, 1), ends_on=date(2026, 3, 31))
        open_campaign(
            cast.treasurer, title="三台县春耕", county_code=OTHER_COUNTY, begins_on=date(2026, 1, 1),
            ends_on=date(2026, 3, 31),
        )  # fmt: skip
        give("2026-01-05")
    with on("2026-04-01"):
        run()
        assert len(tasks(K.FULL)) == 2
        assert [campaign_of(task).county_code for task in tasks(K.LEFTOVERS)] == [COUNTY]
        assert tasks(K.LEFTOVERS)[0].due_on == date(2026, 6, 30)
