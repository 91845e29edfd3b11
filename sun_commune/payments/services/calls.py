"""What a provider's true message does: books the money once, and what its pledge does not take goes to suspense.

The order is found by its number under a lock. Amount, currency, merchant and app must be the order's; then the money is
posted by the same service as a payment that a treasurer records, under the provider's number as bank reference: a bill
of the provider that is imported later finds it recorded already.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.accounts.services.technical import technical_user
from sun_commune.core.clock import local, now, today
from sun_commune.core.codes import random_code
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import RuleBroken
from sun_commune.core.events import announce
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.services.money import clean_reference
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from sun_commune.payments import events, queries
from sun_commune.payments.gateways.base import Gateway, Paid
from sun_commune.payments.models import HeldReason, NoticeOutcome, OrderState, PaymentNotice, PaymentOrder
from sun_commune.payments.services.orders import money_left, move
from sun_commune.pledges.models import Claim, ClaimState
from sun_commune.statements import services as statements
from sun_commune.statements.models import StatementLine

NOTICE_PREFIX = "HD"
MOST_REFERENCE = 64
#: The names under which providers stand in the record of acts, as they call themselves.
PROVIDERS = {"wechat": "微信支付", "alipay": "支付宝", "simulator": "支付模拟器"}


class Taken(StrEnum):
    """BOOKED: now or before, fully or as far as it fits: the provider need not call again. REFUSED: flagged."""

    BOOKED = "booked"
    REFUSED = "refused"


def take_paid(gateway: Gateway, paid: Paid) -> Taken:
    """Do what a true and fresh message says, once however often it comes."""
    order = queries.lock_order(paid.order_code)
    if order is None or order.gateway != gateway.name:
        return _flag(gateway, paid, NoticeOutcome.UNKNOWN_ORDER)
    wrong = _what_is_wrong(gateway, order, paid)
    if wrong is not None:
        return _flag(gateway, paid, wrong)
    if order.paid_at is not None:
        if order.reference == paid.reference:
            return Taken.BOOKED
        _flag(gateway, paid, NoticeOutcome.SECOND_PAYMENT)
        return Taken.BOOKED if _hold(gateway, order, paid) else Taken.REFUSED
    _book(gateway, order, paid)
    return Taken.BOOKED


def take_stale(gateway: Gateway, paid: Paid) -> None:
    """A true message outside the freshness window changes no order. It is kept, unless its order is paid already: then
    it is an old one played again and says nothing new."""
    order = queries.lock_order(paid.order_code)
    if order is None or order.reference != paid.reference:
        _flag(gateway, paid, NoticeOutcome.STALE)


def _what_is_wrong(gateway: Gateway, order: PaymentOrder, paid: Paid) -> NoticeOutcome | None:
    if not gateway.is_ours(paid):
        return NoticeOutcome.WRONG_MERCHANT
    if paid.currency != order.currency:
        return NoticeOutcome.WRONG_CURRENCY
    if paid.amount_fen != order.amount_fen or not 1 <= len(paid.reference) <= MOST_REFERENCE:
        return NoticeOutcome.WRONG_AMOUNT
    return None


def _book(gateway: Gateway, order: PaymentOrder, paid: Paid) -> None:
    """The money into the books: as far as the claim takes it there, the rest into suspense, where the donor's choice
    and the treasurers' desk find it."""
    code = order.code
    booked_fen, reason = _book_claim(gateway, order, paid)
    line = _hold(gateway, order, paid) if reason is not None else None
    found = queries.lock_order(code)  # booking reads everything anew
    if found is None:
        raise RuntimeError("an order is never deleted")
    found.reference, found.paid_at, found.booked_fen, found.held_reason = paid.reference, now(), booked_fen, reason
    is_paid = booked_fen == found.amount_fen
    found.line_code = line.code if line else None
    kind: type[events.OrderEvent] = events.OrderPaid if is_paid else events.OrderHeld
    move(found, OrderState.PAID if is_paid else OrderState.HELD, kind, actor_id=None, reason=reason or "")


def _book_claim(gateway: Gateway, order: PaymentOrder, paid: Paid) -> tuple[int, HeldReason | None]:
    """Fen that were booked, and why not all of it."""
    session = db.session()
    claim, amount_fen = session.get_one(Claim, order.claim_id), order.amount_fen
    if queries.was_recorded_for(paid.reference, claim.id):
        return 0, HeldReason.RECORDED
    if session.get_one(Need, claim.need_id).state is NeedState.WITHDRAWN:
        return 0, HeldReason.NEED_GONE
    left = money_left(claim)
    if claim.state is not ClaimState.PLEDGED or left < 1:
        return 0, HeldReason.CLAIM_OVER
    fits_fen = min(left, amount_fen)
    arrived_on = max(_day_of(paid), local(claim.created_at).date())
    try:
        with session.begin_nested():
            deliveries.record_gateway_payment(
                _provider(gateway), claim, amount_fen=fits_fen, arrived_on=arrived_on, reference=paid.reference
            )
    except RuleBroken:  # meanwhile somebody ended the claim or recorded the payment: nothing is lost, a treasurer looks
        return 0, HeldReason.OTHER
    return fits_fen, None if fits_fen == amount_fen else HeldReason.TOO_MUCH


def _hold(gateway: Gateway, order: PaymentOrder, paid: Paid) -> StatementLine | None:
    """What of the payment stands nowhere yet goes to suspense; the line that holds it. None: a treasurer has recorded
    more under this number than came."""
    claim = db.session.get_one(Claim, order.claim_id)
    notice = statements.Notice(order.amount_fen, _day_of(paid), clean_reference(paid.reference), claim.code)
    name = f"{PROVIDERS[gateway.name]}（支付通知）"
    return statements.hold_noticed(_provider(gateway), notice, account_name=name)


def _provider(gateway: Gateway) -> User:
    return technical_user(code=f"GW-{gateway.name.upper()}", name=PROVIDERS[gateway.name])


def _day_of(paid: Paid) -> date:
    """The day of the payment in Asia/Shanghai; the provider's clock may be a little ahead of ours."""
    return min(local(paid.paid_at).date(), today())


def _flag(gateway: Gateway, paid: Paid, outcome: NoticeOutcome) -> Taken:
    """Keep it for the treasurer, once; the provider is told that it was not taken."""
    code, reference = paid.order_code[:64], paid.reference[:64]
    if not is_sqlite(db.session()):  # two of the same at once: the second waits, and finds it kept
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(reference))))
    known = queries.find_notice(gateway=gateway.name, order_code=code, reference=reference, outcome=outcome)
    if known is None:
        notice = PaymentNotice(
            code=random_code(NOTICE_PREFIX), gateway=gateway.name, order_code=code, reference=reference,
            outcome=outcome, amount_fen=paid.amount_fen, currency=paid.currency[:8], received_at=now(),
        )  # fmt: skip
        db.session.add(notice)
        db.session.flush()
        announce(
            events.CallbackFlagged(actor_id=None, object_code=notice.code, notice_id=notice.id, reason=outcome.value)
        )
    return Taken.REFUSED
