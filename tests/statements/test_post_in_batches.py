"""Posting in batches: everything once, by however many at once, and to its end after whatever stopped it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from sun_commune.accounts.models import User
from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now, standing_at
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.pledges.models import Claim
from sun_commune.statements import jobs, queries, runs, services
from sun_commune.statements.models import Fate, FileState, StatementFile, SuspenseReason
from sun_commune.statements.runs import Run
from sun_commune.statements.services import posting
from tests.cast import Cast
from tests.statements import papers
from tests.statements.papers import movement
from tests.statements.world import (
    act,
    at_once,
    begin,
    code_of,
    day,
    entries,
    fates,
    findings,
    import_file,
    lines,
    open_fen,
    post,
    reading_of,
    store,
)


@contextmanager
def later(wait: timedelta) -> Iterator[None]:
    with standing_at(now() + wait):
        yield


def test_two_treasurers_at_once_post_everything_once(app: Flask, cast: Cast, claim: Claim) -> None:
    """Two files with the same movements, one of them once more."""
    rows = [movement(day(), "300.00", code_of(claim), reference="A1"), movement(day(), "5.00", "心意")]
    few = store(cast.treasurer, papers.bank(*rows)).code
    more = store(cast.treasurer, papers.bank(*rows, movement(day(), "6.00", "x"))).code

    def work(actor: User, start: Barrier) -> None:
        file = queries.get_file(few if actor.name == "卫财务" else more)
        run = services.plan_run(actor, file, reading_of(file))
        start.wait()
        act(services.post_statement, actor, queries.get_file(file.code), run, seen=run.plan.digest)

    assert at_once(app, [cast.treasurer, cast.second_treasurer], work) == []
    assert sorted(fen for _kind, fen, _need in entries()) == [500, 600, 30_000]
    assert {file.state for file in all_files()} == {FileState.POSTED}
    assert findings() == []


def test_two_who_press_at_once_post_a_large_file_once(
    app: Flask, cast: Cast, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same file, by two people, each going through all its batches: every line is posted by one of them."""
    monkeypatch.setattr(runs, "BATCH", 2)
    monkeypatch.setattr(jobs, "PAUSE", 0)
    code = store(cast.treasurer, large_file(code_of(claim))).code

    def work(actor: User, start: Barrier) -> None:
        actor_id = actor.id
        run = services.plan_run(actor, queries.get_file(code), reading_of(queries.get_file(code)))
        start.wait()
        act(services.post_statement, actor, queries.get_file(code), run, seen=run.plan.digest)
        assert jobs.go_on(run, code=code, actor_id=actor_id, most=100)

    assert at_once(app, [cast.treasurer, cast.second_treasurer], work) == []
    assert totals_of_large_file() == TOTALS
    assert findings() == []


