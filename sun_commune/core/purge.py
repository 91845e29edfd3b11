"""Remnants of what was deleted, taken out of the database's own files.

A database only marks what is deleted as free; the bytes stay until something else is written there. Rewriting the
tables drops them. SQLite could also overwrite at every deletion (PRAGMA secure_delete), but that slows each write, and
leaves the copies that index pages and the write-ahead log have kept: so the whole file is rewritten, at night, and only
when something was erased.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from sun_commune.core.db import db, is_sqlite

#: Milliseconds that PostgreSQL waits for a table that is in use; then the next night tries again.
LOCK_WAIT = 10_000


class StillInUse(RuntimeError):
    """A reader kept the old pages; the job tries again."""


def rewrite(tables: Sequence[str]) -> None:
    """Rewrite ``tables`` (SQLite: the whole file), so that nothing deleted is left. Outside any transaction.

    Writers wait meanwhile: about a second for each 100 MB.
    """
    sqlite = is_sqlite(db.session())
    db.session.remove()
    if sqlite:
        _rewrite_sqlite()
    else:
        _rewrite_postgresql(tables)


def _rewrite_sqlite() -> None:
    connection = db.engine.raw_connection()
    try:
        raw = connection.driver_connection
        assert raw is not None  # noqa: S101 - a checked-out connection has its driver's one
        raw.execute("VACUUM")
        busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        connection.close()
    if busy:
        raise StillInUse("the write-ahead log is still read; its old pages stay until the next night")


def _rewrite_postgresql(tables: Sequence[str]) -> None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"SET lock_timeout = {LOCK_WAIT}"))
        for table in tables:
            connection.execute(text(f"VACUUM FULL {table}"))
        connection.execute(text("RESET lock_timeout"))
