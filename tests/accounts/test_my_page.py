"""The own page: who I am, how I am shown, where to go on; and changing name and office phone."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.accounts.views.my_page import PLACES_TO_GO
from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db
from tests.cast import Cast, sign_in


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_person_sees_the_own_account(client: FlaskClient, cast: Cast, lang: str) -> None:
    page = sign_in(client, cast.donor).get(f"/{lang}/my")
    assert page.status_code == 200
    for own in ("张建国", "张**", "139 0000 0001", "user1@example.test"):
        assert own in page.text


def test_visitor_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/zh/my").location == "/zh/sign-in?next=/zh/my"


def test_every_way_on_is_a_page(app: Flask) -> None:
    missing = [endpoint for endpoint, _roles in PLACES_TO_GO if endpoint not in app.view_functions]
    assert missing == []


@pytest.mark.parametrize(
    "who", ["donor", "secretary", "reviewer", "administrator", "treasurer", "supervisor", "operator", "enterprise"]
)
def test_ways_on_are_open_to_who_sees_them(client: FlaskClient, cast: Cast, app: Flask, who: str) -> None:
    user = getattr(cast, who)
    sign_in(client, user)
    client.get("/en/my")
    with app.test_request_context("/en/my"):
        ways = [
            app.url_for(endpoint, lang="en")
            for endpoint, roles in PLACES_TO_GO
            if endpoint in app.view_functions and (roles is None or user.has_role(*roles))
        ]
    assert {path: client.get(path).status_code for path in ways} == dict.fromkeys(ways, 200)


@pytest.mark.parametrize(
    ("name", "words"), [("张 138 0000 1234", "mobile number"), ("510723197001011234", "identity number"),
                        ("6222021234567890123", "card number")]
)  # fmt: skip
def test_name_holds_no_private_number(client: FlaskClient, cast: Cast, name: str, words: str) -> None:
    sign_in(client, cast.donor)
    changed = client.post("/en/my/contact", data={"name": name, "office_phone": ""})
    assert (changed.status_code, words in changed.text, name in changed.text) == (422, True, True)
    assert db.session.get_one(User, cast.donor.id).name == "张建国"
    data = {"name": name, "phone": "13811112222", "password": "a yellow field", "agree": "y"}
    joined = client.post("/en/register", data=data)
    assert (joined.status_code, words in joined.text) == (422, True)


def test_name_and_office_phone_are_changed(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.secretary)
    assert "周书记" in client.get("/en/my/contact").text
    answer = client.post("/en/my/contact", data={"name": "周大书记", "office_phone": "（0816）7654321"})
    assert answer.status_code == 303
    user = db.session.get_one(User, cast.secretary.id)
    assert (user.name, user.office_phone) == ("周大书记", "（0816）7654321")
    client.post("/en/my/contact", data={"name": "周大书记", "office_phone": "（0816）7654321"})
    assert db.session.scalars(select(AuditEntry.act)).all() == ["ContactChanged"]


@pytest.mark.parametrize(
    "data", [{"name": "", "office_phone": ""}, {"name": "x" * 61}, {"name": "周书记", "office_phone": "<b>0816"}]
)
def test_wrong_contact_is_refused(client: FlaskClient, cast: Cast, data: dict[str, str]) -> None:
    sign_in(client, cast.secretary)
    assert client.post("/en/my/contact", data=data).status_code == 422
    assert db.session.get_one(User, cast.secretary.id).name == "周书记"
