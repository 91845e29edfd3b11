"""``flask load-sample``: any size, the same for the same seed, and every invariant holds afterwards."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.core.selfcheck import all_checks, find_all, watch
from sun_commune.deliveries.models import Delivery
from sun_commune.demo.sample import load_sample
from sun_commune.households.models import Consent, Household
from sun_commune.ledger.models import Account, LedgerSum, Transfer
from sun_commune.needs.models import Need, NeedCell, NeedChange, NeedLine, Subject
from sun_commune.needs.states import NeedState
from sun_commune.pledges.models import Claim, ClaimLine
from tests.app import reset_database
from tests.cast import Cast
from tests.factories import make_need

TABLES = (
    User, Household, Consent, Need, NeedLine, NeedChange, NeedCell, Claim, ClaimLine, Delivery, Account, Transfer,
    LedgerSum,
)  # fmt: skip
DAY = datetime(2026, 9, 1, 4, tzinfo=UTC)
VILLAGES, HOUSEHOLDS = 3, 60  # the cast's places are three villages


def load(*, seed: int = 1, villages: int = VILLAGES, households: int = HOUSEHOLDS) -> int:
    with clock.standing_at(DAY):
        return load_sample(villages=villages, households=households, seed=seed, tell=lambda _done, _total: None)


def digest() -> str:
    """Of all rows of the main tables, but for sealed fields: each sealing takes a new random number."""
    words = hashlib.sha256()
    for table in TABLES:
        columns = [column for column in table.__table__.columns if not column.name.endswith("_sealed")]
        for row in db.session.execute(select(*columns).order_by(*columns)).all():
            words.update(repr(tuple(row)).encode())
    db.session.rollback()
    return words.hexdigest()


def test_same_seed_gives_the_same_sample(
    app: Flask, database_kind: str, worker_name: str, request: pytest.FixtureRequest
) -> None:
    digests = []
    for seed in (1, 1, 2):
        reset_database(app, database_kind, worker_name, request)
        load(seed=seed)
        digests.append(digest())
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


def test_as_many_needs_and_households_as_asked_for(app: Flask) -> None:
    assert load() == VILLAGES + HOUSEHOLDS
    by_subject = dict(db.session.execute(select(Need.subject, func.count()).group_by(Need.subject)).all())
    assert by_subject == {Subject.VILLAGE: VILLAGES, Subject.HOUSEHOLD: HOUSEHOLDS}
    assert db.session.execute(select(func.count()).select_from(Household)).scalar_one() == HOUSEHOLDS


def test_sample_tells_of_all_that_a_load_needs(app: Flask) -> None:
    load(households=300)
    for table in TABLES:
        assert db.session.execute(select(func.count()).select_from(table)).scalar_one() > 0, table.__name__
    states = set(db.session.execute(select(Need.state).distinct()).scalars())
    assert states >= {NeedState.PUBLISHED, NeedState.PARTLY_CLAIMED, NeedState.FULFILLED, NeedState.EXPIRED}


def test_self_check_passes(app: Flask) -> None:
    load(households=200)
    with watch():
        assert [str(finding) for finding in find_all(all_checks())] == []


def test_second_sample_comes_beside_the_first(app: Flask) -> None:
    load(seed=1)
    load(seed=2)
    assert db.session.execute(select(func.count()).select_from(Need)).scalar_one() == 2 * (VILLAGES + HOUSEHOLDS)
    with watch():
        assert find_all(all_checks()) == []


def test_real_needs_can_be_posted_afterwards(app: Flask, cast: Cast) -> None:
    """On PostgreSQL the sequences must go on after the ids that the sample gave."""
    load()
    need = make_need(cast)
    assert need.state is NeedState.PUBLISHED
    assert need.code == f"XQ-{clock.today().year}-00001"


def test_people_of_a_sample_cannot_sign_in(app: Flask) -> None:
    load()
    rows = db.session.execute(select(User.is_enabled, User.password_hash).distinct()).all()
    assert [tuple(row) for row in rows] == [(False, "!")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--villages", "0"], "--villages is at least 1"),
        (["--households", "-1"], "--households at least 0"),
        (["--villages", "3", "--households", "1999998"], "at most 2,000,000"),
        (["--villages", "4"], "there are only 3 villages"),
        (["--villages", "many"], "not a valid integer"),
        (["--seed", "1.5"], "not a valid integer"),
    ],
)
def test_bad_numbers_are_refused_with_a_sentence(app: Flask, arguments: list[str], words: str) -> None:
    refused = app.test_cli_runner().invoke(args=["load-sample", *arguments])
    assert refused.exit_code != 0
    assert words in refused.output
    assert "Traceback" not in refused.output
    assert db.session.execute(select(func.count()).select_from(Need)).scalar_one() == 0


def test_command_tells_how_far_it_is(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["load-sample", "--villages", "2", "--households", "8"])
    assert done.exit_code == 0
    assert "10/10 needs" in done.output
    assert "10 needs loaded." in done.output
