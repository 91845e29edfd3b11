"""Pledges of money and statements about them, each act in a transaction of its own."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

from flask import Flask
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core import selfcheck
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.ledger.models import Transfer
from sun_commune.pledges.models import Claim
from sun_commune.statements import queries, services
from sun_commune.statements.lines import Reading, read_lines
from sun_commune.statements.models import Fate, StatementFile, StatementLine, SuspenseReason
from sun_commune.statements.planning import Plan
from sun_commune.statements.runs import Run
from tests.cast import Cast
from tests.deliveries.world import FERTILISER_MONEY, promise
from tests.factories import make_need
from tests.statements import papers

BANK = "示例农商行 1234"


def day() -> str:
    return today().isoformat()


def pledge(cast: Cast, yuan: int = 1000, **options: Any) -> Claim:
    """A pledge of so many yuan of a need of its own."""
    need = options.pop("need", None) or make_need(cast, lines=(FERTILISER_MONEY,))
    return promise(cast, yuan * 100, need=need, **options)


def code_of(claim: Claim) -> str:
    db.session.rollback()
    return claim.payment_code or ""


def store(actor: User, data: bytes, account: str = BANK) -> StatementFile:
    prepared = services.prepare_statement(data, most_megabytes=5)
    with transaction():
        return services.store_statement(actor, prepared, account_name=account)


def reading_of(file: StatementFile) -> Reading:
    rows, layout = services.open_statement(file)
    assert layout.is_complete
    return read_lines(rows, layout)


def dry_run(actor: User, file: StatementFile) -> Plan:
    plan = services.plan_run(actor, file, reading_of(file)).plan
    db.session.rollback()
    return plan


def post(actor: User, file: StatementFile) -> Plan:
    run = begin(actor, file)
    while run.todo:
        act(services.post_next, actor, file, run)
    return run.plan


def begin(actor: User, file: StatementFile) -> Run:
    """Post the first batch."""
    run = services.plan_run(actor, file, reading_of(file))
    act(services.post_statement, actor, file, run, seen=run.plan.digest)
    return run


def import_file(actor: User, data: bytes, account: str = BANK) -> Plan:
    return post(actor, store(actor, data, account))


def import_rows(actor: User, *rows: papers.Row, account: str = BANK) -> Plan:
    return import_file(actor, papers.bank(*rows), account)


def fates(plan: Plan) -> list[tuple[Fate, SuspenseReason | None]]:
    return [(each.fate, each.reason) for each in plan.planned]


def lines() -> list[StatementLine]:
    db.session.rollback()
    return list(db.session.execute(select(StatementLine).order_by(StatementLine.id)).scalars())


def entries() -> list[tuple[str, int, str]]:
    """(kind, fen with a minus for a reversal, need) of all entries, in the order of posting."""
    db.session.rollback()
    rows = db.session.execute(select(Transfer).order_by(Transfer.id)).scalars()
    return [(row.kind.value, -row.amount_fen if row.reverses_id else row.amount_fen, row.need_code) for row in rows]


def act(service: Any, *args: Any, **kwargs: Any) -> Any:
    with transaction():
        return service(*args, **kwargs)


def findings() -> list[str]:
    """What any self-check of the whole house finds."""
    with selfcheck.watch():
        return [str(finding) for finding in selfcheck.find_all(selfcheck.all_checks())]


def open_fen() -> int:
    db.session.rollback()
    return sum(age.fen for age in queries.ages())


def at_once(app: Flask, people: list[User], work: Any) -> list[BaseException]:
    """The same work by several people at the same moment; what they were refused with."""
    ids = [user.id for user in people]
    db.session.rollback()
    start, refused = Barrier(len(ids)), []

    def run(number: int) -> None:
        with app.app_context():
            actor = db.session.get_one(User, ids[number])
            try:
                work(actor, start)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
                refused.append(error)
            db.session.remove()

    threads = [Thread(target=run, args=(number,)) for number in range(len(ids))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused
