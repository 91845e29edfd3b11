"""Days and years turn in Beijing, wherever the machine thinks it is, and a clock that was wrong breaks nothing.

Seventeen cases at the edge of a year, each in four time zones of the process and of its sessions with PostgreSQL. In
each zone they are one story; a case is (what happens, what must come out).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.choices import jobs as choices_jobs
from sun_commune.choices.models import Choice
from sun_commune.core.clock import end_of_day, now, standing_at, start_of_day, today
from sun_commune.core.db import db, transaction
from sun_commune.core.jobs import Job, run_once
from sun_commune.disclosure import jobs as disclosure_jobs
from sun_commune.disclosure import queries as disclosure
from sun_commune.disclosure.models import Task, TaskKind
from sun_commune.ledger import services as ledger
from sun_commune.ledger.jobs import run_selfcheck
from sun_commune.ledger.models import Transfer
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.pledges import services as pledges
from sun_commune.receipts.models import Receipt
from sun_commune.statements.cells import BadCell, read_day
from sun_commune.transparency.jobs import seal_log
from sun_commune.transparency.models import LogLeaf
from tests.cast import JINLU, Cast, sign_in
from tests.choices import world
from tests.factories import need_input
from tests.faults import acts
from tests.lanes.world import add_charity
from tests.payments import world as payments

ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati")
#: The last second of 2026 and the first of 2027 in Beijing; in UTC both lie on New Year's Eve.
OLD_YEAR = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
NEW_YEAR = OLD_YEAR + timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """The time zone of this process, and of its sessions with PostgreSQL."""
    kept = {name: os.environ.get(name) for name in ("TZ", "PGTZ")}
    os.environ.update(TZ=request.param, PGTZ=request.param)
    time.tzset()
    db.session.remove()
    db.engine.dispose()
    yield request.param
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    time.tzset()


class Town:
    """People, a need of money, and what was made at which second."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with standing_at(OLD_YEAR - 31 * DAY):
            self.cast = Cast(add_charity)
            self.need = world.money_need(self.cast, asked=5_000_000)

    def gift_at(self, moment: datetime) -> Transfer:
        with standing_at(moment):
            claim = world.give(self.cast, self.need, 1_000)
        db.session.rollback()
        return db.session.execute(select(Transfer).where(Transfer.claim_code == claim.code)).scalar_one()

    def both(self, act: Callable[[], Any]) -> list[Any]:
        """What ``act`` gives in the last second of the old year and in the first of the new one."""
        given = []
        for moment in (OLD_YEAR, NEW_YEAR):
            with standing_at(moment):
                db.session.rollback()
                given.append(act())
        return given


def in_transaction(act: Callable[..., Any], *arguments: Any, **values: Any) -> Any:
    with transaction():
        return act(*arguments, **values)


def day(town: Town) -> Any:
    return town.both(lambda: today().isoformat())


def bounds(_town: Town) -> Any:
    return [start_of_day(NEW_YEAR.date() + DAY), end_of_day(OLD_YEAR.date())]


def receipt(town: Town) -> Any:
    def number() -> str:
        gift = town.gift_at(now())
        return db.session.execute(select(Receipt.number).where(Receipt.transfer_id == gift.id)).scalar_one()[:8]

    return town.both(number)


def period(town: Town) -> Any:
    def said() -> tuple[str, str]:
        gift = town.gift_at(now())
        return gift.period, gift.business_on.isoformat()

    return town.both(said)


def moment(town: Town) -> Any:
    """What is stored comes back as the same moment."""
    return town.both(lambda: town.gift_at(now()).posted_at)


def leaf(town: Town) -> Any:
    def said() -> tuple[str, str]:
        gift = town.gift_at(now())
        stored = db.session.execute(select(LogLeaf.leaf).where(LogLeaf.transfer_id == gift.id)).scalar_one()
        return json.loads(stored)["at"], json.loads(stored)["biz_date"]

    return town.both(said)


def need_code(town: Town) -> Any:
    secretary = town.cast.secretary
    draft = lambda: in_transaction(needs.draft_need, secretary, village_code=JINLU, content=need_input())  # noqa: E731 - used once
    return town.both(lambda: draft().code[:7])


def released_claim(town: Town) -> Any:
    """Pledged until New Year's Eve."""
    with standing_at(OLD_YEAR - 14 * DAY):
        claim = world.promise(town.cast.other_donor, town.need, 1_000)
        assert claim.due_on == today() + 14 * DAY
    return town.both(lambda: in_transaction(pledges.release_overdue_claim, claim.id))


def ended_hold(town: Town) -> Any:
    """Half an hour over the turn of the year."""
    donor = town.cast.user("守夜人")
    with standing_at(NEW_YEAR - timedelta(minutes=30)):
        claim = in_transaction(pledges.hold_claim, donor, town.need, wanted={town.need.lines[0].id: 1_000})
    return town.both(lambda: in_transaction(pledges.expire_hold, claim.id))


def expired_need(town: Town) -> Any:
    with standing_at(OLD_YEAR - 2 * DAY):
        need = world.money_need(town.cast, asked=1_000)
    with transaction(audited=False):
        db.session.get_one(Need, need.id).expires_on = OLD_YEAR.date()
    return town.both(lambda: in_transaction(needs.expire_needs))


