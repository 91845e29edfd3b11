"""Doors that are not pages: health, readiness, the front door's choice of language, headers, request ids, logs."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from sun_commune.core.db import db
from sun_commune.core.logs import JsonLines


def test_healthy_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ready"})


def test_not_ready_without_schema(app: Flask, client: FlaskClient) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE places RENAME TO places_gone"))
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB,en;q=0.9", "en"), ("de,en;q=0.5", "en"), ("fr", "zh"), ("", "zh"),
     ("zh-TW", "zh"), ("en-US;q=0.1, zh-Hans;q=0.9", "zh")],
)  # fmt: skip
def test_front_door_asks_the_browser(client: FlaskClient, accepted: str, lang: str) -> None:
    answer = client.get("/", headers={"Accept-Language": accepted})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/{lang}/"
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize(("path", "other"), [("/zh/about", "/en/about"), ("/en/needs?q=x&kind=goods", "/zh/needs?")])
def test_switch_leads_to_the_same_page(client: FlaskClient, path: str, other: str) -> None:
    html = client.get(path).get_data(as_text=True)
    assert f'href="{other}' in html


@pytest.mark.parametrize("path", ["/zh/", "/en/about", "/healthz", "/zh/no-such-page"])
def test_every_answer_is_guarded(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_request_id_is_kept_if_harmless(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "proxy-12345"}).headers["X-Request-ID"] == "proxy-12345"
    made = client.get("/healthz", headers={"X-Request-ID": "x" * 100}).headers["X-Request-ID"]
    assert len(made) == 16


def test_log_lines_are_json_with_the_request_id(app: Flask) -> None:
    record = logging.LogRecord("sun_commune", logging.INFO, "", 1, "two\nlines %s", ("五",), None)
    with app.test_request_context("/healthz", headers={"X-Request-ID": "proxy-12345"}):
        app.preprocess_request()
        line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines 五"
    assert json.loads(line)["request_id"] == "proxy-12345"


def test_unknown_page_is_a_page_in_the_readers_language(client: FlaskClient) -> None:
    answer = client.get("/en/no-such-page")
    assert answer.status_code == 404
    assert '<html lang="en">' in answer.get_data(as_text=True)


def test_accident_is_a_calm_page(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down() -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(app.view_functions, "portal.about", break_down)
    break_down.access_rule = app.view_functions["portal.privacy"].access_rule  # type: ignore[attr-defined]
    answer = client.get("/en/about")
    assert answer.status_code == 500
    html = answer.get_data(as_text=True)
    assert "ZeroDivision" not in html
    assert answer.headers["X-Request-ID"] in html
