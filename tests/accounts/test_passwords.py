"""Forgotten, set anew by a link that works once, changed; every other sign-in ends."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune.accounts import throttles
from sun_commune.accounts.events import PasswordResetAsked
from sun_commune.accounts.models import PasswordReset, User
from sun_commune.accounts.passwords import find_weakness
from sun_commune.accounts.services import keys
from sun_commune.core import events
from sun_commune.core.db import db, transaction
from sun_commune.notifications.models import OutboxMessage
from tests.cast import PASSWORD, Cast, sign_in

NEW = "rain on the tin roof"


def ask(client: FlaskClient, contact: str | None) -> Any:
    return client.post("/en/forgot", data={"contact": contact})


def link_for(user: User) -> str:
    user = db.session.get_one(User, user.id)
    with transaction(audited=False):
        token = keys.make_link(user=user, valid_for=keys.LINK_VALID_FOR)
    return f"/en/reset/{token}"


def signs_in(client: FlaskClient, user: User, password: str) -> bool:
    return client.post("/en/sign-in", data={"contact": user.phone, "password": password}).status_code == 303


def test_link_goes_to_the_owner_and_sets_the_password(
    client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[PasswordResetAsked] = []
    monkeypatch.setitem(events._listeners, PasswordResetAsked, [heard.append])
    assert client.get("/en/forgot").status_code == 200
    assert ask(client, cast.donor.phone).location == "/en/forgot/sent"
    assert client.get("/en/forgot/sent").status_code == 200
    (event,) = heard
    assert event.user_id == cast.donor.id
    assert client.get(f"/en/reset/{event.link_token}").status_code == 200
    answer = client.post(f"/en/reset/{event.link_token}", data={"password": NEW})
    assert (answer.status_code, answer.location) == (303, "/en/sign-in")
    assert not signs_in(client, cast.donor, PASSWORD)
    assert signs_in(client, cast.donor, NEW)


def test_message_in_the_outbox_carries_the_link(client: FlaskClient, cast: Cast) -> None:
    ask(client, cast.donor.phone)
    message = db.session.execute(select(OutboxMessage)).scalars().one()
    assert message.user_id == cast.donor.id
    link = re.search(r"http://127\.0\.0\.1:8000(/(?:zh|en)/reset/[\w-]+)", message.body)
    assert link
    assert client.post(link[1], data={"password": NEW}).status_code == 303
    assert signs_in(client, cast.donor, NEW)


def test_answer_is_the_same_for_an_unknown_contact(client: FlaskClient, cast: Cast) -> None:
    disabled = cast.stranger
    with transaction(audited=False):
        db.session.get_one(User, disabled.id).is_enabled = False
    answers = [ask(client, contact) for contact in (cast.donor.phone, "13811112222", disabled.phone, "nonsense")]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/en/forgot/sent")}
    assert db.session.scalars(select(PasswordReset.user_id)).all() == [cast.donor.id]


def test_link_works_once(client: FlaskClient, cast: Cast) -> None:
    link = link_for(cast.donor)
    assert client.post(link, data={"password": NEW}).status_code == 303
    assert client.get(link).status_code == 410
    assert client.post(link, data={"password": "another long one"}).status_code == 410
    assert signs_in(client, cast.donor, NEW)


def test_link_works_for_thirty_minutes(client: FlaskClient, cast: Cast) -> None:
    start = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        link = link_for(cast.donor)
        clock.move_to(start + timedelta(minutes=29))
        assert client.get(link).status_code == 200
        clock.move_to(start + timedelta(minutes=30))
        assert client.get(link).status_code == 410
        assert client.post(link, data={"password": NEW}).status_code == 410


def test_newer_link_ends_the_older(client: FlaskClient, cast: Cast) -> None:
    older, newer = link_for(cast.donor), link_for(cast.donor)
    assert client.get(older).status_code == 410
    assert client.get(newer).status_code == 200


def test_database_does_not_hold_the_link(client: FlaskClient, cast: Cast) -> None:
    token = link_for(cast.donor).rsplit("/", 1)[1]
    assert token not in " ".join(db.session.scalars(select(PasswordReset.token_hash)))


def test_reset_ends_every_sign_in(app: Flask, cast: Cast) -> None:
    thief, owner = sign_in(app.test_client(), cast.donor), app.test_client()
    assert thief.get("/en/my").status_code == 200
    owner.post(link_for(cast.donor), data={"password": NEW})
    assert thief.get("/en/my").status_code == 302


@pytest.mark.parametrize("password", ["", "short", "password123456", "x" * 129, "x" * 100_000])
def test_weak_password_is_refused_and_the_link_stays(client: FlaskClient, cast: Cast, password: str) -> None:
    link = link_for(cast.donor)
    assert client.post(link, data={"password": password}).status_code == 422
    assert client.post(link, data={"password": NEW}).status_code == 303


@pytest.mark.parametrize("token", ["x", "x" * 3000, "..", "%00", "é"])
def test_forged_link_is_over(client: FlaskClient, app: Flask, token: str) -> None:
    assert client.get(f"/en/reset/{token}").status_code in {400, 404, 410}


def test_asking_often_is_stopped_for_known_and_unknown(client: FlaskClient, cast: Cast) -> None:
    for contact in (cast.donor.phone, "13811112222"):
        codes = [ask(client, contact).status_code for _time in range(throttles.RESET_ACCOUNT.most + 1)]
        assert codes == [303] * throttles.RESET_ACCOUNT.most + [429]


def test_changed_password_keeps_this_browser_and_ends_the_others(app: Flask, cast: Cast) -> None:
    here, elsewhere = sign_in(app.test_client(), cast.donor), sign_in(app.test_client(), cast.donor)
    assert here.get("/en/my/password").status_code == 200
    with here.session_transaction() as session:
        copied = dict(session)
    answer = here.post("/en/my/password", data={"old_password": PASSWORD, "password": NEW})
    assert (answer.status_code, answer.location) == (303, "/en/my")
    assert here.get("/en/my").status_code == 200
    assert elsewhere.get("/en/my").status_code == 302
    with elsewhere.session_transaction() as session:
        session.update(copied)
    assert elsewhere.get("/en/my").status_code == 302


def test_wrong_old_password_changes_nothing_and_is_throttled(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.donor)
    data = {"old_password": "not the password", "password": NEW}
    codes = [client.post("/en/my/password", data=data).status_code for _time in range(throttles.PASSWORD_USER.most + 1)]
    assert codes == [422] * throttles.PASSWORD_USER.most + [429]
    client.post("/en/sign-out")
    assert signs_in(client, cast.donor, PASSWORD)


def test_visitor_cannot_change_a_password(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/en/my/password").status_code == 302
    assert client.post("/en/my/password", data={"old_password": PASSWORD, "password": NEW}).status_code == 302
    assert db.session.scalar(select(func.count()).select_from(PasswordReset)) == 0


@pytest.mark.parametrize(
    "good", ["rain on the tin roof", "春雨贵如油满地流啊流", "tr0ub4dor&3xyz", "password of my dog Bello"]
)
def test_good_passwords(app: Flask, good: str) -> None:
    assert find_weakness(good, "张建国", "+8613900000001", "zjg@example.test") is None


@pytest.mark.parametrize(
    "weak", ["Password2026!", "qwertyuiop", "abcdefghijkl", "9876543210", "ababababab", "zhangjianguo1", "13900000001a"]
)
def test_weak_passwords(app: Flask, weak: str) -> None:
    assert find_weakness(weak, "zhangjianguo", "+8613900000001", "zjg@example.test") is not None
