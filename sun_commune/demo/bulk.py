"""Many rows at once, by the driver's own fastest way: executemany on SQLite, COPY on PostgreSQL.

Values pass through the same column types as everywhere else; triggers and constraints work as for any INSERT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from sun_commune.core.db import is_sqlite

Convert = Callable[[Any], Any] | None


class BulkTable:
    """Writes rows of one table. ``columns`` names those that are given; the others take their model's default."""

    def __init__(self, session: Session, table: Table, columns: Sequence[str]) -> None:
        dialect = session.get_bind().dialect
        self.table = table
        fixed = {
            column.name: column.default.arg  # type: ignore[attr-defined]  # scalar defaults alone have one
            for column in table.columns
            if column.name not in columns and column.default is not None and column.default.is_scalar
        }
        self.names = [*columns, *fixed]
        self._converts: list[Convert] = [
            table.columns[name].type.dialect_impl(dialect).bind_processor(dialect) for name in self.names
        ]
        self._fixed = [convert(value) if convert else value for value, convert in
                       zip(fixed.values(), self._converts[len(columns):], strict=True)]  # fmt: skip
        self._given = list(zip(columns, self._converts, strict=False))

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        given = [convert(row[name]) if convert else row[name] for name, convert in self._given]
        return given + self._fixed


def write_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert ``rows``, which all have the same keys, into ``table`` in the session's transaction."""
    if not rows:
        return
    bulk = BulkTable(session, table, list(rows[0]))
    write_values(session, table.name, bulk.names, map(bulk.values, rows))


def write_values(session: Session, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """As write_rows, with values as the driver takes them."""
    columns = ", ".join(names)
    cursor: Any = session.connection().connection.cursor()
    if is_sqlite(session):
        marks = ", ".join("?" * len(names))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608 - our own names
        return
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
