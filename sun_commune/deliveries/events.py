"""What happens to deliveries. ``object_code`` is the delivery's code; states are DeliveryState values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class DeliveryEvent(Event):
    object_kind: ClassVar[str] = "delivery"
    delivery_id: int


class PaymentReported(DeliveryEvent): ...


class PaymentArrived(DeliveryEvent): ...


class PaymentMoved(DeliveryEvent):
    """Money that the charity held for another purpose counts here now."""


class GoodsSent(DeliveryEvent): ...


class GoodsReceived(DeliveryEvent): ...


class GoodsAccepted(DeliveryEvent): ...


class WorkAgreed(DeliveryEvent): ...


class WorkDone(DeliveryEvent): ...


class WorkConfirmed(DeliveryEvent): ...


class DeliveryCancelled(DeliveryEvent): ...


class DeliveryDisputed(DeliveryEvent): ...


class DisputeSettled(DeliveryEvent): ...


class DeliveryThanked(DeliveryEvent): ...


class DeliveryReversed(DeliveryEvent): ...


class PhotoHidden(DeliveryEvent): ...
