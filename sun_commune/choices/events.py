"""What happens to choices. ``object_code`` is the choice's code; states are ChoiceState values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ChoiceEvent(Event):
    object_kind: ClassVar[str] = "choice"
    choice_id: int


class ChoiceOpened(ChoiceEvent): ...


class ChoiceReduced(ChoiceEvent):
    """Part of the money was used as promised meanwhile, or the donor chose about a part of it."""


class ChoiceLapsed(ChoiceEvent):
    """All of the money is used as promised after all."""


class ChoiceReminded(ChoiceEvent): ...


class RefundChosen(ChoiceEvent): ...


class ChoiceMoved(ChoiceEvent):
    """To another need or the pool; ``actor_id`` None: by the announced default."""


class RefundPaid(ChoiceEvent):
    """A treasurer has sent it; a second person looks next."""


class RefundConfirmed(ChoiceEvent):
    """It went out and stands in the ledger."""


class RefundRefused(ChoiceEvent):
    """The second person did not find it: back to the treasurer."""


class RefundGivenUp(ChoiceEvent):
    """It cannot be paid out; the donor chooses anew."""


class ChoiceUndone(ChoiceEvent):
    """Its entry was taken back: a refund that bounced, a move booked in error."""
