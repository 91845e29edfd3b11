"""Every route says who may use it; what says nothing is closed; nothing is changed without a token or by a GET."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import IntegerConverter, Rule

from sun_commune.audit.models import AuditEntry
from sun_commune.core import access
from sun_commune.core.db import db
from tests.app import make_app
from tests.cast import Cast, sign_in

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
EVERYBODY = (
    "donor", "enterprise", "secretary", "information_officer", "reviewer", "administrator", "treasurer", "supervisor",
    "operator",
)  # fmt: skip


def routes(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in access.UNRULED_ENDPOINTS]


def path_of(rule: Rule) -> str:
    """An address of the rule; the object in it does not exist."""
    values = {name: 1 if isinstance(kind, IntegerConverter) else "X1" for name, kind in rule._converters.items()}
    return str(rule.build({**values, **({"lang": "en"} if "lang" in rule.arguments else {})}, append_unknown=False)[1])  # type: ignore[index]


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def test_every_route_declares_its_rule(app: Flask) -> None:
    assert [rule.endpoint for rule in routes(app) if access.rule_of(rule.endpoint) is None] == []


def test_route_without_a_rule_is_refused(tmp_path: Path) -> None:
    app = make_app(tmp_path, f"sqlite:///{tmp_path / 'empty.sqlite'}")
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    app.add_url_rule("/remembered", "remembered", access.public(lambda: "open to all"))
    assert app.test_client().get("/remembered").text == "open to all"
    answer = app.test_client().get("/forgotten")
    assert answer.status_code == 403
    assert "open to all" not in answer.text


def test_visitor_reaches_only_what_is_declared_public(client: FlaskClient, app: Flask) -> None:
    closed = [rule for rule in routes(app) if access.rule_of(rule.endpoint) != access.Rule("public")]
    assert closed
    for rule in closed:
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = client.open(path_of(rule), method=method)
            assert (answer.status_code, "/sign-in" in (answer.location or "")) == (302, True), (method, rule.rule)


def test_roles_are_asked_for(client: FlaskClient, app: Flask, cast: Cast) -> None:
    sign_in(client, cast.stranger)
    for rule in routes(app):
        declared = access.rule_of(rule.endpoint)
        if declared is not None and declared.kind == "roles":
            for method in (rule.methods or set()) & {"GET", "POST"}:
                assert client.open(path_of(rule), method=method).status_code == 403, (method, rule.rule)


#: Called by machines that have no token of ours: their own signature is asked for (tests/payments).
SIGNED_BY_OTHERS = {"payment_calls.take_callback"}


@pytest.mark.parametrize("who", [None, "operator", "treasurer", "secretary", "donor"])
def test_nothing_is_changed_without_a_token(client: FlaskClient, guarded: Flask, cast: Cast, who: str | None) -> None:
    if who:
        sign_in(client, getattr(cast, who))
    before = db.session.scalar(select(func.count()).select_from(AuditEntry))
    unsafe = [
        (rule, method)
        for rule in routes(guarded)
        for method in (rule.methods or set()) & UNSAFE
        if rule.endpoint not in SIGNED_BY_OTHERS
    ]
    assert unsafe
    for rule, method in unsafe:
        assert client.open(path_of(rule), method=method).status_code == 400, (method, rule.rule)
        assert client.open(path_of(rule), method=method, data={"csrf_token": "x"}).status_code == 400, rule.rule
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == before


@pytest.mark.parametrize("who", EVERYBODY)
def test_no_get_changes_anything_or_breaks(client: FlaskClient, app: Flask, cast: Cast, who: str) -> None:
    sign_in(client, getattr(cast, who))
    for rule in routes(app):
        if "GET" in (rule.methods or set()) and rule.endpoint != "root.readyz":
            answer = client.get(path_of(rule))
            answer.get_data()  # what is sent while it is read, is read to its end
            assert answer.status_code in {200, 302, 308, 403, 404, 410}, (answer.status_code, rule.rule)
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_other_methods_are_refused(client: FlaskClient, app: Flask) -> None:
    for rule in routes(app):
        for method in UNSAFE - (rule.methods or set()):
            answer = client.open(path_of(rule), method=method)
            # Another route of the same address may take the method.
            assert answer.status_code in {405, 302, 303, 403, 404, 410, 422}, (method, rule.rule)
            if method != "POST":
                assert answer.status_code == 405, (method, rule.rule)
