"""Signing in: by phone or e-mail, in the same words for every refusal, counted before it is computed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune import config
from sun_commune.accounts import passwords, throttles
from sun_commune.accounts.models import SignIn, Throttle, User
from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db, transaction
from tests.cast import PASSWORD, Cast, sign_in

MISFIT = "do not fit together"


def post(client: FlaskClient, contact: str, password: str = PASSWORD, **query: str) -> Any:
    return client.post("/en/sign-in", data={"contact": contact, "password": password}, query_string=query)


def test_phone_and_password_open_my_page(client: FlaskClient, cast: Cast) -> None:
    assert cast.donor.phone
    answer = post(client, cast.donor.phone)
    assert (answer.status_code, answer.location) == (303, "/en/my")
    assert cast.donor.name in client.get("/en/my").text
    entry = db.session.execute(select(AuditEntry)).scalar_one()
    assert (entry.act, entry.actor_id, entry.object_code) == ("UserSignedIn", cast.donor.id, cast.donor.code)


@pytest.mark.parametrize(
    "typed", ["139 0000 0001", "１３９０００００００１", "+86-13900000001", " USER1@EXAMPLE.TEST "]
)
def test_contact_may_be_typed_in_many_ways(client: FlaskClient, cast: Cast, typed: str) -> None:
    assert cast.donor.phone == "+8613900000001"
    assert post(client, typed).status_code == 303


def test_words_are_the_same_for_unknown_wrong_and_disabled(client: FlaskClient, cast: Cast) -> None:
    disabled = cast.stranger
    with transaction(audited=False):
        db.session.get(User, disabled.id).is_enabled = False  # type: ignore[union-attr]
    assert cast.donor.phone
    assert disabled.phone
    answers = [
        post(client, "13811112222"),
        post(client, cast.donor.phone, "not the password"),
        post(client, disabled.phone),
        post(client, "no contact at all"),
    ]
    assert [answer.status_code for answer in answers] == [422] * 4
    assert all(MISFIT in answer.text for answer in answers)
    assert db.session.scalar(select(func.count()).select_from(SignIn)) == 0
    acts = db.session.scalars(select(AuditEntry.act)).all()
    assert acts == ["SignInRefused"] * 4


def test_unknown_account_costs_one_hash_like_a_known_one(
    client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = []
    real = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, *a: verified.append(1) or real(self, *a))
    assert cast.donor.phone
    post(client, cast.donor.phone, "not the password")
    post(client, "13811112222", "not the password")
    assert len(verified) == 2


def test_what_was_typed_stays_and_the_password_does_not(client: FlaskClient, cast: Cast) -> None:
    answer = post(client, "13811112222", "secret words here")
    assert 'value="13811112222"' in answer.text
    assert "secret words here" not in answer.text


def test_guessing_one_account_is_stopped_before_hashing(
    client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cast.donor.phone
    for _attempt in range(throttles.SIGN_IN_PAIR.most):
        assert post(client, cast.donor.phone, "not the password").status_code == 422
    monkeypatch.setattr(passwords, "fits", lambda *_: pytest.fail("hashed a throttled attempt"))
    answer = post(client, cast.donor.phone)
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text


def test_unknown_account_is_throttled_like_a_known_one(client: FlaskClient, app: Flask) -> None:
    codes = [post(client, "13811112222").status_code for _attempt in range(throttles.SIGN_IN_PAIR.most + 1)]
    assert codes == [422] * throttles.SIGN_IN_PAIR.most + [429]


def test_owner_elsewhere_is_not_locked_out(client: FlaskClient, cast: Cast) -> None:
    assert cast.donor.phone
    for _attempt in range(throttles.SIGN_IN_PAIR.most + 1):
        post(client, cast.donor.phone, "not the password")
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    data = {"contact": cast.donor.phone, "password": PASSWORD}
    assert client.post("/en/sign-in", data=data, environ_overrides=elsewhere).status_code == 303


def test_window_ends(client: FlaskClient, cast: Cast) -> None:
    start = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    assert cast.donor.phone
    with time_machine.travel(start, tick=False) as clock:
        for _attempt in range(throttles.SIGN_IN_PAIR.most + 1):
            post(client, cast.donor.phone, "not the password")
        assert post(client, cast.donor.phone).status_code == 429
        clock.move_to(start + timedelta(minutes=throttles.SIGN_IN_PAIR.minutes))
        assert post(client, cast.donor.phone).status_code == 303


def test_counters_tell_nobodys_phone(client: FlaskClient, cast: Cast) -> None:
    assert cast.donor.phone
    post(client, cast.donor.phone, "not the password")
    keys = " ".join(db.session.scalars(select(Throttle.key)))
    assert keys
    assert "139" not in keys.replace("-", "") or cast.donor.phone not in keys
    assert "127.0.0.1" not in keys


def test_new_parameters_hash_again(client: FlaskClient, cast: Cast) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    donor = cast.donor
    with transaction(audited=False):
        db.session.get(User, donor.id).password_hash = old  # type: ignore[union-attr]
    assert donor.phone
    assert post(client, donor.phone).status_code == 303
    stored = db.session.get(User, donor.id).password_hash  # type: ignore[union-attr]
    assert stored != old
    assert "m=8,t=1,p=1" in stored


def test_real_parameters_are_argon2id_of_the_library(app: Flask) -> None:
    app.config["CHEAP_PASSWORDS"] = False
    try:
        assert passwords.hash_password("some long words").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    finally:
        app.config["CHEAP_PASSWORDS"] = True


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "///evil.example", "\\\\evil.example", "/\\evil.example", "https://evil.example",
        "http:evil.example", "/\t/evil.example", "\t//evil.example", "/ /evil.example", "javascript:alert(1)",
        "/%09/evil.example\r\nSet-Cookie: a=b", "evil.example", "/" + "a" * 3000, "//evil.example@127.0.0.1/",
    ],
)  # fmt: skip
def test_next_leads_to_this_site_only(client: FlaskClient, cast: Cast, target: str) -> None:
    assert cast.donor.phone
    answer = post(client, cast.donor.phone, next=target)
    assert (answer.status_code, answer.location) == (303, "/en/my")


def test_next_leads_back(client: FlaskClient, cast: Cast) -> None:
    asked = client.get("/en/my?x=1")
    assert asked.status_code == 302
    assert asked.location == "/en/sign-in?next=/en/my?x%3D1"
    assert cast.donor.phone
    assert post(client, cast.donor.phone, next="/en/my?x=1").location == "/en/my?x=1"


def test_sign_in_keeps_nothing_of_the_visitors_session(client: FlaskClient, cast: Cast) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    assert cast.donor.phone
    post(client, cast.donor.phone)
    with client.session_transaction() as session:
        assert "planted" not in session


def test_copied_cookie_ends_with_the_sign_out(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.donor)
    with client.session_transaction() as session:
        copied = dict(session)
    assert client.post("/en/sign-out").status_code == 303
    with client.session_transaction() as session:
        session.update(copied)
    assert client.get("/en/my").status_code == 302


def test_signing_out_twice_is_no_error(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.donor)
    assert [client.post("/en/sign-out").status_code for _time in range(2)] == [303, 303]
    assert db.session.scalars(select(AuditEntry.act)).all() == ["UserSignedOut"]


def test_disabled_account_is_out_at_the_next_request(client: FlaskClient, cast: Cast) -> None:
    donor = cast.donor
    sign_in(client, donor)
    with transaction(audited=False):
        db.session.get(User, donor.id).is_enabled = False  # type: ignore[union-attr]
    assert client.get("/en/my").status_code == 302


def test_sign_in_of_an_older_epoch_is_out(client: FlaskClient, cast: Cast) -> None:
    """Its row may still be there: it was written while the password was being changed elsewhere."""
    donor = cast.donor
    sign_in(client, donor)
    with transaction(audited=False):
        db.session.get(User, donor.id).auth_epoch += 1  # type: ignore[union-attr]
    assert client.get("/en/my").status_code == 302


def test_idle_sign_in_ends_and_a_used_one_goes_on(client: FlaskClient, cast: Cast) -> None:
    start = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client, cast.donor)
        for minutes in (50, 100, 150):
            clock.move_to(start + timedelta(minutes=minutes))
            assert client.get("/en/my").status_code == 200
        clock.move_to(start + timedelta(minutes=211))
        assert client.get("/en/my").status_code == 302


def test_sign_in_that_is_used_all_the_time_ends_after_its_days(
    client: FlaskClient, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "sun_settings", replace(config.current(), sign_in_days=1))
    start, donor = datetime(2026, 5, 1, 8, 0, tzinfo=UTC), cast.donor
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client, donor)
        for minutes in range(55, 24 * 60, 55):  # never idle for an hour
            clock.move_to(start + timedelta(minutes=minutes))
            assert client.get("/en/my").status_code == 200, minutes
        clock.move_to(start + timedelta(days=1))
        assert client.get("/en/my").status_code == 302
        assert donor.phone
        assert post(client, donor.phone).status_code == 303  # a new one begins anew
        clock.move_to(start + timedelta(days=1, minutes=30))
        assert client.get("/en/my").status_code == 200


@pytest.mark.parametrize("contact", ["", "\x00", "x" * 5000, "张三", "1" * 300 + "@" + "a" * 300, "139\u0000"])
@pytest.mark.parametrize("password", ["", "x", "\x00" * 20, "长" * 5000])
def test_nothing_typed_breaks_the_page(client: FlaskClient, app: Flask, contact: str, password: str) -> None:
    refused_at_the_door = "\x00" in contact + password  # no keyboard sends it; core refuses it for every page
    assert post(client, contact, password).status_code == (400 if refused_at_the_door else 422)
