"""A request's ``Host`` is the sender's word: no page, header or message of the site repeats it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.core import access
from sun_commune.core.db import db
from sun_commune.notifications.models import OutboxMessage
from tests.app import build_schema, make_app
from tests.cast import Cast, sign_in
from tests.house import town

FORGED = "http://forged.example"
HONEST = "http://127.0.0.1:8000"


def test_no_page_names_the_host_that_was_asked(client: FlaskClient, app: Flask, cast: Cast) -> None:
    values = town.build(cast).values
    shown = 0
    for who in (None, "donor", "secretary", "administrator", "treasurer", "operator"):
        if who:
            sign_in(client, getattr(cast, who), base_url=FORGED)
        for rule in app.url_map.iter_rules():
            if rule.endpoint in access.UNRULED_ENDPOINTS or "GET" not in (rule.methods or set()):
                continue
            given = dict.fromkeys(rule.arguments & {"lang"}, "en") | values.get(rule.endpoint, {})
            if not rule.arguments <= set(given):
                continue
            path = str(rule.build(given, append_unknown=False)[1])  # type: ignore[index]
            answer = client.get(path, base_url=FORGED)
            assert "forged.example" not in answer.get_data().decode(errors="replace"), (who, path)
            assert "forged.example" not in str(answer.headers), (who, path)
            shown += answer.status_code == 200
    assert shown > 100  # the pages were really seen, by people who may see them


def test_text_to_share_names_the_setting(client: FlaskClient, cast: Cast) -> None:
    code = town.build(cast).values["portal.show_need"]["code"]
    assert f"{HONEST}/en/needs/{code}</textarea>" in client.get(f"/en/needs/{code}", base_url=FORGED).text


@pytest.mark.parametrize(("asked", "location"), [("/zh", "/zh/"), ("/zh//sign-in?a=1", "/zh/sign-in?a=1")])
def test_redirect_to_the_right_spelling_names_a_path(client: FlaskClient, asked: str, location: str) -> None:
    answer = client.get(asked, base_url=FORGED)
    assert (answer.status_code, answer.headers["Location"]) == (308, location)
    assert "forged.example" not in answer.text


def test_link_that_is_sent_names_the_setting(client: FlaskClient, cast: Cast) -> None:
    client.post("/en/forgot", data={"contact": cast.donor.email}, base_url=FORGED)
    body = db.session.scalars(select(OutboxMessage.body)).one()
    assert f"{HONEST}/zh/reset/" in body
    assert "forged.example" not in body


@pytest.mark.one_database
def test_setting_with_a_slash_at_its_end_gives_one_slash(database_kind: str, tmp_path: Path) -> None:
    app = make_app(tmp_path, f"sqlite:///{tmp_path / 'a.sqlite'}", SUN_BASE_URL="https://sun.example.test/")
    build_schema(app)
    page = app.test_client().get("/en/", base_url=FORGED).text
    assert 'content="https://sun.example.test/assets/share' in page
