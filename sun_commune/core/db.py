"""The database: base class, column types, and the one way to write - ``transaction()``.

SQLite is opened so that SQLAlchemy, not the driver, begins transactions: a write begins with BEGIN
IMMEDIATE, so two writers never both read before either writes (a trial without it over-claimed 2.4 times).
On PostgreSQL services take row locks where counts can race.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Delete,
    Dialect,
    Engine,
    Insert,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    Update,
    event,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive one is refused, so no local time slips in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be aware (UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StrEnumType(TypeDecorator[StrEnum]):
    """A StrEnum stored by its value, in a plain string column."""

    impl = String(24)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind(value)


RowId = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]
Ref = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"))]
Fen = Annotated[int, mapped_column(BigInteger)]
Quantity = Annotated[int, mapped_column(BigInteger)]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
Code = Annotated[str, mapped_column(String(32))]
PlaceCode = Annotated[str, mapped_column(String(20))]


class Base(DeclarativeBase):
    """Plain declarative base (Flask-SQLAlchemy's own breaks on dataclass mapping and on mypy)."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime, str: String(255)},
    )


db = SQLAlchemy(metadata=Base.metadata)


@contextmanager
def transaction(*, audited: bool = True) -> Iterator[Session]:
    """One act, one transaction: begins (IMMEDIATE on SQLite), commits once, or rolls everything back.

    Only views, jobs and commands open one; services never commit. A read that is still open is ended first,
    so what was loaded before is read again under the lock. Raises RuntimeError if nested, or if rows were
    written and nothing was announced (the audit trail would have a hole); ``audited=False`` is for technical
    rows that are no one's act: throttle counters, last-seen times, job leases. What was put off by ``at_end`` is done
    last.
    """
    session = db.session()
    state = session.info
    if state.get("sun_open"):
        raise RuntimeError("transaction() does not nest: one act, one transaction")
    session.rollback()
    state.update(sun_open=True, sun_wrote=False, sun_announced=False, sun_at_end={})
    try:
        session.connection(execution_options={"sun_write": True})
        yield session
        session.flush()
        _do_what_was_put_off(session)
        if audited and state["sun_wrote"] and not state["sun_announced"]:
            raise RuntimeError("rows were written but no event was announced")
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        state.update(sun_open=False, sun_at_end=None)


def at_end(act: Callable[[list[Any]], object], item: Any) -> None:
    """Put ``item`` off for ``act``, which the open transaction() calls once with all its items just before it commits.

    For numbers without gaps: their counter is one row, and whoever holds it makes all others wait. Taken last, and
    after every other lock, it is held for moments, and no two transactions ever wait for each other's.
    """
    put_off = db.session().info.get("sun_at_end")
    if put_off is None:
        raise RuntimeError("at_end() outside transaction()")
    put_off.setdefault(act, []).append(item)


def _do_what_was_put_off(session: Session) -> None:
    put_off = session.info["sun_at_end"]
    while put_off:
        act = next(iter(put_off))
        act(put_off.pop(act))
        session.flush()


def note_announcement() -> None:
    """Called by core.events: the open transaction has told what it does."""
    db.session().info["sun_announced"] = True


@contextmanager
def technical_write() -> Iterator[Session]:
    """Inside an open transaction: rows that are part of no act (form keys), so they need no announcement."""
    session = db.session()
    wrote = session.info.get("sun_wrote", False)
    yield session
    session.info["sun_wrote"] = wrote


def refresh_clean() -> None:
    """End the open read, so that the next one sees what others committed meanwhile."""
    db.session().rollback()


def rows_changed(session: Session, statement: Insert | Update | Delete, values: Mapping[str, Any] | None = None) -> int:
    """Run a write and count the rows it changed: how a conditional UPDATE tells whether its condition held.

    One that changed nothing is no write: a transaction that only came too late has nothing to announce.
    """
    wrote = session.info.get("sun_wrote", False)
    # Without the option an INSERT counts -1 on PostgreSQL: the cursor is closed once the new id is read.
    result = session.execute(statement, values, execution_options={"preserve_rowcount": True})
    count = cast("CursorResult[Any]", result).rowcount
    if count == 0:
        session.info["sun_wrote"] = wrote
    return count


def table_of(model: type) -> Table:
    """Of a model: SQLAlchemy types it as what any mapped class may select from."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # every model has one
    return table


def only_where(condition: str) -> dict[str, Any]:
    """Of an ``Index``: over the rows that fit alone, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


@event.listens_for(Session, "before_flush")
def _refuse_stray_write(session: Session, _context: Any, _instances: Any) -> None:
    changed = session.new or session.deleted or any(session.is_modified(item) for item in session.dirty)
    if changed and not session.info.get("sun_open"):
        raise RuntimeError("a write outside transaction()")
    if changed:
        session.info["sun_wrote"] = True


@event.listens_for(Session, "do_orm_execute")
def _note_core_write(state: Any) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        if not state.session.info.get("sun_open"):
            raise RuntimeError("a write outside transaction()")
        state.session.info["sun_wrote"] = True


#: By these settings of libpq a server that is gone is noticed within half a minute, and one that hangs when it is
#: called within five seconds. What the database's address says itself wins.
LINE = {
    "connect_timeout": "5", "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}  # fmt: skip


@event.listens_for(Engine, "do_connect")
def _set_line(dialect: Dialect, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
    """Without limits each thread of the site would wait about two minutes for a dead server, or for ever."""
    if dialect.name == "postgresql":
        options.update({name: value for name, value in LINE.items() if name not in options})


@event.listens_for(Engine, "connect")
def _open(connection: Any, _record: Any) -> None:
    """Either database: what was acknowledged survives a crash, whatever the server's own settings say."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # SQLAlchemy begins, see _begin
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA busy_timeout=15000")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA recursive_triggers=ON")  # REPLACE fires delete triggers too
    else:
        connection.autocommit = True
        connection.execute("SET synchronous_commit TO on")
        connection.autocommit = False


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        writing = connection.get_execution_options().get("sun_write")
        if writing:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # straight to the driver: every page does this, it cannot fail, and the long way costs as much as a query
            connection.connection.driver_connection.execute("BEGIN")
