"""Taking an entry back: asked for by one treasurer, agreed by a second person, by its exact mirror."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict
from sun_commune.core.events import announce
from sun_commune.ledger import neighbours
from sun_commune.ledger.events import CorrectionApproved, CorrectionAsked, CorrectionRefused
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Correction, VoucherState
from sun_commune.ledger.posting import new_uid, post, where_is
from sun_commune.ledger.queries import open_correction_of, reversal_of
from sun_commune.ledger.services import rules


def reverse_transfer(actor: User | None, transfer: Transfer, reason: str) -> Transfer:
    """Take an entry back by its exact mirror, posted today. Asked twice, it gives back the one reversal.

    The desk asks a second person first (ask_correction); a settled dispute calls this straight away, because there
    two people have spoken already. Raises RuleBroken if the money was spent meanwhile: the fund cannot go below zero.
    """
    if transfer.reverses_id is not None:
        raise Conflict(_l("A reversal cannot be reversed. Post the right entry anew."))
    reason = rules.check_reason(reason)
    earlier = reversal_of(transfer.id)
    if earlier is not None:
        return earlier
    said = (
        "need_code", "county_code", "category", "to_need_code", "to_county_code", "to_category", "amount_fen",
        "claim_code", "delivery_code", "voucher_code", "source_code", "donor_shown", "item", "quantity", "unit",
        "value_basis",
    )  # fmt: skip
    neighbours.lock_before_accounts({transfer.need_code, transfer.to_need_code}, transfer.source_code)
    debit, credit = (where_is(account_id) for account_id in (transfer.credit_id, transfer.debit_id))
    return post(
        actor_id=actor.id if actor else None, uid=new_uid(), kind=transfer.kind, debit=debit, credit=credit,
        reverses=transfer, reason=reason,
        business_on=max(today(), transfer.business_on), **{name: getattr(transfer, name) for name in said},
    )  # fmt: skip


def ask_correction(actor: User, transfer: Transfer, reason: str) -> Correction:
    """A treasurer asks to reverse an entry; a second person decides. An open wish is given back as it is."""
    if transfer.reverses_id is not None:
        raise Conflict(_l("A reversal cannot be reversed. Post the right entry anew."))
    if reversal_of(transfer.id) is not None:
        raise Conflict(_l("This entry has been reversed already."))
    reason = rules.check_reason(reason)
    earlier = open_correction_of(transfer.id)
    if earlier is not None:
        return earlier
    rules.refuse_involved(actor, transfer.need_code)
    wish = Correction(
        transfer_id=transfer.id, reason=reason, maker_id=actor.id, made_at=now(), state=VoucherState.DRAFTED
    )
    db.session.add(wish)
    db.session.flush()
    told = {"object_code": transfer.uid, "to_state": wish.state.value, "reason": reason}
    announce(CorrectionAsked(actor_id=actor.id, correction_id=wish.id, **told))
    return wish


def approve_correction(actor: User, wish: Correction) -> Transfer:
    """The second person agrees: the entry is reversed with the reason that was given."""
    rules.lock_paper(wish)
    transfer = db.session.get_one(Transfer, wish.transfer_id)
    if wish.state is not VoucherState.APPROVED or wish.checker_id != actor.id:
        rules.refuse_decided(wish.state)
        rules.refuse_same(actor, wish.maker_id)
        rules.refuse_others(actor, rules.place_of(transfer.county_code))
        rules.refuse_involved(actor, transfer.need_code)
        wish.state, wish.checker_id, wish.checked_at = VoucherState.APPROVED, actor.id, now()
        db.session.flush()
        told = {"object_code": transfer.uid, "from_state": "drafted", "to_state": "approved", "reason": wish.reason}
        announce(CorrectionApproved(actor_id=actor.id, correction_id=wish.id, **told))
    return reverse_transfer(actor, transfer, wish.reason)


def refuse_correction(actor: User, wish: Correction, reason: str) -> Correction:
    """The second person refuses, with a reason; the entry stands."""
    reason = rules.check_reason(reason, rules.REFUSAL_LENGTH)
    rules.lock_paper(wish)
    if wish.state is VoucherState.REFUSED and wish.checker_id == actor.id:
        return wish
    transfer = db.session.get_one(Transfer, wish.transfer_id)
    rules.refuse_decided(wish.state)
    rules.refuse_same(actor, wish.maker_id)
    rules.refuse_others(actor, rules.place_of(transfer.county_code))
    wish.state, wish.checker_id, wish.checked_at = VoucherState.REFUSED, actor.id, now()
    wish.refusal = reason
    told = {"object_code": transfer.uid, "from_state": "drafted", "to_state": "refused", "reason": reason}
    announce(CorrectionRefused(actor_id=actor.id, correction_id=wish.id, **told))
    return wish
