"""Each posted entry and each closed month gets its leaf in its own transaction; what the leaves of an erased need
commit to is forgotten."""

from __future__ import annotations

from sun_commune.core.db import db
from sun_commune.core.events import Event
from sun_commune.ledger.events import PeriodClosed, TransferEvent
from sun_commune.ledger.models import ClosedPeriod, Transfer
from sun_commune.transparency import services


def log_transfer(event: TransferEvent) -> None:
    services.write_leaf(db.session.get_one(Transfer, event.transfer_id))


def log_closing(event: PeriodClosed) -> None:
    services.write_closing_leaf(db.session.get_one(ClosedPeriod, event.closed_period_id))


def forget_words_of_erased_need(event: Event) -> None:
    """``object_code`` is the need's; the switchboard binds this to NeedErased, which a higher floor announces."""
    services.forget_words(need_code=event.object_code)
