"""What happens to orders and to call-backs. ``object_code`` is the order's or the notice's code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderEvent(Event):
    object_kind: ClassVar[str] = "payment_order"
    order_id: int


class OrderOpened(OrderEvent): ...


class OrderCancelled(OrderEvent): ...


class OrderExpired(OrderEvent): ...


class OrderPaid(OrderEvent):
    """The provider's call-back was true, and the money stands in the ledger."""


class OrderHeld(OrderEvent):
    """The provider's call-back was true, but not all of the money could be booked; ``reason`` is a HeldReason."""


class OrderSettled(OrderEvent): ...


@dataclass(frozen=True, kw_only=True)
class CallbackFlagged(Event):
    """A true call-back that was refused or came too late; ``reason`` is a NoticeOutcome."""

    object_kind: ClassVar[str] = "payment_notice"
    notice_id: int
