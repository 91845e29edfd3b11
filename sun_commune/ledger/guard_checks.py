"""Whether the database's own guards stand: each trigger is looked up and read, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import text

from sun_commune.core.append_only import AFTER_CREATE
from sun_commune.core.db import db, is_sqlite


def guards_stand() -> list[str]:
    """The triggers in the database, letter by letter, and on PostgreSQL that they fire in every session role."""
    return _sqlite_guards() if is_sqlite(db.session()) else _postgresql_guards()


def _expected(dialect: str, begins: str) -> Iterable[tuple[re.Match[str], str]]:
    for kind, statement in AFTER_CREATE:
        match = re.match(begins, statement) if kind == dialect else None
        if match:
            yield match, statement


def _sqlite_guards() -> list[str]:
    rows = db.session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found = {row.name: " ".join(row.sql.split()) for row in rows}
    wrong = []
    for match, statement in _expected("sqlite", r"CREATE TRIGGER (\w+)"):
        if match[1] not in found:
            wrong.append(f"trigger {match[1]} is missing")
        elif found[match[1]] != " ".join(statement.split()):
            wrong.append(f"trigger {match[1]} has been changed")
    return wrong


def _postgresql_guards() -> list[str]:
    triggers = {
        (row.relname, row.tgname): row.tgenabled
        for row in db.session.execute(
            text(
                "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE NOT t.tgisinternal AND n.nspname = current_schema()"
            )
        )
    }
    sources = {
        row.proname: " ".join(row.prosrc.split())
        for row in db.session.execute(
            text(
                "SELECT p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
                "WHERE n.nspname = current_schema()"
            )
        )
    }
    wrong = []
    for match, _statement in _expected("postgresql", r"CREATE TRIGGER (\w+) .* ON (\w+) FOR"):
        state = triggers.get((match[2], match[1]))
        if state is None:
            wrong.append(f"trigger {match[1]} is missing")
        elif state != "A":
            wrong.append(f"trigger {match[1]} does not fire always")
    for match, statement in _expected("postgresql", r"CREATE OR REPLACE FUNCTION (\w+)"):
        body = " ".join(statement.split("$$")[1].split())
        if match[1] not in sources:
            wrong.append(f"function {match[1]} is missing")
        elif sources[match[1]] != body:
            wrong.append(f"function {match[1]} has been changed")
    return wrong
