"""Needs whose last day is over expire by themselves, each once, and stay in public as a record."""

from datetime import date, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from sun_commune.core.db import db, transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.core.jobs import run_once
from sun_commune.needs import jobs, queries, services
from sun_commune.needs.states import NeedAct, NeedState, Side
from tests.cast import Cast
from tests.factories import make_need

MARCH = "2026-03-01T04:00:00Z"


def test_wanted_by_day_is_the_last_one(cast: Cast, client: FlaskClient) -> None:
    with time_machine.travel(MARCH, tick=False):
        need = make_need(cast, wanted_on=date(2026, 3, 10))
        open_end = make_need(cast)
    code, other_code = need.code, open_end.code
    assert (need.expires_on, open_end.expires_on) == (date(2026, 3, 10), date(2026, 3, 1) + timedelta(days=180))
    with time_machine.travel("2026-03-10T15:59:00Z", tick=False):
        assert jobs.expire_needs() == 0
    with time_machine.travel("2026-03-10T16:00:00Z", tick=False):  # midnight in Mianyang
        assert run_once(jobs.EXPIRE_NEEDS)
        assert not run_once(jobs.EXPIRE_NEEDS)
        assert jobs.expire_needs() == 0
    need, open_end = queries.get_need(code), queries.get_need(other_code)
    assert (need.state, need.is_listed, need.is_open) == (NeedState.EXPIRED, True, False)
    assert open_end.state is NeedState.PUBLISHED
    last = need.changes[-1]
    assert (last.act, last.side, last.actor_id, last.from_state) == (
        NeedAct.EXPIRE, Side.SYSTEM, None, NeedState.PUBLISHED
    )  # fmt: skip
    assert client.get(f"/en/needs/{code}").status_code == 200


@pytest.mark.parametrize("state", [NeedState.PAUSED, NeedState.WITHDRAWN, NeedState.CLOSED, NeedState.APPROVED])
def test_only_open_needs_expire(cast: Cast, state: NeedState) -> None:
    with time_machine.travel(MARCH, tick=False):
        need = make_need(cast, state=state, wanted_on=date(2026, 3, 10))
    with time_machine.travel("2026-04-01T00:00:00Z", tick=False):
        assert jobs.expire_needs() == 0
    db.session.rollback()
    assert need.state is state


def test_more_needs_than_one_batch(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(MARCH, tick=False):
        for _ in range(5):
            make_need(cast, wanted_on=date(2026, 3, 2))
    monkeypatch.setattr(services.expire_needs, "__defaults__", (2,))
    with time_machine.travel("2026-04-01T00:00:00Z", tick=False):
        assert jobs.expire_needs() == 5


def test_need_that_waited_too_long_is_not_published(cast: Cast) -> None:
    with time_machine.travel(MARCH, tick=False):
        need = make_need(cast, state=NeedState.APPROVED, wanted_on=date(2026, 3, 2))
    administrator = cast.administrator
    with (
        time_machine.travel("2026-03-03T00:00:00Z", tick=False),
        pytest.raises(RuleBroken, match="passed"),
        transaction(),
    ):
        services.publish_need(administrator, need)
    db.session.rollback()
    assert need.state is NeedState.APPROVED
