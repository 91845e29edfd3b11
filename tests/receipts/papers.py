"""Short ways to a receipt, for the tests of its pages."""

from __future__ import annotations

from typing import Any

from sun_commune.accounts.models import User
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.ledger.models import Transfer
from sun_commune.pledges.models import Claim
from sun_commune.receipts import queries, services
from sun_commune.receipts.models import OfficialReceipt, Receipt
from sun_commune.receipts.services import OfficialFields
from tests.cast import Cast
from tests.deliveries import world
from tests.ledger import books

#: A code whose last character is right; of no organisation.
CREDIT_CODE = "51510700MJQ000001W"
REASON = "捐赠人名称有误，作废重开"


def given(
    cast: Cast, amount_fen: int = 30_000, *, donor: User | None = None, reference: str = "BANK0001"
) -> tuple[Claim, Receipt]:
    """A claim whose money has arrived, and its receipt."""
    claim = world.promise(cast, 0, amount_fen, donor=donor)
    return claim, paid(cast, claim, amount_fen, reference)


def paid(cast: Cast, claim: Claim, amount_fen: int, reference: str = "BANK0001") -> Receipt:
    (delivery,) = world.record(cast.treasurer, claim.payment_code, amount_fen, bank_reference=reference)
    return queries.newest_of_entry(delivery.transfer_uid or "")


def brought(cast: Cast, quantity: int = 2, *, donor: User | None = None) -> Receipt:
    """Goods that were accepted, and their receipt."""
    delivery = world.bring(cast, world.promise(cast, quantity, donor=donor), quantity)
    return queries.newest_of_entry(delivery.transfer_uid or "")


def entry_of(receipt: Receipt) -> Transfer:
    return db.session.get_one(Transfer, receipt.transfer_id)


def refund(receipt: Receipt, amount_fen: int, *, with_claim: bool = True) -> Transfer:
    entry = entry_of(receipt)
    claim_code = entry.claim_code if with_claim else None
    return books.refund(amount_fen, need_code=entry.need_code, claim_code=claim_code, on=today())


def void(actor: User, receipt: Receipt, *, replace: bool = False, reason: str = REASON) -> None:
    with transaction():
        services.void_receipt(actor, receipt, reason=reason)
        if replace:
            services.replace_receipt(actor, receipt)


def official(**changes: Any) -> OfficialFields:
    values: dict[str, Any] = {
        "credit_code": CREDIT_CODE, "invoice_code": "51060122", "invoice_number": "0001234567",
        "check_code": "a1b2c3", "project_code": "", "issued_on": today(),
    }  # fmt: skip
    return OfficialFields(**{**values, **changes})


def record(actor: User, receipt: Receipt, *, reason: str = "", **changes: Any) -> OfficialReceipt:
    with transaction():
        return services.record_official(actor, receipt, official(**changes), reason=reason)
