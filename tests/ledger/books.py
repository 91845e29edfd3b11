"""Short ways to post, for the tests of the books."""

from __future__ import annotations

from datetime import date
from typing import Any

from sun_commune.core.db import transaction
from sun_commune.ledger import services
from sun_commune.ledger.models import Transfer

NEED = "XQ-2026-00001"
OTHER_NEED = "XQ-2026-00002"
DAY = date(2017, 12, 6)

GIFT: dict[str, Any] = {
    "actor_id": None, "need_code": NEED, "county_code": "510723", "category": "daily_necessities",
    "amount_fen": 32_000, "business_on": DAY, "claim_code": "RLTEST1", "delivery_code": None, "donor_shown": "张**",
}  # fmt: skip
GOODS: dict[str, Any] = {
    "actor_id": None, "need_code": NEED, "county_code": "510723", "category": "daily_necessities",
    "item": "电热毯", "quantity": 2, "unit": "床", "value_fen": 20_000, "value_basis": "invoice", "business_on": DAY,
    "claim_code": "RLTEST2", "donor_shown": "",
}  # fmt: skip


def give(**changes: Any) -> Transfer:
    with transaction():
        return services.post_gift(**{**GIFT, "uid": services.new_uid(), **changes})


def bring(**changes: Any) -> Transfer:
    with transaction():
        return services.post_goods(**{**GOODS, "uid": services.new_uid(), **changes})
