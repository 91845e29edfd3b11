"""A form that is sent three times - all at once, or because its answer was lost, or because it failed - acts once.

Each key is sent with one fault of a list, drawn by the seed; ``SUN_FAULT_ROUNDS=full`` does 10,000 keys.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now, standing_at
from sun_commune.core.db import db, transaction
from sun_commune.needs.models import Need
from sun_commune.needs.views import writing
from sun_commune.uploads import storage
from sun_commune.uploads.documents import prepare_document
from sun_commune.uploads.models import Upload
from sun_commune.uploads.services import store_document, sweep_uploads
from tests.cast import Cast, sign_in
from tests.factories import form_of_need
from tests.faults.rounds import SEED, times
from tests.pledges.crowd import together

SENDINGS = 3
PATH = "/en/needs/new"
PAPER = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF"


@contextmanager
def fault_at_commit(*, after: bool, of: str = "needs") -> Iterator[None]:
    """The next commit that has written to the table ``of`` fails; ``after`` says that it was done and only its answer
    lost."""
    dialect, wrote = db.engine.dialect, []
    commit = dialect.do_commit

    def fail(connection: Any) -> None:
        if not wrote:
            commit(connection)
            return
        dialect.do_commit = commit  # type: ignore[method-assign]  # once
        if after:
            commit(connection)
        raise dialect.loaded_dbapi.OperationalError("the line was cut")

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith(f"INSERT INTO {of}"):
            wrote.append(1)

    event.listen(db.engine, "before_cursor_execute", note)
    dialect.do_commit = fail  # type: ignore[method-assign]
    try:
        yield
    finally:
        dialect.do_commit = commit  # type: ignore[method-assign]
        event.remove(db.engine, "before_cursor_execute", note)


def send(client: FlaskClient, form: dict[str, str]) -> tuple[int, str]:
    """(status, where it led)."""
    answer = client.post(PATH, data=form)
    return answer.status_code, str(answer.location)


def all_at_once(app: Flask, clients: list[FlaskClient], form: dict[str, str]) -> list[Any]:
    def click(client: FlaskClient) -> Callable[[], object]:
        return lambda: send(client, form)

    return together(app, [click(client) for client in clients])


def one_after_another(_app: Flask, clients: list[FlaskClient], form: dict[str, str]) -> list[Any]:
    return [send(client, form) for client in clients]


def after_a_lost_answer(app: Flask, clients: list[FlaskClient], form: dict[str, str]) -> list[Any]:
    with fault_at_commit(after=True):
        assert send(clients[0], form)[0] == 503
    return all_at_once(app, clients[1:], form)


def after_a_failure(app: Flask, clients: list[FlaskClient], form: dict[str, str]) -> list[Any]:
    with fault_at_commit(after=False):
        assert send(clients[0], form)[0] == 503
    return all_at_once(app, clients[1:], form)


WAYS = (all_at_once, one_after_another, after_a_lost_answer, after_a_failure)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of faults need no thousand traces."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def clients(app: Flask, cast: Cast) -> list[FlaskClient]:
    """One person's three tabs."""
    return [sign_in(app.test_client(), cast.secretary) for _tab in range(SENDINGS)]


def drafts() -> int:
    """Needs that there are, each with its act on the trail."""
    db.session.rollback()
    needs = db.session.execute(select(func.count()).select_from(Need)).scalar_one()
    told = select(func.count()).select_from(AuditEntry).where(AuditEntry.act == "NeedDrafted")
    assert db.session.execute(told).scalar_one() == needs
    db.session.rollback()
    return needs


def play(app: Flask, clients: list[FlaskClient], keys: int) -> Counter[str]:
    """Send each key in one of the ways; how many keys were sent in which."""
    dice, ways = random.Random(SEED), Counter[str]()  # noqa: S311 - no secret
    for number in range(keys):
        way = WAYS[number] if number < len(WAYS) else dice.choice(WAYS)
        answers = way(app, clients, form_of_need())
        assert {status for status, _where in answers} == {303}, (way.__name__, answers)
        assert len({where for _status, where in answers}) == 1, (way.__name__, answers)
        ways[way.__name__] += 1
    return ways


def test_each_key_has_one_effect(app: Flask, clients: list[FlaskClient]) -> None:
    keys = times(40, full=10_000)
    ways = play(app, clients, keys)
    assert drafts() == keys
    print(f"seed {SEED}: {keys} keys, each sent {SENDINGS} times: {drafts()} effects; {dict(ways)}")


@pytest.mark.parametrize("is_stored", [True, False])
def test_papers_stay_with_their_rows(app: Flask, cast: Cast, is_stored: bool) -> None:
    """The answer to a commit is lost: nobody knows whether the row is there, so its file stays, and is swept away a
    day later if it is not."""
    actor, paper = cast.secretary.id, prepare_document(PAPER, most_megabytes=1)
    path = []
    with fault_at_commit(after=is_stored, of="uploads"), pytest.raises(OperationalError), transaction(audited=False):
        path.append(storage.document_path(store_document(actor_id=actor, document=paper).token))
    assert path[0].exists()
    with standing_at(now() + timedelta(days=2)):
        sweep_uploads()
    assert path[0].exists() == is_stored
    db.session.rollback()
    assert db.session.execute(select(func.count()).select_from(Upload)).scalar_one() == is_stored


def test_control_without_the_key_each_sending_acts(
    app: Flask, clients: list[FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "begin_once", lambda **_asked: None)
    for way, effects in ((one_after_another, 3), (all_at_once, 3), (after_a_lost_answer, 3), (after_a_failure, 2)):
        before = drafts()
        way(app, clients, form_of_need())
        assert drafts() - before == effects, way.__name__
