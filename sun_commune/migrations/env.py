"""Alembic's door: the same scripts run on SQLite (batch mode) and PostgreSQL.

On SQLite foreign keys are off while tables are rebuilt (a rebuild drops the old table, and with keys on its rows'
children would go with it), and checked again before the commit.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from sun_commune.core.db import Base, StrEnumType, UtcDateTime, db


def render_item(kind: str, thing: Any, _autogen: Any) -> Any:
    """Migrations name plain column types, so that they do not change when our own types do."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, StrEnumType):
        return f"sa.String(length={thing.impl.length})"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            migrate(connection)
            return
        raw = connection.connection.driver_connection
        connection.rollback()
        raw.execute("PRAGMA journal_mode=WAL")  # once per file; asking on every connection can find it locked
        raw.execute("PRAGMA foreign_keys=OFF")
        migrate(connection)
        connection.rollback()
        broken = raw.execute("PRAGMA foreign_key_check").fetchall()
        raw.execute("PRAGMA foreign_keys=ON")
        if broken:
            raise RuntimeError(f"rows without their parents after the migration: {broken[:5]}")


current_app.logger.debug("migrating")
run()
