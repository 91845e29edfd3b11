"""Drills: backed up by the commands of docs/operations.md while gifts go on, restored elsewhere, and checked.

What was told before the backup began is there, every self-check passes, papers are whole, the next gift works, and the
signer of the log signs on when nothing is missing, and never below what it has published when something is.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url, select

from sun_commune.core.db import db, transaction
from sun_commune.transparency import jobs, queries
from sun_commune.transparency.signer import __main__ as signer
from sun_commune.transparency.signer import reading
from sun_commune.transparency.signer.state import Refusal, State
from sun_commune.uploads import storage
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.models import Upload
from sun_commune.uploads.services import store_photo
from tests.app import make_app
from tests.cast import Cast
from tests.faults import acts, rounds
from tests.faults.rounds import ROOT, SEED, Worker, times
from tests.postgres import Server
from tests.postgres_cluster import find_binaries
from tests.programs import needs
from tests.transparency.site import Signing
from tests.uploads.pictures import picture

DOCUMENT = ROOT / "docs" / "operations.md"


def documented(program: str) -> str:
    """The arguments that the page tells for a program, with its own names of files."""
    found = re.search(rf"`{program} ([^`]+)`", DOCUMENT.read_text(encoding="utf-8"))
    assert found, f"docs/operations.md does not name {program}"
    return found[1]


class Backup:
    """Of one database and its folder, and the restore of it."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        self.folder, self.server = folder, server

    def make(self, url: str, instance: Path) -> None:
        """The database first, the files after it."""
        self.folder.mkdir()
        if self.server:
            self._run("pg_dump", documented("pg_dump").replace("sun.dump", str(self._file)), url)
        else:
            database = make_url(url).database or ""
            said = documented("sqlite3").replace("/var/lib/sun-commune/sun.sqlite", database)
            _path, act = said.split(" ", maxsplit=1)
            command = act.strip('"').replace("sun-backup.sqlite", str(self._file))
            subprocess.run(["sqlite3", database, command], check=True, capture_output=True)
        shutil.copytree(instance / "uploads", self.folder / "uploads")

    def restore(self, instance: Path) -> str:
        """Into an empty folder and an empty database; its address."""
        shutil.copytree(self.folder / "uploads", instance / "uploads")
        if not self.server:
            shutil.copy(self._file, instance / "restored.sqlite")
            return f"sqlite:///{instance / 'restored.sqlite'}"
        url = self.server.create_database("restored")
        said = documented("pg_restore").replace("--dbname=sun", f"--dbname={libpq(url)}")
        self._run("pg_restore", said.replace("sun.dump", str(self._file)))
        return url

    @property
    def _file(self) -> Path:
        return self.folder / "database"

    def _run(self, program: str, arguments: str, url: str = "") -> None:
        """With the address of the database in place of its name, which comes last."""
        given = arguments.split()
        if url:
            given[-1] = libpq(url)
        found = [binaries.folder / program for binaries in find_binaries()]
        command = [str(next((path for path in found if path.exists()), program)), *given]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr


def libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def town(app: Flask, cast: Cast) -> dict[str, int]:
    return acts.build_town(cast)


@pytest.fixture
def crew(cast: Cast, town: dict[str, int], tmp_path: Path) -> Iterator[Worker]:
    donor = cast.donor.id
    photo = prepare_photo(picture(), most_megabytes=5)
    with transaction(audited=False):
        store_photo(actor_id=donor, photo=photo)
    url = db.engine.url.render_as_string(hide_password=False)
    db.session.remove()
    with rounds.worker(url, tmp_path / "worker", town) as found:
        yield found


def check_restored(folder: Path, url: str, told: list[str], signing: Signing, town: dict[str, int]) -> None:
    """By a copy of the signer, for the real one goes on with the site that was never gone."""
    state, publish = folder / "signer", folder / "published"
    shutil.copytree(signing.state, state)
    shutil.copytree(signing.publish, publish)
    shown = (publish / "checkpoint").read_bytes()
    with make_app(folder, url).app_context():
        assert acts.missing(told) == []
        assert acts.wrong() == []
        photos = db.session.execute(select(Upload).where(Upload.created_by == town["donor"])).scalars().all()
        assert len(photos) == 1
        assert all(path.stat().st_size for photo in photos for path in storage.paths_of(photo))
        engine = reading.open_database(url)
        try:
            jobs.seal_log()
            # What was told after the backup may have been done before it: the log itself says who is ahead.
            is_behind = queries.log_size() < State.read(state).frontier.size
            if is_behind:
                with pytest.raises(Refusal):
                    signer.sign_once(state, engine, publish, say=lambda _words: None)
                assert (publish / "checkpoint").read_bytes() == shown
            acts.give_and_spend(town, "AFTER", lambda _line: None)
            assert acts.wrong() == []
            if not is_behind:
                jobs.seal_log()
                assert signer.sign_once(state, engine, publish, say=lambda _words: None).size == queries.log_size()
        finally:
            engine.dispose()
        db.session.remove()
        db.engine.dispose()


def drill(
    crew: Worker, signing: Signing, backup: Backup, folder: Path, town: dict[str, int], *, lines: int, is_behind: bool
) -> dict[str, float]:
    """One drill; how long it took and what the restored database did not have any more. ``is_behind``: the signer has
    signed what came after the backup."""
    pid = crew.begin()
    crew.go()
    told = [crew.next_line() for _line in range(lines)]
    before = [*crew.told, *told]
    signing.seal_and_sign()
    began = time.monotonic()
    backup.make(signing.url, Path(signing.app.instance_path))
    seconds = time.monotonic() - began
    told += [crew.next_line() for _line in range(6)]
    subprocess.run(["kill", "-9", str(pid)], check=True)
    told, status = crew.end(told)
    assert status == -9
    if is_behind:
        signing.seal_and_sign()
    folder.mkdir()
    began = time.monotonic()
    url = backup.restore(folder)
    restored = time.monotonic() - began
    check_restored(folder, url, before, signing, town)
    return {"backup s": round(seconds, 2), "restore s": round(restored, 2), "told since": len(crew.told) - len(before)}


@pytest.fixture
def server(database_kind: str, request: pytest.FixtureRequest) -> Server | None:
    """None for SQLite."""
    return request.getfixturevalue("postgres_server") if database_kind == "postgresql" else None


@needs("sqlite3")
def test_drills(crew: Worker, town: dict[str, int], signing: Signing, tmp_path: Path, server: Server | None) -> None:
    dice, figures = random.Random(SEED), list[dict[str, float]]()  # noqa: S311 - no secret
    signing.seal_and_sign()
    drills = times(2, full=30)
    for number in range(drills):
        backup = Backup(tmp_path / f"backup{number}", server)
        folder = tmp_path / f"restored{number}"
        done = drill(crew, signing, backup, folder, town, lines=dice.randint(3, 8), is_behind=number % 2 == 1)
        figures.append(done)
    assert acts.wrong() == []
    most = {name: max(each[name] for each in figures) for name in figures[0]}
    print(f"seed {SEED}: {drills} drills on {'PostgreSQL' if server else 'SQLite'}, at most {most}")
