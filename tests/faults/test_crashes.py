"""Crashes: whatever was told is there, nothing is half-done, and the next act works."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from sun_commune.core.db import db
from tests.cast import Cast
from tests.faults import acts, rounds
from tests.faults.rounds import SEED, Worker
from tests.programs import needs

#: What SQLite does to its files.
WRITES = "pwrite64,fdatasync,fsync,ftruncate"


@pytest.fixture
def crew(app: Flask, cast: Cast, tmp_path: Path) -> Iterator[Worker]:
    """The worker on this test's database, with a town that is built."""
    town = acts.build_town(cast)
    url = db.engine.url.render_as_string(hide_password=False)
    db.session.remove()
    db.engine.dispose()
    with rounds.worker(url, tmp_path / "instance", town) as found:
        yield found


def test_a_round_left_alone_tells_each_act(crew: Worker) -> None:
    crew.begin(acts=2)
    crew.go()
    told, status = crew.end()
    assert status == 0
    assert [line.split()[0] for line in told] == ["held", "pledged", "paid", "drafted", "approved"] * 2
    assert acts.missing(told) == []
    assert acts.wrong() == []
    assert acts.missing(["held RLNOBODY", "paid ZMNOBODY", "approved PZ-1"]) != [], "what was never done is missed"


def test_killed_at_random_moments(crew: Worker) -> None:
    """Moments from the beginning to the middle of the third gift, however fast the machine is today."""
    dice = random.Random(SEED)  # noqa: S311 - no secret
    began = time.monotonic()
    crew.begin(acts=1)
    crew.go()
    crew.end()
    gift_takes = time.monotonic() - began
    for _number in range(rounds.times(12, full=2_000)):
        _told, status = crew.kill_after(dice.uniform(0.02, 2.5) * gift_takes)
        assert status == -9
    kinds = {line.split()[0] for line in crew.told[5:]}
    assert len(kinds) >= 4, "the rounds were killed before anything was done"
    assert acts.missing(crew.told) == []
    assert acts.wrong() == []
    crew.begin(acts=1)
    crew.go()
    assert crew.end()[1] == 0
    print(f"seed {SEED}: {len(crew.told)} acts told")


@pytest.fixture
def its_own_file(database_kind: str) -> None:
    """These look at what the process itself writes."""
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL writes in its server, which test_killed_server ends")


@needs("strace")
@pytest.mark.one_database
@pytest.mark.usefixtures("its_own_file")
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_write_that_fails_at_any_call(crew: Worker, tmp_path: Path, error: str) -> None:
    """Each single write or sync of one gift fails once, by the operating system's own word. (PostgreSQL writes in
    its server, which ends and recovers: test_killed_server.)"""
    calls = count_calls(crew, tmp_path)
    assert calls > 20
    few = max(1, calls // rounds.times(15, full=100_000))
    refused = 0
    for index in range(1, calls + 1, few):
        pid = crew.begin(acts=1)
        with rounds.traced(pid, f"inject={WRITES}:error={error}:when={index}", tmp_path / "trace"):
            crew.go()
            told, status = crew.end()
        assert status in {0, 3}, (index, told)
        refused += status == 3
        assert acts.missing(crew.told) == [], index
        assert acts.wrong() == [], index
    assert refused, "no failure was ever felt"


@needs("strace")
@pytest.mark.one_database
@pytest.mark.usefixtures("its_own_file")
def test_a_disk_that_is_full_from_some_call_on(crew: Worker, tmp_path: Path) -> None:
    calls = count_calls(crew, tmp_path)
    for part in range(10):
        pid = crew.begin(acts=3)  # more than was counted: the fault is met
        rule = f"inject={WRITES}:error=ENOSPC:when={1 + calls * part // 10}+"
        with rounds.traced(pid, rule, tmp_path / "trace"):
            crew.go()
            _told, status = crew.end()
        assert status == 3
        assert acts.missing(crew.told) == []
        assert acts.wrong() == [], "and it can be read all the while"


def count_calls(crew: Worker, tmp_path: Path) -> int:
    """How many writes and syncs one round makes."""
    report = tmp_path / "calls"
    pid = crew.begin(acts=1)
    with rounds.traced(pid, f"inject={WRITES}", report):
        crew.go()
        assert crew.end()[1] == 0
    return len(report.read_text(encoding="ascii", errors="replace").splitlines())
