"""The databases that are measured: samples by demo.sample, built once and kept; copies of them to write into."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade

from sun_commune import create_app
from sun_commune.core.db import db, transaction
from sun_commune.demo.sample import load_sample
from sun_commune.places.cli import OWN_FILES
from sun_commune.places.services import load_places
from tests.postgres import Server, start_server, stop_server

SEED = 1
MOST_VILLAGES = 492
SETTINGS = {
    "SUN_SECRET_KEY": "a secret of the benchmarks",
    "SUN_FIELD_KEY": "00112233445566778899aabbccddeeff" * 2,
    "SUN_LOG_LEVEL": "ERROR",
}


def make_app(url: str, folder: Path, **config: Any) -> Flask:
    return create_app({**SETTINGS, "SUN_DATABASE_URL": url, "SUN_INSTANCE_PATH": str(folder), **config})


@dataclass(frozen=True)
class Store:
    """Samples on one kind of database. ``server`` None: SQLite files in ``folder``."""

    folder: Path
    server: Server | None

    @property
    def kind(self) -> str:
        return "postgresql" if self.server else "sqlite"

    def sample(self, needs: int) -> str:
        """The address of a database with so many needs, built if it is not kept."""
        return self.kept(f"sample_{needs}", lambda url: self._build(url, needs))

    def kept(self, name: str, build: Callable[[str], None]) -> str:
        """The address of the database called ``name``, built if it is not kept."""
        if self.server:
            self.server.ensure_template(name, build=build)
            return self.server.url(name)
        path = self.folder / f"{name}.sqlite"
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            build(f"sqlite:///{unfinished}")
            unfinished.rename(path)
        return f"sqlite:///{path}"

    def copy(self, needs: int, name: str) -> str:
        """A fresh copy of a sample, to be written into."""
        self.sample(needs)
        return self.copy_of(f"sample_{needs}", name)

    def copy_of(self, kept: str, name: str) -> str:
        if self.server:
            return self.server.create_database(name, template=kept)
        target = self.folder / f"{name}.sqlite"
        for old in self.folder.glob(f"{name}.sqlite*"):
            old.unlink()
        shutil.copy(self.folder / f"{kept}.sqlite", target)
        return f"sqlite:///{target}"

    def throw_away(self, name: str) -> None:
        """A copy that is done with: of long books it takes as much room as they do."""
        if self.server:
            self.server.drop_database(name)
        for file in self.folder.glob(f"{name}.sqlite*"):
            file.unlink()

    def _build(self, url: str, needs: int) -> None:
        print(f"building a sample of {needs:,} needs on {self.kind} (kept for the next run) ...", flush=True)
        started = time.monotonic()
        villages = min(MOST_VILLAGES, max(1, needs // 10))
        app = make_app(url, self.folder / "instance")
        with app.app_context():
            upgrade()
            with transaction():
                load_places(OWN_FILES["5107"], city="5107")
            load_sample(villages=villages, households=needs - villages, seed=SEED, tell=bar(started))
            db.session.remove()
            if self.server:
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("VACUUM ANALYZE")
            db.engine.dispose()
        if not self.server:
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def bar(started: float) -> Any:
    def tell(done: int, total: int) -> None:
        rate = done / max(time.monotonic() - started, 0.001)
        end = "\n" if done == total else "\r"
        if sys.stderr.isatty() or done == total:
            print(f"  {done:,} of {total:,}, {rate:,.0f} a second", end=end, file=sys.stderr, flush=True)

    return tell


@contextmanager
def open_store(kind: str, folder: Path) -> Iterator[Store]:
    """A store; the PostgreSQL server that it needed is ended with it."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield Store(folder, None)
        return
    try:
        yield Store(folder, start_server())
    finally:
        stop_server()


def connect_raw(url: str) -> Any:
    """The driver's own connection, opened as the project opens its own."""
    if url.startswith("postgresql"):
        return psycopg.connect(url, autocommit=True)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    for pragma in ("foreign_keys=ON", "busy_timeout=15000", "synchronous=FULL", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def environment(url: str, folder: Path) -> Mapping[str, str]:
    """For a process that serves this database."""
    return {**SETTINGS, "SUN_DATABASE_URL": url, "SUN_INSTANCE_PATH": str(folder / "instance")}
