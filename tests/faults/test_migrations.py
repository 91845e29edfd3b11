"""Upgrades of the schema that are ended before any one of their statements: the database is the old or the new one, to
the row, and the same command leads on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import stamp

from sun_commune.core.db import db
from tests.cast import Cast
from tests.faults.rounds import ROOT, SEED, times
from tests.ledger.test_older_books import a_story

ALL = 1_000_000


@pytest.mark.usefixtures("book_checks_alone")
def test_old_or_new_and_never_between(
    app: Flask, cast: Cast, tmp_path: Path, database_kind: str, request: pytest.FixtureRequest
) -> None:
    a_story(cast)
    db.session.remove()
    stamp()
    few = times(6, full=ALL)
    said: dict[str, Any] = {
        "url": db.engine.url.render_as_string(hide_password=False), "folder": str(tmp_path), "seed": SEED,
        "server": None, "samples": None if few >= ALL else few,
    }  # fmt: skip
    if database_kind == "postgresql":
        said["server"] = asdict(request.getfixturevalue("postgres_server"))
    db.session.remove()
    db.engine.dispose()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.migrating", json.dumps(said)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    wrong = [line for line in lines if "between" in line["word"] or "stuck" in line["word"]]
    assert wrong == []
    assert len(lines) >= min(few, 6)
    words = Counter(line["word"] for line in lines)
    assert sum(count for word, count in words.items() if "-9 old" in word or "1 old" in word) > len(lines) // 2, words
    print(f"{database_kind}: {len(lines)} ends in {len({line['revision'] for line in lines})} revisions: {dict(words)}")
