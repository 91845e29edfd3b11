"""Make the demo's data: places, people, families and their stories, by the real services and in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import exists, select

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.accounts.services.registration import hash_new_password
from sun_commune.audit.models import AuditEntry
from sun_commune.choices import jobs as choices_jobs
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict
from sun_commune.core.events import announce
from sun_commune.demo.accounts import ACCOUNTS, PASSWORD
from sun_commune.demo.arrivals import all_arrivals
from sun_commune.demo.cases import all_cases
from sun_commune.demo.charity import all_charity
from sun_commune.demo.choosing import all_choosing
from sun_commune.demo.desk import all_desks
from sun_commune.demo.director import Director
from sun_commune.demo.events import DemoDataMade
from sun_commune.demo.many import all_many
from sun_commune.demo.online import all_online
from sun_commune.demo.reports import all_reports
from sun_commune.demo.signing import seal_and_sign
from sun_commune.demo.slips import all_slips
from sun_commune.demo.spending import all_spending
from sun_commune.demo.statements import all_statements
from sun_commune.demo.turns import all_turns
from sun_commune.demo.works import all_works
from sun_commune.demo.world import World
from sun_commune.ledger import jobs as ledger_jobs
from sun_commune.needs import jobs as needs_jobs
from sun_commune.notifications import services as notifications
from sun_commune.payments import jobs as payments_jobs
from sun_commune.places.cli import OWN_FILES
from sun_commune.places.models import Place
from sun_commune.places.services import load_places
from sun_commune.pledges import jobs as pledges_jobs
from sun_commune.transparency import jobs as log_jobs

CITY = "5107"  # the stories' villages lie in Mianyang
EDITION = "demo-1"
JOBS = (
    needs_jobs.expire_needs,
    ledger_jobs.expire_vouchers,
    ledger_jobs.remind_advances,
    needs_jobs.follow_ended_consents,
    pledges_jobs.release_expired_holds,
    pledges_jobs.remind_claims,
    pledges_jobs.release_overdue_claims,
    choices_jobs.open_missed_choices,
    choices_jobs.remind_choices,
    choices_jobs.take_defaults,
    ledger_jobs.close_periods,
    payments_jobs.expire_orders,
)
DAYS_SIGNED = 7  # the last days before today
ACTS_A_LINE = 200  # progress is told so often


def is_made() -> bool:
    """The demo's data are there, to the end."""
    made = exists().where(AuditEntry.act == DemoDataMade.__name__, AuditEntry.object_code == EDITION)
    return bool(db.session.execute(select(made)).scalar())


def make_demo_data(tell: Callable[[str], None]) -> int:
    """Tell all stories; returns the number of acts. ``tell`` gets a line now and then.

    Raises Conflict when an earlier making broke off half-way, or when somebody else's data are in the way.
    """
    _check_empty()
    if not db.session.execute(select(exists().where(Place.code.startswith(CITY)))).scalar():
        tell("loading the places of Mianyang")
        with transaction():
            load_places(OWN_FILES[CITY], city=CITY)
    with _without_waiting_for_the_disk():
        acts = _play(tell)
    with transaction():
        announce(DemoDataMade(actor_id=None, object_code=EDITION, to_state="made"))
    tell("signing the log")
    seal_and_sign()
    log_jobs.record_daily_roots()
    findings = ledger_jobs.run_selfcheck()
    if findings:
        raise RuntimeError(f"the demo's data break a rule: {findings[0]}")
    return acts


def _check_empty() -> None:
    if config.current().city != CITY:
        raise Conflict(f"The demo's villages lie in Mianyang, so SUN_CITY must be {CITY}.")
    emails = [account.email for account in ACCOUNTS]
    if db.session.execute(select(exists().where(User.email.in_(emails)))).scalar():
        raise Conflict("An earlier demo-data broke off half-way: start with an empty database.")


def _play(tell: Callable[[str], None]) -> int:
    tell("drawing pictures, inviting officers and donors")
    password_hash = hash_new_password(PASSWORD)
    director = Director(jobs=JOBS, tell=lambda done: tell(f"{done} acts told") if done % ACTS_A_LINE == 0 else None)
    world = World(director)
    arrivals = all_arrivals(world, password_hash)
    for story in (
        *arrivals,
        *all_charity(world),
        *all_cases(world),
        *all_desks(world),
        *all_spending(world),
        *all_turns(world),
        *all_slips(world),
        *all_choosing(world),
        *all_online(world),
        *all_works(world),
        *all_many(world),
        *all_reports(world),
        *all_statements(world),
    ):
        director.add(story)
    director.add_job(world.day(2, 21), lambda: _read_notices(world))
    for days_ago in range(DAYS_SIGNED, 0, -1):
        director.add_job(world.day(days_ago, 23), seal_and_sign)  # so that each of them has its root
    return director.play()


def _read_notices(world: World) -> int:
    """Whoever has an account of the demo has read the inbox two days ago: what is new since stands out."""
    with transaction(audited=False):
        return sum(
            notifications.mark_read(user_id=world.users[each.key]) for each in ACCOUNTS if each.key in world.users
        )


@contextmanager
def _without_waiting_for_the_disk() -> Iterator[None]:
    """A thousand acts, each flushed to the disk, take minutes on a slow one; a broken-off demo is made anew anyway."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    fast, safe = (
        ("PRAGMA synchronous=OFF", "PRAGMA synchronous=FULL")
        if is_sqlite
        else ("SET synchronous_commit TO off", "SET synchronous_commit TO on")
    )
    _outside_a_transaction(fast)
    try:
        yield
    finally:
        _outside_a_transaction(safe)


def _outside_a_transaction(statement: str) -> None:
    """On the one connection that this process keeps in its pool."""
    db.session.rollback()
    connection = db.engine.raw_connection()
    try:
        connection.cursor().execute(statement)
        connection.commit()
    finally:
        connection.close()
