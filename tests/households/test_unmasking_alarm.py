"""Whoever opens many families' data in a day is noticed the same day: once, by the county and the operator."""

from dataclasses import replace

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db
from sun_commune.notifications.models import Notice, NoticeKind
from tests.cast import Cast, sign_in
from tests.factories import make_household

LIMIT = 3


@pytest.fixture
def codes(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One household more than may be looked at, and a few again."""
    settings = app.extensions["sun_settings"]
    monkeypatch.setitem(app.extensions, "sun_settings", replace(settings, unmask_alarm=LIMIT))
    for who in ("administrator", "other_administrator", "operator"):
        getattr(cast, who)
    return [make_household(cast).code for _number in range(LIMIT + 2)]


def look(client: FlaskClient, *codes: str) -> None:
    for code in codes:
        assert client.post(f"/en/households/{code}/unmask", data={"reason": "核对领取名单"}).status_code == 200


def told() -> list[str]:
    statement = select(User.name).join(Notice, Notice.user_id == User.id)
    found = db.session.execute(statement.where(Notice.kind == NoticeKind.UNMASKING_ALARM).order_by(User.id))
    return list(found.scalars())


def alarms() -> list[AuditEntry]:
    return list(db.session.execute(select(AuditEntry).where(AuditEntry.act == "UnmaskingAlarmed")).scalars())


def test_up_to_the_limit_nobody_is_told(cast: Cast, client: FlaskClient, codes: list[str]) -> None:
    look(sign_in(client, cast.secretary), *codes[:LIMIT], *codes[:LIMIT])
    assert (told(), alarms()) == ([], [])


def test_one_more_is_told_once_a_day(cast: Cast, app: Flask, codes: list[str]) -> None:
    with time_machine.travel("2026-05-04T02:00Z", tick=False):
        look(sign_in(app.test_client(), cast.secretary), *codes)
    assert told() == [cast.administrator.name, cast.operator.name]
    (alarm,) = alarms()
    assert (alarm.actor_id, alarm.object_code, alarm.reason) == (
        cast.secretary.id, cast.secretary.code, str(LIMIT + 1),
    )  # fmt: skip
    with time_machine.travel("2026-05-04T16:00Z", tick=False):  # midnight in Mianyang
        client = sign_in(app.test_client(), cast.secretary)
        look(client, *codes[:LIMIT])
        assert len(alarms()) == 1
        look(client, *codes)
    assert len(alarms()) == 2
    page = sign_in(app.test_client(), cast.supervisor).get("/en/audit")
    assert page.text.count("Alarm: many families looked at in one day</") >= 2


def test_two_people_are_two_alarms(cast: Cast, app: Flask, codes: list[str]) -> None:
    look(sign_in(app.test_client(), cast.secretary), *codes[:2])
    look(sign_in(app.test_client(), cast.information_officer), *codes[2:])
    assert alarms() == []
    look(sign_in(app.test_client(), cast.administrator), *codes)
    assert told() == [cast.operator.name]  # not the administrator, whose own doing it is


def test_the_notice_names_the_officer_and_leads_to_the_record(cast: Cast, app: Flask, codes: list[str]) -> None:
    look(sign_in(app.test_client(), cast.secretary), *codes)
    page = sign_in(app.test_client(), cast.administrator).get("/en/my/inbox")
    assert f"{cast.secretary.name} has opened the private data of {LIMIT + 1} families today" in page.text
