"""Migrations make the very schema that the models say, on both databases, keep rows and triggers, and go back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from sun_commune.core.db import Base, db
from sun_commune.core.rebuild import rebuilt
from tests.app import make_app
from tests.postgres import Server

NAMES_OF_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
}


@pytest.fixture
def empty_app(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest, worker_name: str) -> Iterator[Flask]:
    """An application on a database without any table."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        server: Server = request.getfixturevalue("postgres_server")
        url = server.create_database(f"empty_{worker_name}")
    app = make_app(tmp_path, url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def triggers() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.execute(text(NAMES_OF_TRIGGERS[connection.dialect.name])).scalars())


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


def checks_of(table: str) -> dict[str, str]:
    """Name -> text of a table's CHECK constraints: autogenerate does not compare them."""
    return {str(check["name"]): check["sqltext"] for check in inspect(db.engine).get_check_constraints(table)}


def is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    others = ("need_search", "transfer_search", "alembic_version")
    return not (kind == "table" and name is not None and name.startswith(others))


def test_upgraded_schema_is_the_models_schema(empty_app: Flask, app: Flask) -> None:
    """``app`` is on a database made by create_all from the models, ``empty_app`` is upgraded."""
    with app.app_context():
        wanted = (triggers(), tables(), {table: checks_of(table) for table in Base.metadata.tables})
    with empty_app.app_context():
        upgrade()
        assert triggers() == wanted[0]
        assert tables() - {"alembic_version"} == wanted[1]
        assert {table: checks_of(table) for table in Base.metadata.tables} == wanted[2]
        with db.engine.connect() as connection:
            options = {"compare_type": True, "include_object": is_ours}
            assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []


def test_downgrade_leaves_nothing(empty_app: Flask) -> None:
    upgrade()
    downgrade(revision="base")
    assert tables() <= {"alembic_version"}
    assert triggers() == []
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            ours = "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'"
            assert connection.execute(text(ours)).all() == []


def test_upgrading_twice_changes_nothing(empty_app: Flask) -> None:
    upgrade()
    before = (tables(), triggers())
    upgrade()
    assert (tables(), triggers()) == before


@pytest.mark.parametrize("keeps_triggers", [True, False])
def test_rebuilding_a_table_keeps_rows_children_and_triggers(empty_app: Flask, keeps_triggers: bool) -> None:
    """The negative control: without ``rebuilt`` SQLite loses the triggers of an append-only table."""
    upgrade()
    before = triggers()
    is_sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if is_sqlite:
            connection.rollback()
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(text(PERSON))
        connection.execute(text(PLACE))
        connection.execute(text(HOUSEHOLD))
        connection.execute(text("INSERT INTO unmaskings VALUES (1, 1, 1, 'test', '2026-01-01 00:00:00')"))
        operations = Operations(MigrationContext.configure(connection))
        change = rebuilt(operations, "unmaskings") if keeps_triggers else operations.batch_alter_table("unmaskings")
        with change as batch:
            batch.alter_column("reason", type_=sa.String(200), existing_type=sa.String(100))
        connection.commit()
        assert connection.execute(text("SELECT count(*) FROM unmaskings")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM households")).scalar() == 1
    assert (triggers() == before) is (keeps_triggers or not is_sqlite)


PLACE = """
INSERT INTO places (code, level, name, former_names, pinyin, initials, basis)
VALUES ('510723217204', 'village', '金禄村', '', '', '', '')
"""
PERSON = """
INSERT INTO users (id, code, kind, name, email, office_phone, password_hash, locale, is_enabled, auth_epoch, created_at)
VALUES (1, 'U1', 'person', 'x', 'x@example.test', '', '!', 'zh', true, 1, '2026-01-01 00:00:00')
"""
HOUSEHOLD = """
INSERT INTO households
  (id, code, village_code, masked_name, members_count, name_sealed, created_by, created_at, updated_at)
SELECT 1, 'JT1', '510723217204', '黄**', 1, '', 1, '2026-01-01 00:00:00', '2026-01-01 00:00:00'
"""
