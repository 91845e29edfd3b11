"""Stories are played in the order of time, each act by its own moment and in its own transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.audit.models import AuditEntry
from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.core.events import announce
from sun_commune.demo.director import Director, Story
from sun_commune.demo.events import DemoDataMade

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)  # noon in Shanghai


def tell(code: str, *moments: datetime) -> Story[None]:
    for moment in moments:
        yield moment
        announce(DemoDataMade(actor_id=None, object_code=code))


def director(*jobs: object) -> Director:
    with clock.standing_at(NOW):
        return Director(jobs=jobs, tell=lambda _done: None)  # type: ignore[arg-type]  # plain functions in the tests


def trail() -> list[tuple[str, datetime]]:
    rows = db.session.execute(select(AuditEntry.object_code, AuditEntry.at).order_by(AuditEntry.id))
    return [(row.object_code, row.at) for row in rows]


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def test_acts_of_all_stories_happen_in_the_order_of_their_moments(app: Flask) -> None:
    played = director()
    played.add(tell("one", days_ago(9), days_ago(3)))
    played.add(tell("two", days_ago(5), days_ago(2)))
    assert played.play() == 4
    assert trail() == [("one", days_ago(9)), ("two", days_ago(5)), ("one", days_ago(3)), ("two", days_ago(2))]


def test_clock_runs_again_afterwards(app: Flask) -> None:
    played = director()
    played.add(tell("one", days_ago(9)))
    before = datetime.now(UTC) - timedelta(seconds=2)
    played.play()
    assert clock.now() >= before


def test_jobs_run_every_morning_between_the_acts(app: Flask) -> None:
    ran: list[datetime] = []

    def job() -> int:
        ran.append(clock.now())
        return 0

    played = director(job)
    played.add(tell("one", days_ago(3)))
    played.play()
    mornings = [datetime(2026, 2, day, 0, 30, tzinfo=UTC) for day in (26, 27, 28)]
    assert ran == [*mornings, datetime(2026, 3, 1, 0, 30, tzinfo=UTC)]  # 08:30 in Shanghai


def test_long_pause_is_skipped(app: Flask) -> None:
    ran: list[datetime] = []
    played = director(lambda: ran.append(clock.now()) or 0)
    played.add(tell("one", days_ago(3000), days_ago(1)))
    played.play()
    assert len(ran) == 3  # the morning of the first act, of the second, and today's


def test_job_of_its_own_moment(app: Flask) -> None:
    ran: list[datetime] = []
    played = director()
    played.add_job(days_ago(2), lambda: ran.append(clock.now()) or 0)
    played.play()
    assert ran == [days_ago(2)]


def test_story_may_not_go_back_in_time(app: Flask) -> None:
    played = director()
    played.add(tell("one", days_ago(2), days_ago(3)))
    with pytest.raises(ValueError, match="story tell goes back in time"):
        played.play()


@pytest.mark.parametrize("moment", [NOW + timedelta(minutes=1), NOW - timedelta(hours=2)])
def test_story_of_today_is_told_of_the_last_hour_alone(app: Flask, moment: datetime) -> None:
    """Else the demo could be made in the evening and not in the morning."""
    with pytest.raises(ValueError, match="tell it of yesterday"):
        director().add(tell("one", moment))


def test_failing_act_leaves_nothing(app: Flask) -> None:
    def story() -> Story[None]:
        yield days_ago(2)
        announce(DemoDataMade(actor_id=None, object_code="half"))
        raise RuntimeError("the act fails")

    played = director()
    played.add(story())
    with pytest.raises(RuntimeError, match="the act fails"):
        played.play()
    assert trail() == []
