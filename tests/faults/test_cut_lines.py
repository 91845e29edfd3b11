"""The line between the site and PostgreSQL is cut at any byte, slow, or dead: 503, sent again, done once."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune.core import db as core_db
from sun_commune.core.db import db
from sun_commune.needs.models import Need
from tests.app import build_schema, make_app
from tests.cast import Cast, sign_in
from tests.factories import form_of_need
from tests.faults import acts, rounds
from tests.faults.rounds import SEED, times
from tests.faults.test_sent_again import PATH, all_at_once
from tests.faults.wire import DOWN, UP, Wire, wire_to
from tests.lanes.world import add_charity
from tests.postgres import Server

MOST_SENDINGS = 5


@pytest.fixture
def url(postgres_server: Server, tmp_path: Path) -> str:
    """A database with the schema."""
    made = postgres_server.create_database("wires")
    build_schema(make_app(tmp_path, made))
    return made


@pytest.fixture
def wire(url: str) -> Iterator[Wire]:
    logging.disable(logging.ERROR)
    with wire_to(url) as made:
        yield made
    logging.disable(logging.NOTSET)


@pytest.fixture
def site(wire: Wire, tmp_path: Path) -> Iterator[Flask]:
    """The site at the end of the line."""
    app = make_app(tmp_path, wire.url())
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def needs() -> int:
    db.session.rollback()
    found = db.session.execute(select(func.count()).select_from(Need)).scalar_one()
    db.session.rollback()
    return found


def sent_until_taken(client: FlaskClient, form: dict[str, str]) -> list[int]:
    statuses: list[int] = []
    while len(statuses) < MOST_SENDINGS and 303 not in statuses:
        statuses.append(client.post(PATH, data=form).status_code)
    return statuses


def test_cut_at_any_byte(site: Flask, wire: Wire) -> None:
    """A form is sent until it is taken; the line is cut in the middle of the first sending."""
    client = sign_in(site.test_client(), Cast(add_charity).secretary)
    assert sent_until_taken(client, form_of_need()) == [303]
    before = dict(wire.passed)
    assert sent_until_taken(client, form_of_need()) == [303]
    length = {way: wire.passed[way] - before[way] for way in before}
    dice, seen = random.Random(SEED), Counter[str]()  # noqa: S311 - no secret
    cuts = times(20, full=200)
    for _number in range(cuts):
        way = dice.choice((UP, DOWN))
        wire.cut_at = (way, dice.randrange(length[way]))
        statuses = sent_until_taken(client, form_of_need())
        assert wire.cut_at is None, "the line was not cut"
        assert set(statuses[:-1]) <= {503}, statuses
        assert statuses[-1] == 303, statuses
        seen[f"{way}: {statuses}"] += 1
    assert needs() == 2 + cuts
    assert sum(number for words, number in seen.items() if "503" in words) > cuts // 2
    print(f"seed {SEED}: {cuts} cuts, {needs() - 2} effects; {dict(seen)}")


def test_gifts_on_a_line_that_is_cut(wire: Wire, url: str, tmp_path: Path) -> None:
    """From claim to payment: what was told is there, and nothing twice."""
    app = make_app(tmp_path, url)
    with app.app_context():
        town = acts.build_town(Cast(add_charity))
        db.session.remove()
        dice, refused = random.Random(SEED), 0  # noqa: S311 - no secret
        with rounds.worker(wire.url(), tmp_path / "worker", town) as crew:
            before = wire.passed[DOWN]
            crew.begin(acts=1)
            crew.go()
            assert crew.end()[1] == 0
            length = wire.passed[DOWN] - before
            for _number in range(times(6, full=200)):
                crew.begin()
                wire.cut_at = (DOWN, dice.randrange(2 * length))
                crew.go()
                told, status = crew.end()
                refused += status == 3
                assert told[-1].startswith("error "), told
        assert refused == times(6, full=200)
        assert acts.missing(crew.told) == []
        assert acts.wrong() == []
        assert acts.posted_twice() == []
        db.session.remove()
        db.engine.dispose()


def test_slow_line(site: Flask, wire: Wire) -> None:
    """Each answer of the database comes late, and people press again meanwhile: one effect for each form."""
    secretary = Cast(add_charity).secretary
    clients = [sign_in(site.test_client(), secretary) for _tab in range(3)]
    wire.delay = 0.01
    for _number in range(times(1, full=200)):
        form, before = form_of_need(), needs()
        answers = all_at_once(site, clients, form)
        assert {status for status, _where in answers} == {303}
        assert len({where for _status, where in answers}) == 1
        assert needs() == before + 1


def test_line_on_which_nobody_answers(wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is there and says nothing, as when it has hung: no thread of the site waits for minutes."""
    monkeypatch.setitem(core_db.LINE, "connect_timeout", "2")  # seconds; the shortest that there is
    wire.is_silent = True
    app = make_app(tmp_path, wire.url())
    client = app.test_client()
    answer = client.get("/en/ledger/entries")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    wire.is_silent = False
    wire.cut()
    assert client.get("/en/ledger/entries").status_code == 200
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
