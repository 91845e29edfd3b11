"""Orders: opened by a donor, replaced, expired, settled by a treasurer."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.codes import random_code
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, Missing, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import yuan
from sun_commune.core.text import clean_line, find_private
from sun_commune.deliveries import queries as deliveries
from sun_commune.lanes import services as lanes
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind
from sun_commune.needs.states import NeedState
from sun_commune.payments import events, policies, queries
from sun_commune.payments.gateways.base import OrderSlip
from sun_commune.payments.models import CURRENCY, OrderState, PaymentOrder
from sun_commune.pledges.models import Claim, ClaimState

CODE_PREFIX = "ZF"
NOTE_LENGTH = (5, 200)


def money_left(claim: Claim) -> int:
    """Fen of the claim that have not arrived."""
    view = deliveries.views_of([claim])[0]
    return sum(line.claim_line.outstanding for line in view.lines if line.need_line.kind is LineKind.MONEY)


def open_order(actor: User, claim: Claim, *, gateway: str, amount_fen: int) -> PaymentOrder:
    """An order for ``amount_fen`` of what the claim still owes. An open order of the same kind is given back; another
    one is cancelled (a late call-back for it is still heard).

    RuleBroken while lane B is closed, and at ``amount_fen`` for more than is outstanding.
    """
    if not policies.can_pay(actor, claim):
        raise Missing
    charity = lanes.require_account()
    claim_id, donor_id = claim.id, actor.id
    need = stock.lock_need(claim.need_id)
    db.session.flush()
    db.session.refresh(claim)
    left = money_left(claim)
    if claim.state is not ClaimState.PLEDGED or left < 1:
        raise Conflict(_l("Nothing is outstanding for this pledge any more."))
    if need.state in {NeedState.WITHDRAWN, NeedState.PAUSED}:
        raise Conflict(_l("This need is paused or withdrawn at the moment. Please do not pay now."))
    if not 1 <= amount_fen <= left:
        words = _l("Only ¥%(amount)s of this pledge is still to come.", amount=yuan(left))
        raise RuleBroken(words, field="amount_fen")
    earlier = queries.find_open_order(claim_id)
    if earlier is not None:
        same = (earlier.gateway, earlier.amount_fen) == (gateway, amount_fen)
        if same and earlier.expires_at > now():
            return earlier
        move(earlier, OrderState.CANCELLED, events.OrderCancelled, actor_id=donor_id)
    order = PaymentOrder(
        code=random_code(CODE_PREFIX, 12), gateway=gateway, claim_id=claim_id, donor_id=donor_id,
        lane_version_id=charity.id, amount_fen=amount_fen, currency=CURRENCY, created_at=now(),
        expires_at=now() + timedelta(minutes=config.current().order_minutes),
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    tell(events.OrderOpened, order, before=None, actor_id=donor_id)
    return order


def slip_of(order: PaymentOrder, *, lang: str) -> OrderSlip:
    """What the provider is told."""
    base = config.current().base_url.rstrip("/")
    return OrderSlip(
        code=order.code, amount_fen=order.amount_fen, currency=order.currency, expires_at=order.expires_at,
        notify_url=f"{base}/payments/{order.gateway}/notify",
        return_url=f"{base}/{lang}/payments/{order.code}?back=1",
    )  # fmt: skip


def set_pay_url(order_code: str, pay_url: str) -> None:
    """Where the donor pays, as the provider said; kept, so that the provider is asked once. A technical write."""
    order = queries.lock_order(order_code)
    if order is not None and not order.pay_url:
        order.pay_url = pay_url
        db.session.flush()


def expire_order(order_code: str) -> bool:
    """End an open order whose time is over. False: it was paid or replaced meanwhile."""
    order = queries.lock_order(order_code)
    if order is None or order.state is not OrderState.OPEN or order.expires_at > now():
        return False
    move(order, OrderState.EXPIRED, events.OrderExpired, actor_id=None)
    return True


def settle_order(actor: User, order: PaymentOrder, *, note: str) -> None:
    """A treasurer has found the held money a place (the statement's line, a refund) and says which. Twice is once."""
    if not policies.can_settle_order(actor, order):
        raise NotAllowed(_l("This is for a treasurer who did not pay it."))
    note, (least, most) = clean_line(note), NOTE_LENGTH
    if not least <= len(note) <= most:
        raise RuleBroken(_l("Write %(least)s to %(most)s characters.", least=least, most=most), field="note")
    if find_private(note):
        raise RuleBroken(_l("Take the number out: others read this text."), field="note")
    locked = queries.lock_order(order.code)
    if locked is not None and locked.line_code:
        words = _l("Its money lies in suspense as %(code)s. Place it there.", code=locked.line_code)
        raise Conflict(words)
    if locked is None or locked.state is not OrderState.HELD:
        if locked is not None and locked.settled_by == actor.id:
            return
        raise Conflict(_l("This order has moved on meanwhile."))
    locked.settled_by, locked.settled_at, locked.settlement = actor.id, now(), note
    move(locked, OrderState.SETTLED, events.OrderSettled, actor_id=actor.id, reason=note[:100])


def move(
    order: PaymentOrder, target: OrderState, kind: type[events.OrderEvent], *, actor_id: int | None, reason: str = ""
) -> None:
    """Change the state and say so."""
    before, order.state = order.state, target
    db.session.flush()
    tell(kind, order, before=before, actor_id=actor_id, reason=reason)


def tell(
    kind: type[events.OrderEvent],
    order: PaymentOrder,
    *,
    before: OrderState | None,
    actor_id: int | None,
    reason: str = "",
) -> None:
    announce(
        kind(
            actor_id=actor_id, object_code=order.code, order_id=order.id, from_state=before.value if before else "",
            to_state=order.state.value, reason=reason,
        )
    )  # fmt: skip