def chosen_by_default(town: Town) -> Any:
    """Open since the first of December, for thirty days."""
    with standing_at(OLD_YEAR - 30 * DAY):
        world.left_over(town.cast)
        due_on = db.session.execute(select(Choice.due_on)).scalar_one()
    return [due_on.isoformat(), *town.both(choices_jobs.take_defaults)]


def yearly_report(town: Town) -> Any:
    """Opened with the new year, due on the last of May, overdue the second after that day."""

    def due() -> list[str]:
        disclosure_jobs.keep_calendar()
        rows = db.session.execute(select(Task.due_on).where(Task.kind == TaskKind.ANNUAL)).scalars()
        return [row.isoformat() for row in rows]

    def is_overdue(moment: datetime) -> bool:
        with standing_at(moment):
            db.session.rollback()
            return any(row.task.kind is TaskKind.ANNUAL for row in disclosure.open_tasks(overdue=True))

    may = datetime(2027, 5, 31, 15, 59, 59, tzinfo=UTC)
    return [*town.both(due), is_overdue(may), is_overdue(may + timedelta(seconds=1))]


def statement_day(town: Town) -> Any:
    """A movement of New Year's Day cannot stand in a statement of New Year's Eve."""

    def read() -> str:
        try:
            return read_day("2027-01-01").isoformat()
        except BadCell:
            return "not yet"

    return town.both(read)


def call_back(town: Town) -> Any:
    """The provider signs by Beijing's wall clock. Ours is right, and then a day ahead and a day behind."""
    with standing_at(OLD_YEAR - 3 * DAY):
        claim = world.promise(town.cast.donor, world.money_need(town.cast), 50_000)
    gateway, given = payments.alipay(), []
    with standing_at(OLD_YEAR):
        order = payments.open_order(town.cast, claim, "alipay")
        headers, body = payments.alipay_call(order)
    for wrong in (timedelta(0), DAY, -DAY):
        with standing_at(NEW_YEAR + wrong):
            paid = gateway.parse(headers, body)
            assert paid is not None
            given.append(paid.is_fresh(timedelta(minutes=5)))
    return given


def sign_in_with_a_wrong_clock(town: Town) -> Any:
    """Signed in by a clock that is a day ahead: still signed in when it is set right, and the other way asked anew."""
    given = []
    for first, then in ((NEW_YEAR + DAY, NEW_YEAR), (NEW_YEAR, NEW_YEAR + DAY)):
        with standing_at(first):
            client = sign_in(town.app.test_client(), town.cast.donor)
        with standing_at(then):
            given.append(client.get("/en/my").status_code)
    return given


def job_of_a_wrong_day(town: Town) -> Any:
    """A clock a day ahead, set right, and right again a day later: each period once."""
    job = Job("count", 24 * 60, lambda: 1)

    def run(moment: datetime) -> bool:
        with town.app.app_context(), standing_at(moment):  # a scheduler's own
            return run_once(job)

    return [run(NEW_YEAR + DAY), run(NEW_YEAR), run(NEW_YEAR), run(NEW_YEAR + DAY)]


def clock_set_back(town: Town) -> Any:
    """A month was closed and the log sealed by a clock that was six weeks ahead; then it is set right. Nothing that is
    done is undone: what comes now counts in the first open month, receipts and leaves go on."""
    ahead = NEW_YEAR + 45 * DAY
    treasurer = town.cast.treasurer
    with standing_at(ahead):
        run_selfcheck()
        in_transaction(ledger.close_periods, treasurer, until="2027-01")
        seal_log()
    gift = town.gift_at(NEW_YEAR + DAY)
    with standing_at(NEW_YEAR + DAY):
        seal_log()
        found = acts.wrong()
    return [gift.period, gift.business_on.isoformat(), found]


#: What happens, and what must come out. In this order: the last ones leave the books of the new year closed.
CASES: tuple[tuple[Callable[[Town], Any], Any], ...] = (
    (day, ["2026-12-31", "2027-01-01"]),
    (bounds, [NEW_YEAR, NEW_YEAR]),
    (receipt, ["PJ-2026-", "PJ-2027-"]),
    (period, [("2026-12", "2026-12-31"), ("2027-01", "2027-01-01")]),
    (moment, [OLD_YEAR, NEW_YEAR]),
    (leaf, [("2026-12-31T15:59:59Z", "2026-12-31"), ("2026-12-31T16:00:00Z", "2027-01-01")]),
    (need_code, ["XQ-2026", "XQ-2027"]),
    (released_claim, [False, True]),
    (ended_hold, [False, True]),
    (expired_need, [0, 1]),
    (chosen_by_default, ["2026-12-31", 0, 1]),
    (yearly_report, [[], ["2027-05-31"], False, True]),
    (statement_day, ["not yet", "2027-01-01"]),
    (call_back, [True, False, False]),
    (sign_in_with_a_wrong_clock, [200, 302]),
    (job_of_a_wrong_day, [True, True, False, False]),
    (clock_set_back, ["2027-02", "2027-01-02", []]),
)  # fmt: skip


def test_the_year_turns_in_beijing(app: Flask, zone: str) -> None:
    town, wrong = Town(app), []
    for case, expected in CASES:
        given = case(town)
        db.session.rollback()
        if given != expected:
            wrong.append(f"{case.__name__}: {given} instead of {expected}")
    assert wrong == []
    print(f"{zone}: {len(CASES)} cases")
