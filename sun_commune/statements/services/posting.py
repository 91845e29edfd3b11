"""From a plan to the books: every line becomes a row, every incoming fen an entry, a batch in each transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, insert, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import Conflict, NotAllowed
from sun_commune.core.events import announce
from sun_commune.deliveries import services as deliveries
from sun_commune.ledger import services as ledger
from sun_commune.ledger.posting import lock_accounts, purse
from sun_commune.needs import stock
from sun_commune.statements import planning, policies, queries, vault
from sun_commune.statements.events import StatementEvent, StatementGoesOn, StatementPosted, SurplusLeft
from sun_commune.statements.lines import Line, Reading
from sun_commune.statements.models import (
    LINE_SERIES,
    Fate,
    FileState,
    LineState,
    StatementFile,
    StatementLine,
    SuspenseReason,
    TieRule,
)
from sun_commune.statements.planning import Plan, Planned
from sun_commune.statements.runs import Run
from sun_commune.statements.services import tying
from sun_commune.statements.services.suspense import lock_line

STATEMENTS_LOCK = 7_415_002  # PostgreSQL's advisory lock: one batch is posted at a time
CHANGED = _l("Something has changed since you looked. Read the list again; nothing was posted.")


def plan_run(actor: User, file: StatementFile, reading: Reading) -> Run:
    """The dry run (``plan``), the fate of every line as things stand, and all that is needed to post it. Nothing is
    written."""
    return Run(actor, file, reading)


def post_statement(actor: User, file: StatementFile, run: Run, *, seen: str) -> None:
    """Begin to post what the dry run showed, with the first batch; ``seen`` is the digest of its plan. While
    ``run.todo`` holds more, ``post_next`` goes on, each time in a transaction of its own.

    Lines that are known, of this file or another, are left alone, so posting again changes nothing. Raises Conflict
    when a line would now meet another fate than was shown: look again, nothing was posted.
    """
    file = _begin(actor, file, run)
    if file.state is FileState.POSTED and not run.todo:
        return
    if run.plan.digest != seen:
        raise Conflict(CHANGED)
    _post_batch(actor, file, run)


def post_next(actor: User, file: StatementFile, run: Run) -> int:
    """Post the next batch of the run, how many lines of it were new. With the last one the statement is posted.

    Each batch is decided about anew, under the locks; Conflict, and nothing of it is posted, if the money of a line
    would now go elsewhere than was shown.
    """
    return _post_batch(actor, _begin(actor, file, run), run)


def _begin(actor: User, file: StatementFile, run: Run) -> StatementFile:
    """Take every lock of the batch, in the one order of all postings; the file as it stands."""
    if not policies.can_import(actor):
        raise NotAllowed
    lines = [run.lines[place] for place in run.batch]
    lock_statements()
    _lock_needs(lines)
    _lock_references(lines)
    return _read_anew(file)


def _post_batch(actor: User, file: StatementFile, run: Run) -> int:
    plan = run.plan_batch(actor, file)
    if run.has_changed(plan):
        raise Conflict(CHANGED)
    before = file.state
    is_at_work = bool(plan.to_post) or before is FileState.READ
    if is_at_work:
        _note_begin(actor, file, run)
        lock_accounts(*(purse(part.need_code) for each in plan.to_post for part in each.parts))
        _post_lines(actor, file, plan)
    run.tick_off(plan)
    if not run.todo and file.state is FileState.POSTING:
        _finish(file, run)
        _tell(StatementPosted, actor, file, before, run.posted)
    elif is_at_work:
        _tell(StatementGoesOn, actor, file, before, Counter(each.fate for each in plan.to_post))
    return len(plan.to_post)


def _note_begin(actor: User, file: StatementFile, run: Run) -> None:
    if file.state is not FileState.POSTING:
        file.expected_count = queries.count_lines(file.id) + len(run.todo)
        days = [line.booked_on for line in run.lines]
        file.first_on, file.last_on = (min(days), max(days)) if days else (file.first_on, file.last_on)
    file.state, file.posted_by, file.posted_at, file.progressed_at = FileState.POSTING, actor.id, None, now()


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


def _lock_references(lines: Sequence[Line]) -> None:
    """Before anything is decided: whoever records one of these payments at this moment, by hand or on a provider's
    word, is waited for and seen."""
    for reference in sorted({line.reference for line in lines if line.reference}):
        deliveries.lock_reference(reference)


def _take_codes(count: int) -> list[str]:
    if not count:
        return []
    year = today().year
    last = next_number(f"{LINE_SERIES}-{year}", step=count)
    return [yearly_code(LINE_SERIES, year, number) for number in range(last - count + 1, last + 1)]


def _post_lines(actor: User, file: StatementFile, plan: Plan) -> None:
    """First all rows in one statement, then the money of those that came."""
    new = [each for each in plan.to_post if each.fate is not Fate.NOTICED]
    pairs = list(zip(new, _take_codes(len(new)), strict=True))
    if pairs:
        db.session.execute(insert(StatementLine), [_row_of(actor, file, planned, code) for planned, code in pairs])
    for planned, code in pairs:
        _post_money(actor, plan, planned, code)
    for planned in plan.to_post:
        if planned.fate is Fate.NOTICED:
            _show_noticed(actor, file, planned)


def _row_of(actor: User, file: StatementFile, planned: Planned, code: str) -> dict[str, object]:
    line = planned.line
    is_out = planned.fate is Fate.OUTGOING
    return {
        "code": code, "account_id": file.account_id, "file_id": file.id, "row": line.row, "base": planned.base,
        "nth": planned.nth, "booked_on": line.booked_on, "amount_fen": line.amount_fen,
        "balance_fen": line.balance_fen, "reference": line.reference,
        "state": LineState.OUTGOING if is_out else LineState.OPEN if planned.rest_fen else LineState.PLACED,
        "reason": planned.reason, "claim_code": planned.claim_code or None, "recorded_fen": planned.recorded_fen,
        "open_fen": planned.rest_fen, "posted_by": actor.id, "posted_at": now(),
        "entry_uid": planned.entry_uid or None, "tied_by": TieRule.REFERENCE if planned.entry_uid else None,
        **vault.seal(code, vault.Private(line.payer, line.payer_account, line.memo)),
    }  # fmt: skip


def _show_noticed(actor: User, file: StatementFile, planned: Planned) -> None:
    """The statement has come: the line of the provider's message stands in it from now on. Its money is where it is."""
    row = lock_line(queries.get_line(planned.known_as))
    kept = {
        "code",
        "amount_fen",
        "reference",
        "state",
        "reason",
        "claim_code",
        "recorded_fen",
        "open_fen",
        "entry_uid",
        "tied_by",
    }
    for name, value in _row_of(actor, file, planned, row.code).items():
        if name not in kept:
            setattr(row, name, value)
    db.session.flush()


def _post_money(actor: User, plan: Plan, planned: Planned, code: str) -> None:
    line = planned.line
    for part in planned.parts:
        arrival = deliveries.Arrival(line.booked_on, line.reference or code, source_code=code)
        view = plan.views[part.claim_id]
        deliveries.record_planned_payment(actor, view, amount_fen=part.amount_fen, arrival=arrival)
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


def _finish(file: StatementFile, run: Run) -> None:
    """All lines are in the books, by this run or, meanwhile, by another."""
    file.state, file.posted_at, file.progressed_at = FileState.POSTED, now(), None
    file.wrong_count = run.wrong_count
    db.session.flush()
    tying.tie_outgoing()


def _tell(
    kind: type[StatementEvent], actor: User, file: StatementFile, before: FileState, counts: Counter[Fate]
) -> None:
    """One entry of the record for each batch: how many lines met which fate. The last one tells of the whole run."""
    db.session.flush()
    words = ", ".join(f"{fate.value} {counts[fate]}" for fate in Fate if counts[fate])
    announce(
        kind(actor_id=actor.id, object_code=file.code, from_state=before.value, to_state=file.state.value, reason=words)
    )
