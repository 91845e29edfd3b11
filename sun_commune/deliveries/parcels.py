"""What was or is brought to a need, as the treasury names it beside its vouchers (bound into the ledger)."""

from __future__ import annotations

from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.core.labels import label
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.ledger.neighbours import Parcel
from sun_commune.needs.models import LineKind, Need, NeedLine
from sun_commune.needs.stock import amount_words
from sun_commune.pledges.models import ClaimLine

MOST = 200


def parcels_of_need(need_code: str) -> list[Parcel]:
    """Goods, service and hours, the oldest first, but for what was called off."""
    rows = db.session.execute(
        select(Delivery.code, Delivery.state, Delivery.quantity, NeedLine.kind, NeedLine.item, NeedLine.unit)
        .join(Need, Need.id == Delivery.need_id)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .where(Need.code == need_code, NeedLine.kind != LineKind.MONEY, Delivery.state != DeliveryState.CANCELLED)
        .order_by(Delivery.id)
        .limit(MOST)
    )
    return [
        Parcel(row.code, f"{row.item} {amount_words(row.kind, row.quantity, row.unit)} · {label(row.state)}")
        for row in rows
    ]
