"""What receipts do when something happens elsewhere."""

from __future__ import annotations

from sun_commune.accounts.events import UserClosed
from sun_commune.core.db import at_end
from sun_commune.ledger.events import TransferPosted, TransferReversed
from sun_commune.ledger.models import TransferKind
from sun_commune.receipts import services
from sun_commune.receipts.models import RECEIPTED


def issue_receipt(event: TransferPosted) -> None:
    """A gift was posted: its receipt is written when the transaction ends, and never without it."""
    if TransferKind(event.to_state) in RECEIPTED:
        at_end(services.issue_receipts, event.transfer_id)


def void_receipt(event: TransferReversed) -> None:
    services.void_reversed(
        event.reversed_uid, reversal_uid=event.object_code, actor_id=event.actor_id, reason=event.reason
    )


def forget_donor(event: UserClosed) -> None:
    services.forget_names(event.user_id)
