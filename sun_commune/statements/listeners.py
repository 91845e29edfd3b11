"""What statements do when something happens elsewhere."""

from __future__ import annotations

from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.ledger.events import AdvanceReturned, TransferPosted, TransferReversed
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import AdvanceReturn
from sun_commune.statements import movements, services

WENT_OUT = {kind.value for kind in movements.OUTGOING_KINDS}


def follow_posting(event: TransferPosted) -> None:
    """Money goes out by an entry: the line that shows it may be there already."""
    if event.to_state in WENT_OUT:
        services.tie_outgoing(db.session.get_one(Transfer, event.transfer_id).amount_fen)


def follow_return(event: AdvanceReturned) -> None:
    """What was left of an advance was booked: its line may lie in suspense."""
    statement = select(AdvanceReturn).where(AdvanceReturn.voucher_id == event.voucher_id)
    newest = db.session.execute(statement.order_by(AdvanceReturn.id.desc()).limit(1)).scalar_one()
    services.follow_return(db.session.get_one(User, newest.recorded_by), newest)


def follow_reversal(event: TransferReversed) -> None:
    """An entry was taken back: the money of its line lies in suspense again."""
    services.follow_reversal(event)
