"""What a correction in the ledger means for the statement: the money is still in the account.

An entry of a line that is taken back was a wrong purpose, not money that vanished: it goes to suspense again, in the
same transaction, so that an incoming line always equals its entries. Money that the bank really took leaves suspense
by a return, which two people sign.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.core.events import announce
from sun_commune.deliveries import queries as deliveries
from sun_commune.ledger import services as ledger
from sun_commune.ledger.events import TransferReversed
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.statements import queries
from sun_commune.statements.events import SuspenseReopened
from sun_commune.statements.models import LineState, StatementLine, SuspenseReason
from sun_commune.statements.services.suspense import lock_line


def follow_reversal(event: TransferReversed) -> None:
    """Heard before deliveries let go of the entry."""
    transfer = db.session.get_one(Transfer, event.transfer_id)
    _untie_outgoing(event.reversed_uid)
    line = queries.find_line(transfer.source_code) if transfer.source_code else _line_recorded_by(event)
    if line is None:
        return
    line = lock_line(line)
    if transfer.kind is TransferKind.UNMATCHED:
        if line.entry_uid is not None:
            return  # tied to the entry that stands for it (tying.tie_incoming)
        raise RuleBroken(
            _l("Money in suspense is not taken back by a correction. Let it go back to its sender instead.")
        )
    if transfer.kind in {TransferKind.GIFT, TransferKind.ADVANCE_BACK}:
        if transfer.source_code is None:
            line.recorded_fen -= transfer.amount_fen
            line.entry_uid = line.tied_by = None
        ledger.post_unmatched(
            actor_id=event.actor_id, uid=ledger.new_uid(), amount_fen=transfer.amount_fen, business_on=line.booked_on,
            source_code=line.code,
        )  # fmt: skip
    line.open_fen += transfer.amount_fen
    line.state, line.reason = LineState.OPEN, SuspenseReason.TAKEN_BACK
    db.session.flush()
    announce(
        SuspenseReopened(
            actor_id=event.actor_id, object_code=line.code, amount_fen=transfer.amount_fen,
            to_state=line.state.value, reason=event.reason,
        )
    )  # fmt: skip


def _line_recorded_by(event: TransferReversed) -> StatementLine | None:
    """The line that counts a payment which was recorded by hand, if it is that entry that is taken back."""
    tied = select(StatementLine).where(StatementLine.entry_uid == event.reversed_uid, StatementLine.amount_fen > 0)
    line = db.session.execute(tied).scalar_one_or_none()
    if line is not None:
        return line
    delivery = deliveries.find_by_transfer(event.reversed_uid)
    if delivery is None or delivery.bank_reference is None:
        return None
    statement = select(StatementLine).where(
        StatementLine.reference == delivery.bank_reference, StatementLine.recorded_fen > 0
    )
    return db.session.execute(statement.order_by(StatementLine.id).limit(1)).scalar_one_or_none()


def _untie_outgoing(uid: str) -> None:
    """An entry that was taken back explains no outgoing line any more."""
    statement = select(StatementLine).where(StatementLine.entry_uid == uid, StatementLine.amount_fen < 0)
    line = db.session.execute(statement).scalar_one_or_none()
    if line is not None:
        line.entry_uid = line.tied_by = None
