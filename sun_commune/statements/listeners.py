"""What statements do when something happens elsewhere."""

from __future__ import annotations

from sun_commune.ledger.events import TransferReversed
from sun_commune.statements import services


def follow_reversal(event: TransferReversed) -> None:
    """An entry was taken back: the money of its line lies in suspense again."""
    services.follow_reversal(event)
