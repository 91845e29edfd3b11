"""Money that goes back to whoever sent it: one treasurer asks, another decides, then it is posted."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.ledger import services as ledger
from sun_commune.ledger.papers import VoucherState
from sun_commune.ledger.services import rules
from sun_commune.statements import policies, queries
from sun_commune.statements.events import LineEvent, ReturnApproved, ReturnAsked, ReturnRefused
from sun_commune.statements.models import RETURN_SERIES, LineState, StatementLine, StatementReturn, TieRule
from sun_commune.statements.services.suspense import check_free, lock_line, require, take_open


def ask_return(
    actor: User, line: StatementLine, *, amount_fen: int, reason: str, taken_by: StatementLine | None = None
) -> StatementReturn:
    """Ask that so many fen of the line go back. Nothing is posted yet, but the money is spoken for.

    ``taken_by`` is an outgoing line of the same account by which the bank has taken the money already.
    """
    require(policies.can_import(actor))
    reason = rules.check_reason(reason)
    line = lock_line(line)
    earlier = next((row for row in queries.returns_of(line.id) if row.state is VoucherState.DRAFTED), None)
    if earlier is not None:
        raise Conflict(_l("A return of this line waits already for a second person."))
    check_free(line, amount_fen)
    if taken_by is not None:
        _check_taken_by(line, taken_by, amount_fen)
    year = today().year
    paper = StatementReturn(
        code=yearly_code(RETURN_SERIES, year, next_number(f"{RETURN_SERIES}-{year}")), line_id=line.id,
        amount_fen=amount_fen, reason=reason, taken_by_id=taken_by.id if taken_by else None, maker_id=actor.id,
        made_at=now(), state=VoucherState.DRAFTED,
    )  # fmt: skip
    db.session.add(paper)
    db.session.flush()
    _tell(ReturnAsked, actor, paper, line, reason)
    return paper


def _check_taken_by(line: StatementLine, taken_by: StatementLine, amount_fen: int) -> None:
    is_free = taken_by.state is LineState.OUTGOING and taken_by.entry_uid is None
    if not is_free or taken_by.account_id != line.account_id or taken_by.amount_fen != -amount_fen:
        raise RuleBroken(
            _l("That movement is of another account or amount, or has its entry already."), field="taken_by"
        )


def approve_return(actor: User, paper: StatementReturn) -> StatementReturn:
    """The second person agrees: the money leaves suspense for the bank, and an outgoing line that took it is explained.

    Again by the same person: nothing more happens. NotAllowed for its maker; RuleBroken while a self-check fails.
    """
    paper = _lock_paper(paper)
    if paper.state is VoucherState.APPROVED and paper.checker_id == actor.id:
        return paper
    _check_decision(actor, paper)
    if not policies.can_import(db.session.get_one(User, paper.maker_id)):
        raise RuleBroken(_l("Who asked for this return serves no more. Refuse it, and let it be asked for anew."))
    rules.require_sound_books()
    line = lock_line(db.session.get_one(StatementLine, paper.line_id))
    taken_by = db.session.get(StatementLine, paper.taken_by_id) if paper.taken_by_id else None
    paper.state, paper.checker_id, paper.checked_at = VoucherState.APPROVED, actor.id, now()
    paper.transfer_uid = ledger.new_uid()
    if taken_by is not None:
        _tie_taken(taken_by, paper)
    db.session.flush()
    ledger.send_back(
        actor_id=actor.id, uid=paper.transfer_uid, source_code=line.code, amount_fen=paper.amount_fen,
        business_on=taken_by.booked_on if taken_by else today(),
    )  # fmt: skip
    take_open(line, paper.amount_fen)
    _tell(ReturnApproved, actor, paper, line, "")
    return paper


def _tie_taken(taken_by: StatementLine, paper: StatementReturn) -> None:
    """Before the entry is posted, or it would look for a line itself (tying.tie_outgoing)."""
    taken_by = lock_line(taken_by)
    if taken_by.entry_uid is not None:
        raise Conflict(_l("That movement has got its entry meanwhile. Refuse this, and look again."))
    taken_by.entry_uid, taken_by.tied_by = paper.transfer_uid, TieRule.PERSON


def refuse_return(actor: User, paper: StatementReturn, reason: str) -> StatementReturn:
    """The second person refuses, with a reason; the money is free again."""
    reason = rules.check_reason(reason, rules.REFUSAL_LENGTH)
    paper = _lock_paper(paper)
    if paper.state is VoucherState.REFUSED and paper.checker_id == actor.id:
        return paper
    _check_decision(actor, paper)
    paper.state, paper.checker_id, paper.checked_at = VoucherState.REFUSED, actor.id, now()
    paper.refusal = reason
    db.session.flush()
    _tell(ReturnRefused, actor, paper, db.session.get_one(StatementLine, paper.line_id), reason)
    return paper


def _lock_paper(paper: StatementReturn) -> StatementReturn:
    statement = select(StatementReturn).where(StatementReturn.id == paper.id).with_for_update()
    return db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()


def _check_decision(actor: User, paper: StatementReturn) -> None:
    rules.refuse_decided(paper.state)
    rules.refuse_same(actor, paper.maker_id)
    if not policies.can_decide_return(actor, paper):
        raise NotAllowed


def _tell(kind: type[LineEvent], actor: User, paper: StatementReturn, line: StatementLine, why: str) -> None:
    announce(
        kind(
            actor_id=actor.id,
            object_code=line.code,
            amount_fen=paper.amount_fen,
            to_state=paper.state.value,
            reason=why,
        )
    )
