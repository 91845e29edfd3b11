"""From a plan to the books: every line becomes a row, every incoming fen an entry, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import Conflict, NotAllowed
from sun_commune.core.events import announce
from sun_commune.deliveries import services as deliveries
from sun_commune.ledger import services as ledger
from sun_commune.ledger.posting import open_account, purse
from sun_commune.needs import stock
from sun_commune.pledges.models import Claim
from sun_commune.statements import planning, policies, queries, vault
from sun_commune.statements.events import StatementPosted, SurplusLeft
from sun_commune.statements.lines import Line, Reading
from sun_commune.statements.models import (
    LINE_SERIES,
    Fate,
    FileState,
    LineState,
    StatementFile,
    StatementLine,
    SuspenseReason,
)
from sun_commune.statements.planning import Plan, Planned
from sun_commune.statements.services import tying

STATEMENTS_LOCK = 7_415_002  # PostgreSQL's advisory lock: one statement is posted at a time


def plan_statement(actor: User, file: StatementFile, reading: Reading) -> Plan:
    """The dry run: the fate of every line as things stand, nothing written."""
    account = queries.get_account(file.account_id)
    plan = planning.make_plan(actor, account, reading.lines, reading.wrong)
    plan.notes_count = reading.notes_count
    return plan


def post_statement(actor: User, file: StatementFile, reading: Reading, *, seen: str) -> Plan:
    """Post what the dry run showed; ``seen`` is the digest of its plan.

    Lines that are known, of this file or another, are left alone, so posting again changes nothing. Raises Conflict
    when a line would now meet another fate than was shown: look again, nothing was posted.
    """
    if not policies.can_import(actor):
        raise NotAllowed
    lock_statements()
    _lock_needs(reading.lines)
    file = _read_anew(file)
    plan = plan_statement(actor, file, reading)
    if not plan.to_post and file.state is FileState.POSTED:
        return plan
    if plan.digest != seen:
        raise Conflict(_l("Something has changed since you looked. Read the list again; nothing was posted."))
    _lock_accounts_and_references(plan)
    codes = _take_codes(len(plan.to_post))
    for planned, code in zip(plan.to_post, codes, strict=True):
        _post_line(actor, file, planned, code)
    _finish(actor, file, plan)
    return plan


def lock_statements() -> None:
    """SQLite has one writer anyway; on PostgreSQL the second treasurer waits here and then sees what the first did."""
    if not is_sqlite(db.session()):
        db.session.execute(select(func.pg_advisory_xact_lock(STATEMENTS_LOCK)))


def _lock_needs(lines: Sequence[Line]) -> None:
    """Every need that may get money, in one order, before anything else is locked (as record_payment does)."""
    for need_id in planning.need_ids_of(planning.claims_named(lines)):
        stock.lock_need(need_id)


def _read_anew(file: StatementFile) -> StatementFile:
    file_id = file.id
    db.session.flush()
    db.session.expire_all()
    statement = select(StatementFile).where(StatementFile.id == file_id).with_for_update()
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        raise Conflict(_l("This statement was dropped meanwhile."))
    return found


def _lock_accounts_and_references(plan: Plan) -> None:
    """In one order, so that two treasurers never wait for each other."""
    for reference in sorted({each.line.reference for each in plan.to_post if each.line.reference}):
        deliveries.lock_reference(reference)
    for need_code in sorted({part.need_code for each in plan.to_post for part in each.parts}):
        open_account(purse(need_code))


def _take_codes(count: int) -> list[str]:
    if not count:
        return []
    year = today().year
    last = next_number(f"{LINE_SERIES}-{year}", step=count)
    return [yearly_code(LINE_SERIES, year, number) for number in range(last - count + 1, last + 1)]


def _post_line(actor: User, file: StatementFile, planned: Planned, code: str) -> None:
    line = planned.line
    is_out = planned.fate is Fate.OUTGOING
    row = StatementLine(
        code=code, account_id=file.account_id, file_id=file.id, row=line.row, base=planned.base, nth=planned.nth,
        booked_on=line.booked_on, amount_fen=line.amount_fen, balance_fen=line.balance_fen, reference=line.reference,
        state=LineState.OUTGOING if is_out else LineState.OPEN if planned.rest_fen else LineState.PLACED,
        reason=planned.reason, claim_code=planned.claim_code or None, recorded_fen=planned.recorded_fen,
        open_fen=planned.rest_fen, posted_by=actor.id, posted_at=now(),
    )  # fmt: skip
    vault.seal_line(row, vault.Private(line.payer, line.payer_account, line.memo))
    db.session.add(row)
    db.session.flush()
    if is_out:
        tying.find_entry(row)
        return
    for part in planned.parts:
        arrival = deliveries.Arrival(line.booked_on, line.reference or code, source_code=code)
        claim = db.session.get_one(Claim, part.claim_id)
        deliveries.record_statement_payment(actor, claim, amount_fen=part.amount_fen, arrival=arrival)
    if planned.rest_fen:
        ledger.post_unmatched(
            actor_id=actor.id, uid=ledger.new_uid(), amount_fen=planned.rest_fen, business_on=line.booked_on,
            source_code=code,
        )  # fmt: skip
        _tell_surplus(actor, planned, code)


def _tell_surplus(actor: User, planned: Planned, code: str) -> None:
    if planned.reason in {SuspenseReason.OVERPAID, SuspenseReason.RECORDED_REST} and planned.claim_code:
        announce(
            SurplusLeft(
                actor_id=actor.id, object_code=code, amount_fen=planned.rest_fen, source_code=code,
                claim_code=planned.claim_code, to_state=LineState.OPEN.value,
            )
        )  # fmt: skip


def _finish(actor: User, file: StatementFile, plan: Plan) -> None:
    before = file.state
    days = [each.line.booked_on for each in plan.planned]
    file.first_on, file.last_on = (min(days), max(days)) if days else (file.first_on, file.last_on)
    file.wrong_count = plan.count(Fate.WRONG)
    if file.state is FileState.READ:
        file.state, file.posted_by, file.posted_at = FileState.POSTED, actor.id, now()
    db.session.flush()
    for line in queries.waiting_outgoing():
        tying.find_entry(line)  # vouchers that were approved since the line came
    counts = ", ".join(f"{fate.value} {plan.count(fate)}" for fate in Fate if plan.count(fate))
    announce(
        StatementPosted(
            actor_id=actor.id, object_code=file.code, from_state=before.value, to_state=file.state.value, reason=counts
        )
    )
