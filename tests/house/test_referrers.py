"""Over HTTPS a form is taken only from a page of this site, and a Referer that makes no sense is a plain refusal."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast, sign_in

SITE = "https://localhost"
PAGE = "/en/my/contact"
NO_ADDRESS = (
    "http://[", "https://[", "https://[localhost", "https://localhost]", "https://[::1", "https://[v1.x]/", "::", ":",
    "//", "//[", "https://localhost:99999999/", "https://localhost:-1/", "https://localhost:x/", "https://localhost:²/",
    "https://loc\u2100lhost/", "https://\xe9\xff\x80\x00", "\xff\xfe", "null", " ", "%00", "javascript:alert(1)",
    "https://" + "x" * 60_000, "https://localhost@[", "https://evil.example/https://localhost/", "http://localhost/",
)  # fmt: skip


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    """As on a server: tokens are asked for, and an accident is a 500, not an exception."""
    app.config.update(WTF_CSRF_ENABLED=True, PROPAGATE_EXCEPTIONS=False)
    yield app
    app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=None)


def form(client: FlaskClient) -> dict[str, str]:
    page = client.get(PAGE, base_url=SITE).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    return {"csrf_token": token[1], "name": "黄明", "office_phone": ""}


def post(client: FlaskClient, data: dict[str, str], referrer: str, **headers: str) -> int:
    # Into the environment as a server would put it there: a header object refuses line breaks and the like.
    environ = {"HTTP_REFERER": referrer, "HTTP_ORIGIN": headers.get("Origin", SITE)}
    return client.post(PAGE, data=data, base_url=SITE, environ_overrides=environ).status_code


def test_referrer_that_is_no_page_of_this_site_is_refused(client: FlaskClient, cast: Cast, guarded: Flask) -> None:
    sign_in(client, cast.donor)
    sent = form(client)
    answers = {referrer[:40]: post(client, sent, referrer) for referrer in NO_ADDRESS}
    assert answers == dict.fromkeys(answers, 400)
    assert len(answers) == len(NO_ADDRESS)
    assert {post(client, sent, referrer, Origin=referrer) for referrer in NO_ADDRESS} == {400}


def test_own_page_is_taken(client: FlaskClient, cast: Cast, guarded: Flask) -> None:
    sign_in(client, cast.donor)
    assert post(client, form(client), SITE + PAGE) in {303, 422}


@pytest.mark.parametrize("referrer", NO_ADDRESS, ids=range(len(NO_ADDRESS)))
def test_visitor_gets_a_plain_refusal(client: FlaskClient, guarded: Flask, referrer: str) -> None:
    page = client.get("/en/sign-in", base_url=SITE).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    sent = {"csrf_token": token[1], "contact": "x@example.test", "password": "a wrong password"}
    environ = {"HTTP_REFERER": referrer, "HTTP_ORIGIN": referrer}
    assert client.post("/en/sign-in", data=sent, base_url=SITE, environ_overrides=environ).status_code == 400
