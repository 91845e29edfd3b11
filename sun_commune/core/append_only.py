"""Tables that only grow: the database itself refuses UPDATE, DELETE, REPLACE and TRUNCATE.

``append_only(table)`` makes ``create_all`` add the triggers; migrations call ``create_sql`` / ``drop_sql``.
On PostgreSQL the triggers are ENABLE ALWAYS, so ``session_replication_role = replica`` does not pass them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import DDL, Table, event

REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION sun_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME;
END $$
"""


def create_sql(table: str, keys: Sequence[str], dialect: str) -> list[str]:
    """Statements that close ``table``; ``keys`` are its unique columns, watched against REPLACE on SQLite."""
    if dialect == "sqlite":
        equal = " OR ".join(f"{key} = NEW.{key}" for key in keys)
        same = f"(SELECT 1 FROM {table} WHERE {equal})"  # noqa: S608 - names of our own models, no input
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        return [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS {same} {refuse}",
        ]
    return [
        REFUSE_FUNCTION.replace("%%", "%"),
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION sun_refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION sun_refuse_change()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
    ]


def drop_sql(table: str, dialect: str) -> list[str]:
    """Statements that open ``table`` again, for a migration that must rebuild it."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{kind}" for kind in ("update", "delete", "replace")]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{kind} ON {table}" for kind in ("change", "truncate")]


#: All such statements as (dialect, SQL); a test compares them with what the migrations make.
AFTER_CREATE: list[tuple[str, str]] = []


def run_after_create(table: Table, statements: Sequence[str], dialect: str) -> None:
    """Let ``create_all`` run ``statements`` on one dialect after it has made ``table``."""
    for statement in statements:
        AFTER_CREATE.append((dialect, statement))
        ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
        event.listen(table, "after_create", ddl)


def guard(table: Table, *, sqlite: Sequence[str], postgresql: Sequence[str]) -> None:
    """Let ``create_all`` add the triggers of ``table``, each database its own."""
    run_after_create(table, sqlite, "sqlite")
    run_after_create(table, postgresql, "postgresql")


def append_only(table: Table, keys: Sequence[str] = ("id",)) -> None:
    for dialect in ("sqlite", "postgresql"):
        run_after_create(table, create_sql(table.name, keys, dialect), dialect)
