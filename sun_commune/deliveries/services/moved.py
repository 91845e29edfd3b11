"""Money that the charity holds already counts for another need: one delivery for each line, paid by a ledger entry."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.deliveries import queries
from sun_commune.deliveries.events import PaymentMoved
from sun_commune.deliveries.models import Delivery, DeliveryMethod, DeliveryState
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.deliveries.services import steps
from sun_commune.ledger import services as ledger
from sun_commune.pledges.models import Claim, ClaimLine


def count_moved(
    claim: Claim, *, seen_by: User, actor_id: int | None, post: Callable[[Delivery, str], object]
) -> list[Delivery]:
    """All that a taken-over claim promises has arrived: a delivery for each of its lines.

    ``seen_by`` is the treasurer who saw the money arrive when it was given: the second side of what counts.
    ``post(delivery, uid)`` writes the ledger entry by which the delivery's amount moves here.
    """
    view = queries.views_of([claim])[0]
    booked = []
    for line in view.lines:
        row = steps.new_delivery(
            line.claim_line, view.need, state=DeliveryState.PAID, quantity=line.claim_line.quantity,
            method=DeliveryMethod.MOVED, sent_by=claim.donor_id,
        )  # fmt: skip
        row.arrived_on = today()
        row.received_quantity = row.accepted_quantity = row.quantity
        row.received_by = row.accepted_by = seen_by.id
        row.received_at = row.accepted_at = now()
        row.transfer_uid = ledger.new_uid()
        db.session.flush()
        post(row, row.transfer_uid)
        moved = DeliveryView(row, line.claim_line, claim, line.need_line, view.need, view.donor)
        steps.count_delivered(moved, actor_id, row.quantity)
        steps.tell(PaymentMoved, moved, actor_id, None)
        booked.append(row)
    return booked


def who_saw_arrive(claim_code: str) -> User | None:
    """The treasurer who first recorded money of this claim; None if nobody did."""
    statement = (
        select(User)
        .join(Delivery, Delivery.accepted_by == User.id)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(Claim.code == claim_code, Delivery.arrived_on.is_not(None))
        .order_by(Delivery.id)
        .limit(1)
    )
    return db.session.execute(statement).unique().scalar_one_or_none()
