"""What must always hold of orders: what an order says is booked stands in deliveries under the provider's number."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from sun_commune.core.db import db
from sun_commune.core.selfcheck import MOST_FINDINGS, Check
from sun_commune.deliveries.models import Delivery
from sun_commune.payments.models import PaymentOrder
from sun_commune.pledges.models import ClaimLine
from sun_commune.statements.models import StatementLine


def find_unbooked() -> list[str]:
    """Orders whose booked amount is not what arrived for their claim under their reference. A gift that was reversed
    later keeps its delivery's quantity, so it is no finding."""
    # Lines of a claim after the first carry the reference with a number behind it where it is taken.
    booked = (
        select(func.coalesce(func.sum(Delivery.received_quantity), 0))
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .where(ClaimLine.claim_id == PaymentOrder.claim_id, Delivery.bank_reference == PaymentOrder.reference)
        .scalar_subquery()
    )
    statement = (
        select(PaymentOrder.code, PaymentOrder.booked_fen, booked)
        .where(PaymentOrder.booked_fen > 0, PaymentOrder.booked_fen != booked)
        .order_by(PaymentOrder.id)
        .limit(MOST_FINDINGS)
    )
    return [f"order {code} says {said} fen, deliveries {found}" for code, said, found in db.session.execute(statement)]


def find_unheld() -> list[str]:
    """Orders whose rest is said to lie in suspense, by a line that is not there or is of another payment."""
    line = select(StatementLine.id).where(
        StatementLine.code == PaymentOrder.line_code, StatementLine.amount_fen == PaymentOrder.amount_fen,
        func.upper(PaymentOrder.reference) == StatementLine.reference,
    )  # fmt: skip
    statement = select(PaymentOrder.code).where(PaymentOrder.line_code.is_not(None), ~line.exists())
    codes = db.session.execute(statement.order_by(PaymentOrder.id).limit(MOST_FINDINGS)).scalars()
    return [f"order {code} names a statement line that does not hold its money" for code in codes]


CHECKS = (
    Check("orders_are_booked", _l("Each online payment is booked once, with its amount."), find_unbooked),
    Check(
        "held_payments_have_their_line",
        _l("Online money that its pledge could not take is found in suspense, or where it went from there."),
        find_unheld,
    ),
)
