"""Parts of pages that are kept: as long as they are told, apart by language, and never without a bound."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from sun_commune.core import kept
from sun_commune.core.db import transaction
from sun_commune.households import services as households
from sun_commune.households.models import ConsentPurpose
from tests import factories
from tests.cast import Cast, sign_in
from tests.ledger.books import give

TEMPLATE = "{% call kept('part', number, seconds=seconds) %}{{ word }}{% endcall %}"


@pytest.fixture
def keeping(app: Flask) -> Iterator[Flask]:
    app.config["KEEP_SECONDS"] = 20
    app.extensions["sun_kept"].clear()
    app.extensions["sun_kept_pages"].clear()
    yield app
    app.config["KEEP_SECONDS"] = 0
    app.extensions["sun_kept"].clear()
    app.extensions["sun_kept_pages"].clear()


def show(app: Flask, word: str, *, path: str = "/zh/", number: int = 1, seconds: int | None = 5) -> str:
    with app.test_request_context(path):
        app.preprocess_request()
        return render_template_string(TEMPLATE, word=word, number=number, seconds=seconds)


def test_a_part_is_made_once(keeping: Flask) -> None:
    assert show(keeping, "first") == show(keeping, "second") == "first"


def test_other_values_and_languages_have_their_own(keeping: Flask) -> None:
    show(keeping, "first")
    assert show(keeping, "other", number=2) == "other"
    assert show(keeping, "English", path="/en/") == "English"


def test_it_grows_old(keeping: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [100.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: moments[0])
    show(keeping, "first")
    moments[0] += 4.9
    assert show(keeping, "second") == "first"
    moments[0] += 0.2
    assert show(keeping, "third") == "third"


def test_without_keeping_only_what_never_grows_old_is_kept(app: Flask) -> None:
    app.extensions["sun_kept"].clear()
    show(app, "first")
    assert show(app, "second") == "second"
    show(app, "for good", seconds=None)
    assert show(app, "changed", seconds=None) == "for good"
    app.extensions["sun_kept"].clear()


def test_what_was_kept_first_makes_room(keeping: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_PARTS", 10)
    for number in range(50):
        kept.keep(number, lambda number=number: number, seconds=5)
    parts = keeping.extensions["sun_kept"]
    assert len(parts) <= 10
    assert 49 in parts
    assert 0 not in parts


class TestPages:
    @pytest.fixture(autouse=True)
    def _keep(self, keeping: Flask) -> None:
        """All of these with keeping switched on."""

    def test_a_visitor_may_see_the_ledger_of_a_moment_ago(self, client: FlaskClient) -> None:
        before = client.get("/zh/ledger").data
        give()
        assert client.get("/zh/ledger").data == before
        assert client.get("/zh/ledger?now").data != before

    def test_a_page_that_shows_needs_is_never_kept(self, client: FlaskClient, cast: Cast) -> None:
        """A consent that is withdrawn hides a need at once, from everybody."""
        household = factories.make_household(cast)
        need = factories.make_need(cast, household=household, title="一户人家想要电热毯")
        paths = ("/zh/", "/zh/needs", f"/zh/needs/{need.code}", f"/zh/villages/{need.village_code}")
        for path in paths[:3]:
            assert need.title in client.get(path).get_data(as_text=True)
        with transaction():
            households.withdraw_consent(cast.secretary, household, purpose=ConsentPurpose.PUBLISH)
        for path in paths:
            assert need.title not in client.get(path).get_data(as_text=True)

    def test_who_signed_in_never_does(self, client: FlaskClient, cast: Cast) -> None:
        client.get("/zh/ledger")
        sign_in(client, cast.donor)
        page = client.get("/zh/ledger")
        assert "退出" in page.get_data(as_text=True)
        assert client.get_cookie("sun") is not None
        client.post("/zh/sign-out")
        stranger = client.application.test_client().get("/zh/ledger").get_data(as_text=True)
        assert "退出" not in stranger

    def test_zipped_and_plain_say_the_same(self, client: FlaskClient) -> None:
        plain = client.get("/zh/ledger")
        for _again in range(2):
            zipped = client.get("/zh/ledger", headers={"Accept-Encoding": "gzip"})
            assert gzip.decompress(zipped.data) == plain.data
            assert zipped.headers["Content-Encoding"] == "gzip"
            assert zipped.headers["Vary"] == plain.headers["Vary"]
            assert zipped.headers["Content-Type"] == plain.headers["Content-Type"]

    def test_languages_stay_apart(self, client: FlaskClient) -> None:
        assert client.get("/zh/ledger").data != client.get("/en/ledger").data

    def test_what_is_not_there_is_not_kept(self, client: FlaskClient) -> None:
        assert client.get("/zh/needs/XQ-2026-99999").status_code == 404
        assert client.application.extensions["sun_kept_pages"] == {}
