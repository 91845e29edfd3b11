"""The page around every page, seen on an error page: it needs no feature and no database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.app import make_app
from tests.house.components import Tree


@pytest.fixture(scope="module")
def bare_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("bare")
    app = make_app(folder, f"sqlite:///{folder / 'none.sqlite'}", SUN_DEMO="1", SUN_HELP_PHONE="0816-1234567")
    with app.app_context():
        yield app


@pytest.mark.parametrize(("lang", "html_lang", "other"), [("zh", "zh-CN", "en"), ("en", "en", "zh-CN")])
def test_every_page_has_landmarks_and_its_language(bare_app: Flask, lang: str, html_lang: str, other: str) -> None:
    answer = bare_app.test_client().get(f"/{lang}/no-such-page")
    assert answer.status_code == 404
    tree = Tree(answer.get_data(as_text=True))
    assert tree.one("html")["lang"] == html_lang
    for landmark in ("header", "main", "footer", "h1"):
        assert len(tree.all(landmark)) == 1
    assert all(nav["aria-label"] for nav in tree.all("nav"))
    skip = tree.all("a")[0]
    assert skip["href"] == f"#{tree.one('main')['id']}", "the first stop of the keyboard is the way to the content"
    switch = tree.one("a", hreflang=other)
    assert switch["lang"] == other
    assert "0816-1234567" in tree.text


def test_asset_is_served_for_good_and_compressed(bare_app: Flask) -> None:
    url = bare_app.jinja_env.globals["asset_url"]("app.css")
    answer = bare_app.test_client().get(url, headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


def test_unknown_asset_is_not_found(bare_app: Flask) -> None:
    assert bare_app.test_client().get("/assets/../keys/secret.key").status_code == 404
    assert bare_app.test_client().get("/assets/app.000000000000.css").status_code == 404


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503])
def test_every_error_has_a_page(bare_app: Flask, status: int) -> None:
    from sun_commune.core.error_pages import render_error

    with bare_app.test_request_context("/zh/x"):
        bare_app.preprocess_request()
        html, code = render_error(status, "<b>why</b>")
    assert code == status
    tree = Tree(html)
    assert len(tree.all("h1")) == 1
    assert "&lt;b&gt;why" in html
