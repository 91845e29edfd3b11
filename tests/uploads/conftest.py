"""Words without a database: sentences are lazy, and need an application to be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, g

from tests.app import make_app


@pytest.fixture(scope="session")
def plain_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder: Path = tmp_path_factory.mktemp("words")
    return make_app(folder, f"sqlite:///{folder / 'none.sqlite'}")


@pytest.fixture
def app_words(plain_app: Flask) -> Iterator[Flask]:
    with plain_app.test_request_context("/en/"):
        g.lang = "en"
        yield plain_app
