"""PostgreSQL itself is killed and started again while gifts go on: refused acts are told as refused, nothing that was
told is lost, nothing stands twice."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sun_commune.core.db import db
from tests.app import build_schema, make_app
from tests.cast import Cast, sign_in
from tests.faults import acts, rounds
from tests.lanes.world import add_charity
from tests.postgres import Server, start_from
from tests.postgres_cluster import find_binaries, run_as, temporary_folder


@pytest.fixture
def own_server(postgres_server: Server) -> Iterator[dict[str, Any]]:
    """A server of its own, that other tests do not miss while it is away. (Not among pytest's folders: those are
    closed to the user that the server runs as.)"""
    folder = Path(tempfile.mkdtemp(prefix="sun-pg-faults-", dir=temporary_folder()))
    server = start_from(find_binaries()[0], folder)
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    yield {**state, "object": server, "data": folder / "data", "log": folder / "log"}
    control(state, "stop", folder / "data", folder / "log")
    shutil.rmtree(folder, ignore_errors=True)


def control(state: dict[str, Any], act: str, data: Path, log: Path) -> None:
    """``immediate``: as a crash, so that the next start recovers from the write-ahead log."""
    command = [state["pg_ctl"], "-D", data, "-l", log, "-w", "-t", "60", "-s", "-m", "immediate", act]
    run_as(state["user"], command, log=log)


def test_restarted_in_the_middle_of_gifts(own_server: dict[str, Any], tmp_path: Path) -> None:
    server: Server = own_server["object"]
    url = server.create_database("faults")
    app = make_app(tmp_path, url)
    build_schema(app)
    with app.app_context():
        town = acts.build_town(Cast(add_charity))
        db.session.remove()
        db.engine.dispose()
    refused = 0
    with rounds.worker(url, tmp_path / "worker", town) as crew:
        restarts = rounds.times(4, full=200)
        for number in range(restarts):
            crew.begin()
            crew.go()
            told = [crew.next_line() for _line in range(3 + number % 5)]
            control(own_server, "restart", own_server["data"], own_server["log"])
            more, status = crew.end(told)
            refused += status == 3
            assert more[-1] == "error OperationalError"
    assert refused == restarts
    with app.app_context():
        assert acts.missing(crew.told) == []
        assert acts.wrong() == []
        assert acts.posted_twice() == []
        db.session.remove()
        db.engine.dispose()


def test_page_says_so_and_comes_back(own_server: dict[str, Any], tmp_path: Path) -> None:
    """While the database is away a page answers 503, to whoever is signed in, too; afterwards the same process serves
    again."""
    server: Server = own_server["object"]
    app = make_app(tmp_path, server.create_database("pages"))
    build_schema(app)
    client = app.test_client()
    with app.app_context():
        donor = sign_in(app.test_client(), Cast(add_charity).donor)
        db.session.remove()
    assert client.get("/en/ledger/entries").status_code == 200
    assert "张建国" in donor.get("/en/my").text
    control(own_server, "stop", own_server["data"], own_server["log"])
    answer = client.get("/en/ledger/entries")
    assert answer.status_code == 503
    assert "Traceback" not in answer.text
    answer = donor.get("/en/my")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "nothing is stored twice" in answer.text
    assert client.get("/healthz").status_code == 200
    control(own_server, "start", own_server["data"], own_server["log"])
    statuses = [client.get("/en/ledger/entries").status_code for _attempt in range(3)]
    assert statuses[-1] == 200, statuses
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
