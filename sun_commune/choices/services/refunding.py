"""Refunds: a treasurer sends the money back the way it came, a second person sees that it went, then it is posted."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from sun_commune.accounts.models import Role, User
from sun_commune.choices import policies
from sun_commune.choices.events import RefundConfirmed, RefundGivenUp, RefundPaid, RefundRefused
from sun_commune.choices.models import Choice, ChoiceState, Occasion
from sun_commune.choices.services.rows import MOVED_ON, donor_of, last_day, lock_choice, tell
from sun_commune.core.clock import local, now, today
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.text import clean_line, to_half_width
from sun_commune.ledger import neighbours
from sun_commune.ledger import services as ledger
from sun_commune.ledger.queries import Stamp
from sun_commune.ledger.services import moving, rules
from sun_commune.statements import services as statements

REFERENCE_LENGTH = (4, 64)


def record_refund(actor: User, choice: Choice, *, bank_reference: str, paid_on: date) -> Choice:
    """A treasurer has sent the money back: day and reference of the bank's movement. Not in the ledger yet.

    RuleBroken at ``paid_on`` or ``bank_reference``, and while a self-check of the books fails.
    """
    row = lock_choice(choice.id)
    if row.state is ChoiceState.PAID_OUT and row.payer_id == actor.id:
        return row
    if row.state is not ChoiceState.CHOSEN:
        raise Conflict(MOVED_ON)
    _require(policies.can_pay_refund(actor, row))
    _refuse_parties(actor, row)
    rules.require_sound_books()
    first, last = local(row.decided_at or row.opened_at).date(), today()
    if not first <= paid_on <= last:
        words = _l("Choose a day from %(first)s to %(last)s.", first=first.isoformat(), last=last.isoformat())
        raise RuleBroken(words, field="paid_on")
    row.bank_reference = _check_reference(bank_reference)
    row.paid_on, row.payer_id, row.paid_at = paid_on, actor.id, now()
    row.state, row.note = ChoiceState.PAID_OUT, ""
    tell(RefundPaid, row, actor_id=actor.id)
    return row


def confirm_refund(actor: User, choice: Choice) -> Choice:
    """A second person has seen the movement in the account: the refund is posted. Again by the same: nothing more."""
    row = lock_choice(choice.id)
    if row.state is ChoiceState.DONE and row.checker_id == actor.id:
        return row
    _check_second(actor, row)
    payer = db.session.get_one(User, row.payer_id)
    _refuse_parties(payer, row)
    if not payer.serves(row.county_code, Role.TREASURER):
        raise RuleBroken(_l("Who sent this refund serves no more. Send it back to the treasurers."))
    rules.require_sound_books()
    row.transfer_uid = ledger.new_uid()
    row.state, row.checker_id, row.checked_at, row.ended_at = ChoiceState.DONE, actor.id, now(), now()
    db.session.flush()  # before the posting: from now on nobody has been promised it
    _post(row, actor.id)
    tell(RefundConfirmed, row, actor_id=actor.id)
    return row


def refuse_refund(actor: User, choice: Choice, reason: str) -> Choice:
    """The second person does not find the movement, or finds another one: back to the treasurers, with a reason."""
    reason = rules.check_reason(reason, rules.REFUSAL_LENGTH)
    row = lock_choice(choice.id)
    _check_second(actor, row)
    _clear(row)
    row.state, row.note = ChoiceState.CHOSEN, reason
    tell(RefundRefused, row, actor_id=actor.id, reason=reason)
    return row


def give_up_refund(actor: User, choice: Choice, reason: str) -> Choice:
    """It cannot be paid out (the account is closed, say): the donor chooses anew, with all the time."""
    reason = rules.check_reason(reason, rules.REFUSAL_LENGTH)
    row = lock_choice(choice.id)
    if row.state is not ChoiceState.CHOSEN:
        raise Conflict(MOVED_ON)
    _require(policies.can_pay_refund(actor, row))
    row.route = row.decided_at = row.decided_by = None
    row.state, row.note, row.occasion = ChoiceState.OPEN, reason, Occasion.REFUND_FAILED
    row.due_on, row.reminded_at = last_day(), None
    tell(RefundGivenUp, row, actor_id=actor.id, reason=reason)
    return row


def _check_second(actor: User, row: Choice) -> None:
    if row.state is not ChoiceState.PAID_OUT:
        raise Conflict(MOVED_ON)
    if actor.id == row.payer_id:
        raise NotAllowed(_l("You sent this yourself. A second person has to look."))
    if row.payer_id is not None:
        rules.refuse_same(actor, row.payer_id)
    _require(policies.can_check_refund(actor, row))
    _refuse_parties(actor, row)


def _refuse_parties(user: User, row: Choice) -> None:
    """Neither who gave it nor anybody of that organisation, nor who stood behind the need."""
    donor = donor_of(row)
    together = donor is not None and donor.organisation_id is not None
    _require(donor is None or user.id != donor.id)
    _require(not together or user.organisation_id != donor.organisation_id)  # type: ignore[union-attr]  # together
    _require(not row.need_code or user.id not in neighbours.people_of_need(row.need_code))


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_l("Who gave it, or stood behind the need, does not pay it back. Leave it to another one."))


def _check_reference(text: str) -> str:
    reference = to_half_width(clean_line(text)).upper().replace(" ", "")  # as statements read it
    least, most = REFERENCE_LENGTH
    if not least <= len(reference) <= most:
        raise RuleBroken(_l("Enter the bank's reference, in 4 to 64 characters."), field="bank_reference")
    if not is_sqlite(db.session()):
        # Two treasurers with one movement and two refunds lock two choices; here the second waits for the first.
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(reference))))
    if db.session.execute(select(Choice.id).where(Choice.bank_reference == reference)).first() is not None:
        raise RuleBroken(_l("Another refund has this bank reference already."), field="bank_reference")
    return reference


def _clear(row: Choice) -> None:
    row.bank_reference = row.paid_on = row.payer_id = row.paid_at = None


def _post(row: Choice, actor_id: int) -> None:
    uid, day = row.transfer_uid or "", row.paid_on or today()
    if row.source_code:
        statements.return_suspense(
            actor_id=actor_id, uid=uid, line_code=row.source_code, amount_fen=row.amount_fen, business_on=day,
            reason=f"{row.code} {row.claim_code}",
        )  # fmt: skip
        return
    moving.refund(
        actor_id=actor_id, uid=uid, need_code=row.need_code, stamp=Stamp(row.county_code, row.category),
        amount_fen=row.amount_fen, business_on=day, claim_code=row.claim_code,
    )  # fmt: skip
