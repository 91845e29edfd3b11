"""For migrations: change a table on SQLite without losing its triggers.

SQLite changes a table by copying it, and the copy has none of the old one's triggers: an append-only table would
silently become an ordinary one. ``rebuilt`` notes them, lets the migration work, and makes them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.operations import BatchOperations, Operations
from sqlalchemy import text

TRIGGERS = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table ORDER BY name")


@contextmanager
def rebuilt(operations: Operations | Any, table: str) -> Iterator[BatchOperations]:
    """``with rebuilt(op, "transfers") as batch: batch.add_column(...)``, on either database."""
    connection = operations.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    triggers = connection.execute(TRIGGERS, {"table": table}).scalars().all() if is_sqlite else []
    with operations.batch_alter_table(table) as batch:
        yield batch
    for statement in triggers:
        connection.exec_driver_sql(statement)
