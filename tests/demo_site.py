"""The demo's data for tests: made once per run and database, then copied.

``demo_app`` is the application inside a context, ``demo_client`` a visitor. Tests share one copy per worker, so they
read; a test that writes puts back what it changed. ``demo_sign_in(client, "secretary")`` is one of demo.accounts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.demo.build import make_demo_data
from tests.app import build_schema, make_app
from tests.cast import sign_in
from tests.postgres import locked

DATABASE = "demo.sqlite"


def make_demo_app(folder: Path, url: str) -> Flask:
    return make_app(folder, url, SUN_DEMO="1")


def build_demo(folder: Path, url: str) -> None:
    """Make all of it in ``folder`` and in the empty database at ``url``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    app = make_demo_app(folder, url)
    build_schema(app, has_cast=False)
    with app.app_context():
        make_demo_data(lambda _words: None)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def demo_template(
    database_kind: str, worker_name: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """The folder with the demo's files (on SQLite its database too), one for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_name == "main" else base.parent
    folder = base / f"demo-template-{database_kind}"
    if database_kind == "sqlite":
        with locked():
            if not (folder / "done").exists():
                build_demo(folder, f"sqlite:///{folder / DATABASE}")
                (folder / "done").touch()
    else:
        server = request.getfixturevalue("postgres_server")
        server.ensure_template("demo", build=lambda url: build_demo(folder, url))
    return folder


@pytest.fixture(scope="session")
def demo_site(
    database_kind: str,
    worker_name: str,
    demo_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Flask:
    """The application on this worker's copy."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    shutil.copytree(demo_template, folder)
    if database_kind == "sqlite":
        return make_demo_app(folder, f"sqlite:///{folder / DATABASE}")
    server = request.getfixturevalue("postgres_server")
    return make_demo_app(folder, server.create_database(f"demo_{worker_name}", template="demo"))


@pytest.fixture
def demo_app(demo_site: Flask) -> Iterator[Flask]:
    with demo_site.app_context():
        yield demo_site
        db.session.remove()
    with demo_site.app_context():
        db.engine.dispose()


@pytest.fixture
def demo_client(demo_app: Flask) -> FlaskClient:
    return demo_app.test_client()


def demo_user(key: str) -> User:
    """The person of an account of the demo."""
    email = f"{key.replace('_', '-')}@demo.test"
    return db.session.execute(select(User).where(User.email == email)).scalar_one()


def demo_sign_in(client: FlaskClient, key: str) -> FlaskClient:
    """Sign in without the form."""
    return sign_in(client, demo_user(key))
