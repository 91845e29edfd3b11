"""Each posted entry gets its leaf in its own transaction."""

from __future__ import annotations

from sun_commune.core.db import db
from sun_commune.ledger.events import TransferEvent
from sun_commune.ledger.models import Transfer
from sun_commune.transparency import services


def log_transfer(event: TransferEvent) -> None:
    services.write_leaf(db.session.get_one(Transfer, event.transfer_id))
