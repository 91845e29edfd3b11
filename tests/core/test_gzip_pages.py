"""Public pages travel compressed; nothing that belongs to a session does."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from sun_commune.core.gzip_pages import GzipPages

PAGE = "<p>阳光公社</p>" * 100


def visit(sent: dict[str, str] | None = None, method: str = "GET", **response: Any) -> Response:
    answer = Response(**{"response": PAGE, "mimetype": "text/html", **response})
    client = Client(GzipPages(answer, "sun"), use_cookies=False)
    return client.open("/", method=method, headers={"Accept-Encoding": "gzip, br", **(sent or {})})


def test_public_page_is_compressed() -> None:
    answer = visit()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data).decode() == PAGE
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(PAGE)
    assert "Accept-Encoding" in answer.vary


def test_vary_keeps_what_the_page_said() -> None:
    answer = Response(PAGE, mimetype="text/html", headers={"Vary": "Cookie"})
    got = Client(GzipPages(answer, "sun")).get("/", headers={"Accept-Encoding": "gzip"})
    assert {"cookie", "accept-encoding"} == {name.lower() for name in got.vary}


@pytest.mark.parametrize(
    ("sent", "response"),
    [
        ({"Cookie": "sun=abc"}, {}),
        ({"Cookie": "other=1; sun=abc"}, {}),
        ({}, {"headers": {"Set-Cookie": "sun=abc"}}),
        ({}, {"status": 404}),
        ({}, {"mimetype": "application/json"}),
        ({}, {"headers": {"Content-Encoding": "br"}}),
        ({"Accept-Encoding": ""}, {}),
        ({"Accept-Encoding": "gzip;q=0"}, {}),
    ],
    ids=["session", "among cookies", "sets cookie", "not found", "json", "encoded", "no gzip", "gzip refused"],
)
def test_left_as_it_is(sent: dict[str, str], response: dict[str, Any]) -> None:
    answer = visit(sent, **response)
    assert answer.headers.get("Content-Encoding") in {None, "br"}
    assert answer.get_data(as_text=True) == PAGE


def test_another_cookie_does_not_matter() -> None:
    assert visit({"Cookie": "other=1"}).headers["Content-Encoding"] == "gzip"


def test_answers_to_posts_are_left() -> None:
    assert "Content-Encoding" not in visit(method="POST").headers


def test_strong_tag_becomes_weak() -> None:
    answer = Response(PAGE, mimetype="text/html", headers={"ETag": '"abc"'})
    got = Client(GzipPages(answer, "sun")).get("/", headers={"Accept-Encoding": "gzip"})
    assert got.get_etag() == ("abc", True)


def test_long_files_are_passed_on_piece_by_piece() -> None:
    """A CSV of the whole ledger must not be gathered in memory."""
    taken: list[int] = []

    def pieces() -> Iterable[bytes]:
        for number in range(3):
            taken.append(number)
            yield b"a,b\n"

    answer = Response(pieces(), mimetype="text/csv")
    environ = {"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": "gzip", "wsgi.url_scheme": "http"}
    body = iter(GzipPages(answer, "sun")(environ, lambda *_: None))  # type: ignore[arg-type]
    next(body)
    assert len(taken) < 3
