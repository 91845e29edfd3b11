"""The void register: a number is never given twice and never taken away; it is marked, with who, when and why."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import at_end, db
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, find_private
from sun_commune.ledger.models import Transfer
from sun_commune.receipts.events import ReceiptVoided
from sun_commune.receipts.models import Receipt, ReceiptVoid
from sun_commune.receipts.services.issuing import NewReceipt, find_gifts, write_receipts

REASON_LENGTH = (5, 200)


def void_receipt(actor: User, receipt: Receipt, *, reason: str) -> ReceiptVoid:
    """A treasurer voids a slip. The entry in the ledger stays: who wants the gift undone reverses that.

    Again: gives back the void that is there. ``reason`` is public. Raises RuleBroken for a reason that says nothing
    or holds a private number.
    """
    reason = check_reason(reason)
    earlier = lock_void(receipt)
    return earlier or _write_void(receipt, actor.id, reason, None)


def replace_receipt(actor: User, receipt: Receipt) -> None:
    """A new slip with a new number that names the voided one; donor and charity are named as they are today.

    Written when the transaction ends. Again: nothing happens. Raises Conflict unless the slip is void and its entry
    stands.
    """
    void = lock_void(receipt)
    if void is None:
        raise Conflict(_l("Only a void slip can be replaced."))
    if find_replacement(receipt) is not None:
        return
    gifts = find_gifts([receipt.transfer_id], has_receipt=True)
    if not gifts:
        raise Conflict(_l("The ledger took this gift back, so there is nothing to give a new slip for."))
    handled = gifts[0]._replace(posted_by=actor.id)
    at_end(write_receipts, NewReceipt(handled, receipt.version + 1, receipt.id))


def void_reversed(transfer_uid: str, *, reversal_uid: str, actor_id: int | None, reason: str) -> None:
    """The ledger took an entry back: its slip is void. One without a slip (yet) needs nothing."""
    statement = (
        select(Receipt)
        .join(Transfer, Transfer.id == Receipt.transfer_id)
        .where(Transfer.uid == transfer_uid)
        .order_by(Receipt.version.desc())
        .limit(1)
    )
    receipt = db.session.execute(statement).scalar_one_or_none()
    if receipt is not None and lock_void(receipt) is None:
        _write_void(receipt, actor_id, reason, reversal_uid)


def find_replacement(receipt: Receipt) -> Receipt | None:
    return db.session.execute(select(Receipt).where(Receipt.replaces_id == receipt.id)).scalar_one_or_none()


def lock_void(receipt: Receipt) -> ReceiptVoid | None:
    """The void of a slip, if there is one; of two who void it the second sees what the first did."""
    db.session.execute(select(Receipt.id).where(Receipt.id == receipt.id).with_for_update())
    return db.session.execute(select(ReceiptVoid).where(ReceiptVoid.receipt_id == receipt.id)).scalar_one_or_none()


def check_reason(reason: str) -> str:
    """The cleaned reason; RuleBroken at ``reason``."""
    reason = clean_line(reason)
    least, most = REASON_LENGTH
    if not least <= len(reason) <= most:
        words = _l("Give the reason in %(least)d to %(most)d characters.", least=least, most=most)
        raise RuleBroken(words, field="reason")
    if find_private(reason):
        raise RuleBroken(_l("Take the number out of the reason: everybody can read it."), field="reason")
    return reason


def _write_void(receipt: Receipt, actor_id: int | None, reason: str, reversal_uid: str | None) -> ReceiptVoid:
    void = ReceiptVoid(
        receipt_id=receipt.id, reason=reason, reversal_uid=reversal_uid, voided_by=actor_id, voided_at=now()
    )
    db.session.add(void)
    db.session.flush()
    announce(
        ReceiptVoided(
            actor_id=actor_id, object_code=receipt.number, receipt_id=receipt.id, to_state="voided", reason=reason
        )
    )
    return void
