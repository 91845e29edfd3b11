"""A form sent after the sign-in or the token has ended: nothing typed is lost, and no door is opened."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import delete, select

from sun_commune.accounts import resume
from sun_commune.accounts.models import Duty, SignIn, User
from sun_commune.core.db import db, transaction
from tests.cast import JINLU, PASSWORD, Cast, sign_in

OWN = {"Origin": "http://localhost"}
STRANGE = {"Origin": "https://evil.example"}
TARGET = "/en/my/duties/request"
TYPED = {
    "role": "first_secretary", "place": JINLU, "office_phone": "0816-7654321", "starts_on": "2026-01-01",
    "ends_on": "", "once": "a-key-of-the-form",
}  # fmt: skip


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    """As on a server: tokens are asked for."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def hidden(page: str) -> dict[str, str]:
    """Names and values of the hidden fields."""
    tags = re.findall(r'<input[^>]*type="hidden"[^>]*>', page)
    found = {}
    for tag in tags:
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name
        found[html.unescape(name[1])] = html.unescape(value[1]) if value else ""
    return found


def end_sign_ins() -> None:
    with transaction(audited=False) as session:
        session.execute(delete(SignIn))


def sign_in_with_kept(client: FlaskClient, user: User, page: str, **changed: str) -> Any:
    fields = hidden(page)
    data = {
        "contact": user.phone,
        "password": PASSWORD,
        "kept": fields["kept"],
        "csrf_token": fields.get("csrf_token", ""),
    }
    return client.post("/en/sign-in", data={**data, **changed}, headers=OWN)


def test_text_comes_back_after_signing_in_and_goes_on(client: FlaskClient, cast: Cast, guarded: Flask) -> None:
    donor = cast.donor
    sign_in(client, donor)
    token = hidden(client.get(TARGET).text)["csrf_token"]
    end_sign_ins()
    lost = client.post(TARGET, data={**TYPED, "csrf_token": token}, headers=OWN)
    assert lost.status_code == 401
    assert "Your text is kept" in lost.text
    offered = sign_in_with_kept(client, donor, lost.text)
    assert offered.status_code == 200
    assert f'action="{TARGET}"' in offered.text
    fields = hidden(offered.text)
    assert {name: value for name, value in fields.items() if name != "csrf_token"} == TYPED
    assert fields["csrf_token"] != token
    assert client.post(TARGET, data={**fields, "csrf_token": token}).status_code == 400
    sent = client.post(TARGET, data=fields, headers=OWN)
    assert (sent.status_code, sent.location) == (303, "/en/my")
    assert db.session.execute(select(Duty.place_code)).scalar_one() == JINLU


def test_text_comes_back_when_the_cookie_is_gone_too(client: FlaskClient, cast: Cast, guarded: Flask) -> None:
    lost = client.post(TARGET, data={**TYPED, "csrf_token": "of another life"}, headers=OWN)
    assert lost.status_code == 401
    offered = sign_in_with_kept(client, cast.donor, lost.text)
    assert hidden(offered.text)["office_phone"] == TYPED["office_phone"]


def test_text_is_kept_over_a_wrong_password(client: FlaskClient, cast: Cast, guarded: Flask) -> None:
    lost = client.post(TARGET, data=TYPED, headers=OWN)
    wrong = sign_in_with_kept(client, cast.donor, lost.text, password="not the password")
    assert wrong.status_code == 422
    assert "Your text is kept" in wrong.text
    assert hidden(sign_in_with_kept(client, cast.donor, wrong.text).text)["place"] == JINLU


def test_old_token_of_who_is_signed_in_is_offered_at_once(client: FlaskClient, cast: Cast, guarded: Flask) -> None:
    sign_in(client, cast.donor)
    lost = client.post(TARGET, data={**TYPED, "csrf_token": "too old"}, headers=OWN)
    assert lost.status_code == 400
    assert "Your text is kept" in lost.text
    assert client.post(TARGET, data=hidden(lost.text), headers=OWN).status_code == 303


def test_two_windows_both_keep_their_text(client: FlaskClient, cast: Cast, guarded: Flask) -> None:
    one = client.post(TARGET, data=TYPED, headers=OWN)
    other = client.post(TARGET, data={**TYPED, "office_phone": "0816-1111111"}, headers=OWN)
    assert hidden(sign_in_with_kept(client, cast.donor, one.text).text)["office_phone"] == TYPED["office_phone"]
    assert hidden(sign_in_with_kept(client, cast.donor, other.text).text)["office_phone"] == "0816-1111111"


def test_public_form_with_an_old_token_is_offered_without_its_password(client: FlaskClient, guarded: Flask) -> None:
    data = {"name": "刘爱心", "phone": "13811112222", "password": "a yellow field", "agree": "y", "csrf_token": "old"}
    lost = client.post("/en/register", data=data, headers=OWN)
    assert lost.status_code == 400
    assert "a yellow field" not in lost.text
    assert "passwords cannot be kept" in lost.text
    again = client.post("/en/register", data=hidden(lost.text), headers=OWN)
    assert again.status_code == 422
    assert 'value="刘爱心"' in again.text


