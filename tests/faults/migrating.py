"""Upgrades that end in the middle: run as a process of its own by test_migrations.py.

    python -m tests.faults.migrating JSON    (url, folder, server or null, samples, seed)

The database at ``url`` holds rows and the newest schema. It is taken back, revision by revision; each upgrade is then
tried again and again from there, ended before its n-th statement or commit: by SIGKILL, or by an error of the driver.
The application is loaded once and forked for each trial. Told is a JSON line for each: whether the database was
the ``old`` one or the ``new`` one afterwards (``between`` is what must not be), and whether the same command, given
again, then led to the new one.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, event, make_url
from sqlalchemy.pool import NullPool

from tests.app import make_app
from tests.postgres import Server

SCHEMA = {
    "sqlite": ("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",),
    "postgresql": (
        """SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length
           FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name""",
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
        """SELECT p.oid::regprocedure::text, md5(prosrc) FROM pg_proc p JOIN pg_language l ON l.oid = prolang
           WHERE pronamespace = 'public'::regnamespace AND lanname <> 'c' ORDER BY 1""",
    ),
}


@dataclass(frozen=True)
class Snapshot:
    """A whole database: its schema, and each table's rows."""

    schema: tuple[Any, ...]
    rows: dict[str, list[str]]

    def has_shape_of(self, other: Snapshot) -> bool:
        """The same schema and as many rows: what an upgrade writes may hold random salts."""
        counts = [{name: len(rows) for name, rows in each.rows.items()} for each in (self, other)]
        return self.schema == other.schema and counts[0] == counts[1] and self.version == other.version

    @property
    def version(self) -> list[str]:
        return self.rows.get("alembic_version", [])


class Shelf:
    """The one database that is worked on, and kept copies of it."""

    def __init__(self, url: str, folder: Path, server: Server | None) -> None:
        self.url, self.folder, self.server = url, folder, server
        self.engine = sa.create_engine(url, poolclass=NullPool)

    def keep(self, name: str) -> None:
        if self.server:
            self.server.create_database(f"kept_{name}", template=self._own_name)
        else:
            with self.engine.connect() as connection:  # a child that just ended left its write-ahead log beside it
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(self._file, self.folder / name)

    def put_back(self, name: str) -> None:
        if self.server:
            self.server.create_database(self._own_name, template=f"kept_{name}")
            return
        for old in self._file.parent.glob(f"{self._file.name}*"):
            old.unlink()
        shutil.copy(self.folder / name, self._file)

    def look(self) -> Snapshot:
        kind = self.engine.dialect.name
        with self.engine.connect() as connection:
            schema = tuple(
                tuple(tuple(map(in_order, row)) for row in connection.exec_driver_sql(each)) for each in SCHEMA[kind]
            )
            rows = {}
            for table in sorted(sa.inspect(connection).get_table_names()):
                found = connection.execute(sa.select(sa.text("*")).select_from(sa.table(table))).all()
                rows[table] = sorted(repr(tuple(row)) for row in found)
        return Snapshot(schema, {name: found for name, found in rows.items() if found or name != "alembic_version"})

    @property
    def _file(self) -> Path:
        return Path(make_url(self.url).database or "")

    @property
    def _own_name(self) -> str:
        assert self.server
        return (make_url(self.url).database or "").removeprefix(self.server.prefix)


def in_order(word: Any) -> Any:
    """Alembic rebuilds SQLite's tables with their constraints in any order, which means nothing."""
    is_table = isinstance(word, str) and word.startswith("CREATE TABLE")
    return sorted(line.strip(" \t,") for line in word.splitlines()) if is_table else word


def in_child(app: Flask, act: Callable[[], Any]) -> int:
    """Exit status of a forked child: 0, 1 for an error, -9 when it was killed."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with app.app_context():
            try:
                act()
                os._exit(0)
            except BaseException:  # noqa: BLE001 - told by the status
                os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def ended_before(number: int, how: str) -> None:
    """From here on the ``number``-th statement or commit of this process is its last."""
    left = [number]

    def count(*_seen: Any) -> None:
        left[0] -= 1
        if left[0] == 0 and how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if left[0] == 0:
            raise sqlite3.OperationalError("disk I/O error")

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def count_steps(app: Flask, revision: str, folder: Path) -> int:
    """How many statements and commits an upgrade makes; it is done by that."""
    said = folder / "steps"

    def act() -> None:
        steps: list[int] = []
        event.listen(Engine, "before_cursor_execute", lambda *_seen: steps.append(1))
        event.listen(Engine, "commit", lambda *_seen: steps.append(1))
        upgrade(revision=revision)
        said.write_text(str(len(steps)), encoding="ascii")

    assert in_child(app, act) == 0, revision
    return int(said.read_text(encoding="ascii"))


def revisions(app: Flask) -> list[str]:
    """All, the oldest first."""
    settings = Config()
    settings.set_main_option("script_location", app.extensions["migrate"].directory)
    return [each.revision for each in ScriptDirectory.from_config(settings).walk_revisions()][::-1]


def tried(app: Flask, shelf: Shelf, revision: str, number: int, how: str, *, old: Snapshot, new: Snapshot) -> str:
    """One trial, as a word; the database of before is on the shelf as ``old``."""
    shelf.put_back("old")

    def broken() -> None:
        ended_before(number, how)
        upgrade(revision=revision)

    status = in_child(app, broken)
    found = shelf.look()
    word = "old" if found == old else "new" if found.has_shape_of(new) else "between"
    again = in_child(app, lambda: upgrade(revision=revision))
    is_whole = again == 0 and shelf.look().has_shape_of(new)
    return f"{how} {status} {word} {'resumed' if is_whole else 'stuck'}"


def main() -> None:
    said = json.loads(sys.argv[1])
    dice, folder = random.Random(said["seed"]), Path(said["folder"])  # noqa: S311 - no secret
    shelf = Shelf(said["url"], folder, Server(**said["server"]) if said["server"] else None)
    app = make_app(folder, said["url"])
    all_of_them = revisions(app)
    few = said["samples"]
    chosen = all_of_them if few is None else dice.sample(all_of_them, min(len(all_of_them), max(1, few // 3)))
    for place in reversed(range(len(all_of_them))):
        revision, before = all_of_them[place], all_of_them[place - 1] if place else "base"
        assert in_child(app, lambda before=before: downgrade(revision=before)) == 0, before
        if revision not in chosen:
            continue
        shelf.keep("old")
        old = shelf.look()
        steps = count_steps(app, revision, folder)
        new = shelf.look()
        trials = [(number, how) for number in range(1, steps + 1) for how in ("killed", "error")]
        for number, how in trials if few is None else dice.sample(trials, min(3, len(trials))):
            word = tried(app, shelf, revision, number, how, old=old, new=new)
            print(json.dumps({"revision": revision, "step": number, "of": steps, "word": word}), flush=True)
        shelf.put_back("old")


if __name__ == "__main__":
    main()
