"""Parts of pages that are kept: as long as they are told, apart by language, and never without a bound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string

from sun_commune.core import kept

TEMPLATE = "{% call kept('part', number, seconds=seconds) %}{{ word }}{% endcall %}"


@pytest.fixture
def keeping(app: Flask) -> Iterator[Flask]:
    app.config["KEEP_SECONDS"] = 20
    app.extensions["sun_kept"].clear()
    yield app
    app.config["KEEP_SECONDS"] = 0
    app.extensions["sun_kept"].clear()


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
