"""Reads of orders and of call-backs that were not booked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.paging import Page, page_of
from sun_commune.core.text import clean_line
from sun_commune.deliveries.models import Delivery
from sun_commune.needs.models import Need
from sun_commune.payments.models import NoticeOutcome, OrderState, PaymentNotice, PaymentOrder
from sun_commune.pledges.models import Claim, ClaimLine

PAGE_SIZE = 30
MOST_NOTICES = 50
NOTICES_FOR = timedelta(days=30)
#: Orders of so long ago are still asked about at the provider.
ASKED_FOR = timedelta(days=2)


def find_order(code: str) -> PaymentOrder:
    """An order by its code; Missing if there is none."""
    order = db.session.execute(select(PaymentOrder).where(PaymentOrder.code == clean_line(code))).scalar_one_or_none()
    if order is None:
        raise Missing
    return order


def lock_order(code: str) -> PaymentOrder | None:
    """The order as it stands, locked until the transaction ends: the second of two call-backs waits here."""
    statement = select(PaymentOrder).where(PaymentOrder.code == code).with_for_update()
    return db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one_or_none()


def find_open_order(claim_id: int) -> PaymentOrder | None:
    statement = select(PaymentOrder).where(PaymentOrder.claim_id == claim_id, PaymentOrder.state == OrderState.OPEN)
    return db.session.execute(statement).scalar_one_or_none()


def list_orders_of_claim(claim_id: int) -> list[PaymentOrder]:
    """Orders of a claim, the newest first."""
    statement = select(PaymentOrder).where(PaymentOrder.claim_id == claim_id).order_by(PaymentOrder.id.desc())
    return list(db.session.execute(statement.limit(MOST_NOTICES)).scalars())


class OrderRow(NamedTuple):
    order: PaymentOrder
    claim: Claim
    need: Need


def list_orders(state: OrderState | None, *, after: str = "") -> Page[OrderRow]:
    """Orders with their claim and need, the newest first."""
    statement = (
        select(PaymentOrder, Claim, Need)
        .join(Claim, Claim.id == PaymentOrder.claim_id)
        .join(Need, Need.id == Claim.need_id)
        .order_by(PaymentOrder.id.desc())
    )
    if state is not None:
        statement = statement.where(PaymentOrder.state == state)
    last = db.session.execute(select(PaymentOrder.id).where(PaymentOrder.code == clean_line(after))).scalar()
    if last is not None:
        statement = statement.where(PaymentOrder.id < last)
    rows = [OrderRow(*row) for row in db.session.execute(statement.limit(PAGE_SIZE + 1))]
    return page_of(rows, [row.order.code for row in rows], PAGE_SIZE, after=after)


def list_notices() -> list[PaymentNotice]:
    """Call-backs of the last month that were not booked, the newest first."""
    statement = (
        select(PaymentNotice)
        .where(PaymentNotice.received_at >= now() - NOTICES_FOR)
        .order_by(PaymentNotice.id.desc())
        .limit(MOST_NOTICES)
    )
    return list(db.session.execute(statement).scalars())


def find_notice(*, gateway: str, order_code: str, reference: str, outcome: NoticeOutcome) -> PaymentNotice | None:
    statement = select(PaymentNotice).where(
        PaymentNotice.gateway == gateway,
        PaymentNotice.order_code == order_code,
        PaymentNotice.reference == reference,
        PaymentNotice.outcome == outcome,
    )
    return db.session.execute(statement).scalar_one_or_none()


def list_ended(moment: datetime, most: int) -> list[str]:
    """Codes of open orders whose time is over."""
    statement = (
        select(PaymentOrder.code)
        .where(PaymentOrder.state == OrderState.OPEN, PaymentOrder.expires_at <= moment)
        .order_by(PaymentOrder.expires_at)
        .limit(most)
    )
    return list(db.session.execute(statement).scalars())


def list_to_ask(most: int) -> list[PaymentOrder]:
    """Orders of the last days that nobody has called back for: the provider is asked."""
    waiting = (OrderState.OPEN, OrderState.EXPIRED, OrderState.CANCELLED)
    statement = (
        select(PaymentOrder)
        .where(PaymentOrder.state.in_(waiting), PaymentOrder.expires_at >= now() - ASKED_FOR)
        .order_by(PaymentOrder.id)
        .limit(most)
    )
    return list(db.session.execute(statement).scalars())


def was_recorded_for(reference: str, claim_id: int) -> bool:
    """A treasurer has recorded a payment with this reference for this claim."""
    statement = (
        select(Delivery.id)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .where(Delivery.bank_reference == reference, ClaimLine.claim_id == claim_id)
    )
    return db.session.execute(statement.limit(1)).first() is not None
