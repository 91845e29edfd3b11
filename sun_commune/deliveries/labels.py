"""Words for the enums of deliveries, and for the acts that pages offer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.deliveries.models import Condition, DeliveryMethod, DeliveryState, Settlement, ValueBasis

labels.register(
    {
        DeliveryState.REPORTED: _l("transfer reported"),
        DeliveryState.PAID: _l("money arrived"),
        DeliveryState.IN_TRANSIT: _l("on its way"),
        DeliveryState.RECEIVED: _l("received"),
        DeliveryState.ACCEPTED: _l("accepted"),
        DeliveryState.AGREED: _l("day agreed"),
        DeliveryState.DONE: _l("done, to be confirmed"),
        DeliveryState.CONFIRMED: _l("confirmed"),
        DeliveryState.DISPUTED: _l("disputed"),
        DeliveryState.CANCELLED: _l("called off"),
        DeliveryMethod.COURIER: _l("by courier"),
        DeliveryMethod.FACE_TO_FACE: _l("brought in person"),
        DeliveryMethod.TRANSFER: _l("bank transfer"),
        DeliveryMethod.MOVED: _l("moved from another purpose"),
        Condition.GOOD: _l("in good condition"),
        Condition.DAMAGED: _l("damaged"),
        Condition.WRONG_ITEM: _l("not what was asked for"),
        ValueBasis.INVOICE: _l("invoice"),
        ValueBasis.MARKET: _l("market price"),
        ValueBasis.DECLARED: _l("declared by the donor"),
    }
)
labels.register(
    {
        # A dictionary of its own: members of two enums with one value are the same key.
        Settlement.ACCEPTED: _l("It counts as delivered"),
        Settlement.RETURNED: _l("It does not count; the donor may bring it again"),
        Settlement.RELEASED: _l("It does not count; others may promise it"),
    }
)