def test_sign_in_page_that_was_open_too_long_keeps_the_contact(client: FlaskClient, guarded: Flask) -> None:
    data = {"contact": "13811112222", "password": "secret words", "csrf_token": "old"}
    answer = client.post("/en/sign-in", data=data, headers=OWN)
    assert answer.status_code == 400
    assert 'value="13811112222"' in answer.text
    assert "secret words" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        STRANGE, {"Origin": "null"}, {"Referer": "https://evil.example/localhost"}, {},
        {**OWN, "Sec-Fetch-Site": "cross-site"}, {**OWN, "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost.evil.example"}, {"Origin": "http://localhost:81"},
    ],
)  # fmt: skip
def test_form_of_another_site_is_not_kept(
    client: FlaskClient, cast: Cast, guarded: Flask, headers: dict[str, str]
) -> None:
    answer = client.post(TARGET, data=TYPED, headers=headers)
    assert answer.status_code == 400
    assert TYPED["office_phone"] not in answer.text
    sign_in(client, cast.donor)
    answer = client.post(TARGET, data=TYPED, headers=headers)
    assert answer.status_code == 400
    assert TYPED["office_phone"] not in answer.text


def test_text_of_another_browser_does_not_count(client: FlaskClient, cast: Cast, app: Flask) -> None:
    elsewhere = client.post(TARGET, data=TYPED, headers=OWN)
    answer = sign_in_with_kept(app.test_client(), cast.donor, elsewhere.text)
    assert (answer.status_code, answer.location) == (303, "/en/my")


@pytest.mark.parametrize("kept", ["x", "a.b.c", "%00", "é" * 500, ""])
def test_forged_text_is_ignored(client: FlaskClient, cast: Cast, kept: str) -> None:
    client.post(TARGET, data=TYPED, headers=OWN)
    answer = client.post("/en/sign-in", data={"contact": cast.donor.phone, "password": PASSWORD, "kept": kept})
    assert (answer.status_code, answer.location) == (303, "/en/my")


def test_text_signed_for_another_use_is_ignored(client: FlaskClient, cast: Cast, app: Flask) -> None:
    client.post(TARGET, data=TYPED, headers=OWN)
    with client.session_transaction() as session:
        mark = session["kept"]
    wrong_salt = URLSafeTimedSerializer(str(app.secret_key), salt="another")
    for forged in (
        wrong_salt.dumps([mark, TARGET, [["a", "b"]], None, False]),
        URLSafeTimedSerializer(str(app.secret_key), salt="kept form").dumps([mark, "//evil.example", [], None, False]),
        URLSafeTimedSerializer(str(app.secret_key), salt="kept form").dumps([mark, "/en/nowhere", [], None, False]),
        URLSafeTimedSerializer(str(app.secret_key), salt="kept form").dumps(["short"]),
    ):
        data = {"contact": cast.donor.phone, "password": PASSWORD, "kept": forged}
        assert client.post("/en/sign-in", data=data).location == "/en/my"


def test_text_counts_for_two_hours(client: FlaskClient, cast: Cast) -> None:
    start = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        lost = client.post(TARGET, data=TYPED, headers=OWN)
        data = {"contact": cast.donor.phone, "password": PASSWORD, "kept": hidden(lost.text)["kept"]}
        clock.move_to(start + timedelta(hours=2, seconds=1))
        assert client.post("/en/sign-in", data=data).status_code == 303


def test_text_is_given_to_its_writer_only(client: FlaskClient, cast: Cast) -> None:
    start = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client, cast.donor)
        clock.move_to(start + timedelta(hours=2))  # idle: the sign-in has ended, but it is known whose it was
        lost = client.post(TARGET, data=TYPED, headers=OWN)
        assert lost.status_code == 401
        kept = hidden(lost.text)["kept"]
        answer = client.post("/en/sign-in", data={"contact": cast.stranger.phone, "password": PASSWORD, "kept": kept})
        assert (answer.status_code, answer.location) == (303, "/en/my")
        assert "belongs to another account" in client.get("/en/my").text


@pytest.mark.parametrize(
    "fields",
    [
        {"story": "x" * (resume.MOST_CHARACTERS + 1)},
        {f"line-{number}": "x" for number in range(resume.MOST_FIELDS + 1)},
        {"old_password": "a", "password": "b", "csrf_token": "c"},
        {},
    ],
)
def test_too_much_or_nothing_to_keep_leads_to_the_plain_page(client: FlaskClient, fields: dict[str, str]) -> None:
    answer = client.post(TARGET, data=fields, headers=OWN)
    assert answer.status_code == 302
    assert answer.location == "/en/sign-in"


def test_a_story_of_five_thousand_characters_is_kept(client: FlaskClient, cast: Cast) -> None:
    story = "山上的冬天很冷，" * 625
    lost = client.post(TARGET, data={**TYPED, "story": story}, headers=OWN)
    data = {"contact": cast.donor.phone, "password": PASSWORD, "kept": hidden(lost.text)["kept"]}
    assert hidden(client.post("/en/sign-in", data=data).text)["story"] == story


def test_html_in_kept_text_is_text(client: FlaskClient, cast: Cast) -> None:
    lost = client.post(TARGET, data={'"><script>alert(1)</script>': '"><script>alert(2)</script>'}, headers=OWN)
    data = {"contact": cast.donor.phone, "password": PASSWORD, "kept": hidden(lost.text)["kept"]}
    page = client.post("/en/sign-in", data=data).text
    assert "<script>alert" not in page


def test_get_is_never_kept(client: FlaskClient) -> None:
    answer = client.get("/en/my", headers=OWN)
    assert (answer.status_code, answer.location) == (302, "/en/sign-in?next=/en/my")
