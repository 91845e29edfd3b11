"""Service and hours: a day agreed, done by the donor, confirmed by the village. Nothing of it enters the ledger."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.errors import RuleBroken
from sun_commune.deliveries import policies
from sun_commune.deliveries.events import WorkAgreed, WorkConfirmed, WorkDone
from sun_commune.deliveries.models import Delivery, DeliveryMethod
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.deliveries.services import steps
from sun_commune.deliveries.states import WORK, DeliveryAct, Party
from sun_commune.needs import stock
from sun_commune.pledges.models import ClaimLine


def agree_work(actor: User, claim_line: ClaimLine, *, quantity: int, planned_on: date) -> Delivery:
    """The donor enters the day agreed with the village."""
    day = steps.check_day(planned_on, "planned_on")
    view = steps.begin_delivery(
        actor, claim_line, act=DeliveryAct.AGREE, kinds=WORK, quantity=quantity,
        method=DeliveryMethod.FACE_TO_FACE, planned_on=day,
    )  # fmt: skip
    steps.tell(WorkAgreed, view, view.delivery.sent_by, None)
    return view.delivery


def mark_done(actor: User, delivery: Delivery) -> Delivery:
    """The donor says that the work is done."""
    view = steps.lock_delivery(delivery)
    steps.require(policies.is_donor(actor, view.claim))
    before = steps.move_delivery(view, DeliveryAct.MARK_DONE, Party.DONOR)
    view.delivery.done_at = now()
    steps.tell(WorkDone, view, actor.id, before)
    return view.delivery


def confirm_work(actor: User, delivery: Delivery, *, quantity: int) -> Delivery:
    """The village confirms how much was done; the rest is promised again."""
    view = steps.lock_delivery(delivery)
    steps.require(policies.is_village_side(actor, view.need, view.donor))
    before = steps.move_delivery(view, DeliveryAct.CONFIRM, Party.VILLAGE)
    if not 1 <= quantity <= view.delivery.quantity:
        words = stock.amount_words(view.need_line.kind, view.delivery.quantity, view.need_line.unit)
        raise RuleBroken(_l("Only %(agreed)s was agreed. Enter from 1 to that.", agreed=words), field="quantity")
    view.delivery.received_quantity = quantity
    view.delivery.received_by, view.delivery.received_at = actor.id, now()
    count_work(view, actor, quantity)
    steps.tell(WorkConfirmed, view, actor.id, before)
    return view.delivery


def count_work(view: DeliveryView, actor: User, quantity: int) -> None:
    row = view.delivery
    row.accepted_quantity, row.accepted_by, row.accepted_at = quantity, actor.id, now()
    steps.count_delivered(view, actor.id, quantity)
