"""Fixtures that give a test an application on a fresh database, once on SQLite and once on PostgreSQL.

``app`` is made once per worker and database; what is fresh for each test is the database itself, copied from a
template that holds the schema (with its triggers) and the cast's places.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import text

from sun_commune import create_app
from sun_commune.core.db import Base, db
from tests.cast import Cast, add_places
from tests.lanes.world import add_charity


class FreshClient(FlaskClient):
    """Each request in an application context of its own, as on a server.

    Inside the test's context ``g`` would live from one request to the next, and with it who is signed in: a test
    of a stranger would pass or fail for the person before. The test's own session is ended before and after, so
    that it sees what the request has stored.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        if has_app_context():
            db.session.rollback()
        return answer


TEST_KEY = "00112233445566778899aabbccddeeff" * 2
DATABASES = ("sqlite", "postgresql")


def pytest_addoption(parser: Any) -> None:
    parser.addoption("--db", choices=[*DATABASES, "both"], default="both", help="databases the tests run on")


def pytest_generate_tests(metafunc: Any) -> None:
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--db")
        kinds = DATABASES if chosen == "both" else (chosen,)
        if metafunc.definition.get_closest_marker("one_database"):
            kinds = kinds[:1]
        metafunc.parametrize("database_kind", kinds, scope="session", indirect=True)


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def make_app(instance: Path, url: str, **config: Any) -> Flask:
    """An application for tests: no CSRF token asked (tests/house turns it on), errors raised."""
    settings = {
        "SUN_INSTANCE_PATH": str(instance),
        "SUN_DATABASE_URL": url,
        "SUN_SECRET_KEY": "a secret of the tests",
        "SUN_FIELD_KEY": TEST_KEY,
        "SUN_GATEWAYS": "simulator",
        "SUN_ALLOW_SIMULATOR": "1",
        "SUN_LOG_LEVEL": "ERROR",
    }
    app = create_app(
        {**settings, "TESTING": True, "WTF_CSRF_ENABLED": False, "CHEAP_PASSWORDS": True, "KEEP_SECONDS": 0, **config}
    )
    app.test_client_class = FreshClient
    return app


def build_schema(app: Flask, *, has_cast: bool = True) -> None:
    """All tables with their triggers, and the cast's places unless a test brings places of its own."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("BEGIN")
        Base.metadata.create_all(db.engine)
        if has_cast:
            add_places()
        db.session.remove()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        db.engine.dispose()


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def session_app(
    database_kind: str,
    worker_name: str,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Flask:
    """The application of this worker and database, its schema in a template."""
    folder = tmp_path_factory.mktemp(f"instance-{database_kind}")
    if database_kind == "sqlite":
        app = make_app(folder, f"sqlite:///{folder / 'test.sqlite'}")
        build_schema(app)
        shutil.copy(folder / "test.sqlite", folder / "template.sqlite")
        return app
    server = request.getfixturevalue("postgres_server")
    server.ensure_template("schema", build=lambda url: build_schema(make_app(folder, url)))
    return make_app(folder, server.create_database(f"test_{worker_name}", template="schema"))


def reset_database(app: Flask, kind: str, worker: str, request: pytest.FixtureRequest) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if kind == "sqlite":
        folder = Path(app.instance_path)
        for old in folder.glob("test.sqlite*"):
            old.unlink()
        shutil.copy(folder / "template.sqlite", folder / "test.sqlite")
    else:
        request.getfixturevalue("postgres_server").create_database(f"test_{worker}", template="schema")


@pytest.fixture
def app(session_app: Flask, database_kind: str, worker_name: str, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on a fresh database, inside an application context whose language is English."""
    reset_database(session_app, database_kind, worker_name, request)
    with session_app.app_context():
        g.lang = "en"
        yield session_app
        db.session.remove()
    with session_app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """People of the story; see tests/cast.py. With them comes the charity that may take money, tests/lanes/world.py."""
    return Cast(add_charity)