def test_control_without_locks_and_keys_the_race_doubles_the_money(
    app: Flask, cast: Cast, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the tests above would see if a batch were decided before the lock and the natural key were not unique."""
    data = [papers.bank(movement(day(), "5.00", "心意")), papers.bank(movement(day(), "5.00", "心意"), [])]
    data[1] += b"\r\n"
    codes = [store(cast.treasurer, each).code for each in data]
    with db.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_statement_lines_base_nth"))
    monkeypatch.setattr(posting, "lock_statements", lambda: None)
    monkeypatch.setattr(Run, "plan_batch", lambda run, _actor, _file: run.plan)

    def work(actor: User, start: Barrier) -> None:
        file = queries.get_file(codes[0] if actor.name == "卫财务" else codes[1])
        run = services.plan_run(actor, file, reading_of(file))
        start.wait()
        act(services.post_statement, actor, queries.get_file(file.code), run, seen=run.plan.digest)

    assert at_once(app, [cast.treasurer, cast.second_treasurer], work) == []
    assert [fen for _kind, fen, _need in entries()] == [500, 500]


def large_file(payment_code: str) -> bytes:
    """Nine lines: four alike without a reference, four of a claim of 1,000 yuan (the last is too much), and a fee."""
    alike = [movement(day(), "5.00", "同名")] * 4
    parts = [movement(day(), "300.00", payment_code, reference=f"A{number}") for number in range(4)]
    mixed = [row for pair in zip(alike, parts, strict=True) for row in pair]
    return papers.bank(*mixed, movement(day(), "-1.00", "手续费", reference="F1"))


TOTALS = (9, 100_000, 2_000 + 20_000)


def totals_of_large_file() -> tuple[int, int, int]:
    """How many lines, what was matched, what lies in suspense."""
    gifts = sum(fen for kind, fen, _need in entries() if kind == "gift")
    return len(lines()), gifts, open_fen()


def all_files() -> list[StatementFile]:
    db.session.rollback()
    return list(db.session.execute(select(StatementFile)).scalars())


@pytest.fixture
def begun(cast: Cast, claim: Claim, monkeypatch: pytest.MonkeyPatch) -> StatementFile:
    """A large file of which two batches are posted; whoever posted them was killed."""
    monkeypatch.setattr(runs, "BATCH", 2)
    monkeypatch.setattr(jobs, "PAUSE", 0)
    file = store(cast.treasurer, large_file(code_of(claim)))
    act(services.post_next, cast.treasurer, file, begin(cast.treasurer, file))
    db.session.rollback()
    return file


def test_each_batch_is_a_whole(cast: Cast, begun: StatementFile) -> None:
    assert (begun.state, begun.expected_count, begun.posted_at) == (FileState.POSTING, 9, None)
    assert totals_of_large_file() == (4, 60_000, 1_000)
    assert findings() == []
    said = db.session.execute(select(AuditEntry.act).where(AuditEntry.object_code == begun.code)).scalars().all()
    assert said == ["StatementRead", "StatementGoesOn", "StatementGoesOn"]


def test_a_killed_import_is_posted_to_its_end_by_the_job(cast: Cast, begun: StatementFile) -> None:
    assert jobs.post_rest() == 0  # somebody was at it a moment ago
    assert len(lines()) == 4
    with later(jobs.QUIET + timedelta(seconds=1)):
        assert jobs.post_rest() == 1
        assert jobs.post_rest() == 0
    assert (begun.state, begun.posted_by) == (FileState.POSTED, cast.treasurer.id)
    assert totals_of_large_file() == TOTALS
    assert findings() == []


def test_the_job_goes_on_where_it_left(begun: StatementFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_AT_ONCE", 2)
    with later(jobs.QUIET + timedelta(seconds=1)):
        assert jobs.post_rest() == 0
        assert len(lines()) == 8
    with later(2 * jobs.QUIET + timedelta(seconds=2)):
        assert jobs.post_rest() == 1
    assert totals_of_large_file() == TOTALS


def test_the_job_posts_for_nobody_who_is_no_treasurer_any_more(cast: Cast, begun: StatementFile) -> None:
    with transaction(audited=False):
        db.session.get_one(User, cast.treasurer.id).is_enabled = False
    with later(jobs.QUIET + timedelta(seconds=1)):
        assert jobs.post_rest() == 0
    assert len(lines()) == 4
    post(cast.second_treasurer, begun)
    assert totals_of_large_file() == TOTALS


def test_an_error_in_a_batch_takes_back_that_batch_alone(
    cast: Cast, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 3)
    file = store(cast.treasurer, large_file(code_of(claim)))
    run = begin(cast.treasurer, file)
    before = entries()
    posted = []

    def fail(*args: Any) -> None:
        posted.append(args)
        if len(posted) == 2:
            raise OSError("no space left")
        real(*args)

    real = posting._post_money
    monkeypatch.setattr(posting, "_post_money", fail)
    with pytest.raises(OSError, match="no space"):
        act(services.post_next, cast.treasurer, file, run)
    assert (entries(), len(lines())) == (before, 3)
    monkeypatch.undo()
    post(cast.second_treasurer, file)
    assert totals_of_large_file() == TOTALS
    assert findings() == []


def test_what_changes_between_batches_is_shown_first(cast: Cast, claim: Claim, begun: StatementFile) -> None:
    run = services.plan_run(cast.treasurer, begun, reading_of(begun))
    act(needs.withdraw_need, cast.administrator, db.session.get_one(Need, claim.need_id), "测试用的理由")
    with pytest.raises(Conflict):
        act(services.post_next, cast.treasurer, begun, run)
    assert len(lines()) == 4
    plan = post(cast.treasurer, begun)
    assert (Fate.SUSPENSE, SuspenseReason.NEED_WITHDRAWN) in fates(plan)
    assert totals_of_large_file() == (9, 60_000, 2_000 + 60_000)
    assert findings() == []


def test_a_file_of_which_all_came_meanwhile_is_posted(cast: Cast, claim: Claim, begun: StatementFile) -> None:
    import_file(cast.second_treasurer, large_file(code_of(claim)) + b"\r\n")
    with later(jobs.QUIET + timedelta(seconds=1)):
        assert jobs.post_rest() == 1
    assert totals_of_large_file() == TOTALS
    assert {file.state for file in all_files()} == {FileState.POSTED}


def test_a_process_killed_within_a_batch_leaves_whole_ones(
    cast: Cast, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed for good (-9), between two lines of its second batch."""
    monkeypatch.setattr(runs, "BATCH", 4)
    monkeypatch.setattr(jobs, "PAUSE", 0)
    code, actor_id = store(cast.treasurer, large_file(code_of(claim))).code, cast.treasurer.id
    db.session.remove()
    db.engine.dispose()  # the child opens its own connections
    child = os.fork()
    if child == 0:
        try:
            _post_and_be_killed(code, actor_id)
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert (len(lines()), queries.get_file(code).state, findings()) == (4, FileState.POSTING, [])
    with later(jobs.QUIET + timedelta(seconds=1)):
        assert jobs.post_rest() == 1
    assert totals_of_large_file() == TOTALS
    assert findings() == []


def _post_and_be_killed(code: str, actor_id: int) -> None:
    real, posted = posting._post_money, []

    def post_or_die(*args: Any) -> None:
        posted.append(args)
        if len(posted) == 6:
            os.kill(os.getpid(), signal.SIGKILL)
        real(*args)

    posting._post_money = post_or_die
    run = begin(db.session.get_one(User, actor_id), queries.get_file(code))
    jobs.go_on(run, code=code, actor_id=actor_id, most=100)
