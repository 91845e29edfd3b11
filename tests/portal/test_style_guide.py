"""The style guide: there in the demo, nowhere else; what it shows is built as the rest of the site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.app import make_app
from tests.house.components import Tree


def make(folder: Path, **config: str) -> Flask:
    return make_app(folder, f"sqlite:///{folder / 'none.sqlite'}", **config)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = make(tmp_path_factory.mktemp("demo"), SUN_DEMO="1")
    with app.app_context():
        yield app


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_component_renders(demo: Flask, lang: str) -> None:
    answer = demo.test_client().get(f"/{lang}/style-guide")
    assert answer.status_code == 200
    tree = Tree(answer.get_data(as_text=True))
    assert len(tree.all("h1")) == 1
    assert len(tree.all("figure")) == 1


def test_a_form_that_is_wrong_says_so_everywhere(demo: Flask) -> None:
    answer = demo.test_client().post("/en/style-guide", data={"story": "<script>", "amount_fen": "lots"})
    assert answer.status_code == 422
    tree = Tree(answer.get_data(as_text=True))
    assert "<title>Error: " in tree.html
    assert {link["href"] for link in tree.all("a")} >= {"#title", "#phone", "#amount_fen", "#shown_as-0", "#consent"}
    assert "&lt;script&gt;" in tree.html
    assert tree.one("input", id="amount_fen")["value"] == "lots"


def test_hidden_outside_the_demo(tmp_path: Path) -> None:
    app = make(tmp_path)
    with app.app_context():
        assert app.test_client().get("/zh/style-guide").status_code == 404
        assert app.test_client().post("/zh/style-guide").status_code == 404
