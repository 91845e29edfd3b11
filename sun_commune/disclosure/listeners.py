"""A large transaction opens a task in its own transaction; taken back, it closes it."""

from __future__ import annotations

from sun_commune.disclosure import services
from sun_commune.ledger.events import TransferPosted, TransferReversed


def open_major_task(event: TransferPosted) -> None:
    services.open_major_task(event.transfer_id, actor_id=None)


def lift_major_task(event: TransferReversed) -> None:
    services.lift_major_task(event.reversed_uid, actor_id=event.actor_id)
