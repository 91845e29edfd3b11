"""Messages about donors' slips. That one is there at all they read with the arrival of the gift."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sun_commune.core.events import Event
from sun_commune.notifications import queries, services
from sun_commune.notifications.models import NoticeKind
from sun_commune.receipts import events as receipts
from sun_commune.receipts.models import Receipt

Listener = Callable[[Any], None]


def to_donor(kind: NoticeKind) -> Listener:
    """Tells whose gift it was what became of the slip, in the inbox."""

    def tell_donor(event: receipts.ReceiptEvent) -> None:
        receipt = queries.get_row(Receipt, event.receipt_id)
        if receipt.donor_id is not None and receipt.donor_id != event.actor_id:
            people = queries.users_of({receipt.donor_id})
            services.tell(people, kind, code=receipt.number, note=event.reason)

    return tell_donor


SLIPS: dict[type[Event], list[Listener]] = {
    receipts.ReceiptVoided: [to_donor(NoticeKind.RECEIPT_VOIDED)],
    receipts.OfficialReceiptRecorded: [to_donor(NoticeKind.OFFICIAL_RECEIPT)],
}
