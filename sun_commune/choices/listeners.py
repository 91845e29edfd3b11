"""What choices do when something happens elsewhere: a need ends, a paper is written, an entry is posted or reversed.

Whatever these do not hear of, the daily job finds (choices.jobs).
"""

from __future__ import annotations

from sqlalchemy import select

from sun_commune.choices import services
from sun_commune.choices.models import Occasion
from sun_commune.core.db import db
from sun_commune.ledger.events import TransferPosted, TransferReversed, VoucherEvent
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import Voucher
from sun_commune.needs.events import NeedClosed, NeedExpired, NeedResumed, NeedWithdrawn
from sun_commune.statements.events import LineEvent

OCCASIONS = {
    NeedWithdrawn: Occasion.NEED_WITHDRAWN,
    NeedExpired: Occasion.NEED_EXPIRED,
    NeedClosed: Occasion.NEED_CLOSED,
}
#: What changes how much of a fund is left over. Moves and refunds are choices' own.
HEARD = {kind.value for kind in TransferKind} - {
    TransferKind.MOVED, TransferKind.REFUND, TransferKind.GOODS, TransferKind.UNMATCHED, TransferKind.SENT_BACK,
}  # fmt: skip


def open_for_ended_need(event: NeedWithdrawn | NeedExpired | NeedClosed) -> None:
    services.settle_fund(event.object_code, occasion=OCCASIONS[type(event)], actor_id=event.actor_id)


def lapse_for_resumed_need(event: NeedResumed) -> None:
    """It is open again and takes its money itself."""
    services.settle_fund(event.object_code, occasion=Occasion.LEFT_OVER, actor_id=event.actor_id)


def follow_voucher(event: VoucherEvent) -> None:
    """A paper waits for the money, or waits no more."""
    need_code = db.session.execute(select(Voucher.need_code).where(Voucher.id == event.voucher_id)).scalar_one()
    services.settle_fund(need_code, occasion=Occasion.LEFT_OVER, actor_id=event.actor_id)


def follow_line(event: LineEvent) -> None:
    """More came than was promised; or a treasurer placed it, or wants to send it back."""
    services.settle_line(event.object_code, actor_id=event.actor_id)


def follow_posting(event: TransferPosted) -> None:
    if event.to_state in HEARD:
        _settle(event.transfer_id, event.actor_id)


def follow_reversal(event: TransferReversed) -> None:
    is_own = services.follow_reversal(event.reversed_uid, actor_id=event.actor_id, reason=event.reason)
    if not is_own and event.to_state in HEARD:
        _settle(event.transfer_id, event.actor_id)


def _settle(transfer_id: int, actor_id: int | None) -> None:
    need_code = db.session.get_one(Transfer, transfer_id).need_code
    services.settle_fund(need_code, occasion=Occasion.LEFT_OVER, actor_id=actor_id)
