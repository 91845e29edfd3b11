"""For migrations: change a table on SQLite without losing its triggers.

SQLite changes a table by copying it, and the copy has none of the old one's triggers: an append-only table would
silently become an ordinary one. A trigger elsewhere that reads the table stops the copy. ``rebuilt`` notes both, lets
the migration work, and makes them again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from alembic.operations import BatchOperations, Operations
from sqlalchemy import Connection, text

TRIGGERS = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")


class Trigger(NamedTuple):
    name: str
    table: str
    sql: str


@contextmanager
def rebuilt(operations: Operations | Any, table: str) -> Iterator[BatchOperations]:
    """``with rebuilt(op, "transfers") as batch: batch.add_column(...)``, on either database."""
    connection = operations.get_bind()
    triggers = _triggers_about(connection, table) if connection.dialect.name == "sqlite" else []
    for trigger in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {trigger.name}")
    with operations.batch_alter_table(table) as batch:
        yield batch
    for trigger in triggers:
        connection.exec_driver_sql(trigger.sql)


def _triggers_about(connection: Connection, table: str) -> Sequence[Trigger]:
    """The table's own, and those of other tables that name it."""
    named = re.compile(rf"\b{re.escape(table)}\b")
    return [row for row in map(Trigger._make, connection.execute(TRIGGERS)) if named.search(row.sql)]
