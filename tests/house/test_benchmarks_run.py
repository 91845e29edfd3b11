"""The benchmarks run through, on a sample so small that its figures mean nothing. No time is asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from benchmarks import __main__ as bench
from benchmarks.books import POSTGRESQL_INDEXES, SQLITE_INDEXES, books
from benchmarks.report import Result
from benchmarks.stores import Store, make_app
from sun_commune.core.db import db
from sun_commune.core.selfcheck import all_checks, find_all, watch
from sun_commune.ledger.models import Transfer

ROOT = Path(__file__).resolve().parents[2]
INDEXES = {"sqlite": SQLITE_INDEXES, "postgresql": POSTGRESQL_INDEXES}


def test_every_part_runs_through(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--needs", "50", "--entries", "60", "--rounds", "1",
               "--requests", "16", "--cache", str(tmp_path / "cache"), "--results", str(tmp_path)]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SUN_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (written,) = tmp_path.glob("*.json")
    names = {result["name"] for result in json.loads(written.read_text())["results"]}
    assert {"list, newest", "need page", "ledger page", "ledger page, kept", "claims, one need", "export csv"} <= names
    assert "list, newest, kept" not in names, "pages that show needs are never kept whole"
    assert {"claims by HTTP, p99 in ms", "posting a gift", "sunverify full, peak memory in MB"} <= names


def test_books_built_in_haste_are_sound(tmp_path: Path, database_kind: str, request: pytest.FixtureRequest) -> None:
    server = None if database_kind == "sqlite" else request.getfixturevalue("postgres_server")
    store = Store(tmp_path, server)
    indexes = {}
    for url in (store.sample(30), books(store, 90, 30)):
        app = make_app(url, tmp_path / "instance")
        with app.app_context():
            indexes[url] = sorted(name for name, *_rest in db.session.execute(text(INDEXES[database_kind])))
            entries = db.session.execute(select(func.count()).select_from(Transfer)).scalar_one()
            with watch():
                findings = find_all(all_checks())
            # The entries are written beside the sample's, and no deliveries with them.
            assert [str(finding) for finding in findings if finding.check != "posted_is_delivered"] == []
            db.session.remove()
            db.engine.dispose()
    assert entries == 90
    assert len(set(map(tuple, indexes.values()))) == 1, "an index that was left away is missing"


@pytest.mark.parametrize(
    "wrong", [["--needs", "1"], ["--entries", "1"], ["--rounds", "0"], ["--database", "oracle"], ["--only", "all"]]
)
def test_wrong_options_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        bench.parse(wrong)
    assert stop.value.code == 2


def test_a_goal_is_met_by_the_median() -> None:
    assert Result("x", [1, 2, 9], "floor", goal=2).verdict == "met"
    assert Result("x", [1, 3, 9], "floor", goal=2).verdict == "NOT MET"
    assert Result("x", [1, 3, 9], "floor", goal=2, at_least=True).verdict == "met"
