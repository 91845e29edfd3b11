"""Goods: sent by the donor, received by the village, accepted for household or village at a value with its basis."""

from __future__ import annotations

import re
from datetime import date

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.core.money import MAX_FEN
from sun_commune.core.text import clean_line, to_half_width
from sun_commune.deliveries import policies
from sun_commune.deliveries.events import GoodsAccepted, GoodsReceived, GoodsSent
from sun_commune.deliveries.models import Condition, Delivery, DeliveryMethod, ValueBasis
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.deliveries.services import closing, steps
from sun_commune.deliveries.states import GOODS, DeliveryAct, Party
from sun_commune.ledger import services as ledger
from sun_commune.needs import stock
from sun_commune.needs.models import Subject
from sun_commune.pledges.models import ClaimLine

TRACKING = re.compile(r"[A-Z0-9][A-Z0-9-]{3,39}")


def send_goods(
    actor: User,
    claim_line: ClaimLine,
    *,
    quantity: int,
    method: DeliveryMethod,
    courier: str = "",
    tracking_number: str = "",
    planned_on: date | None = None,
) -> Delivery:
    """The donor has handed a parcel to a courier, or brings it on a day. Its code is written on the parcel."""
    if method is DeliveryMethod.COURIER:
        courier, tracking_number = _check_courier(courier, tracking_number)
        planned_on = None
    elif method is DeliveryMethod.FACE_TO_FACE:
        courier = tracking_number = ""
        planned_on = steps.check_day(planned_on, "planned_on")
    else:
        raise RuleBroken(_l("Choose how the goods travel."), field="method")
    view = steps.begin_delivery(
        actor, claim_line, act=DeliveryAct.SEND, kinds=GOODS, quantity=quantity, method=method,
        planned_on=planned_on, courier=courier, tracking_number=tracking_number,
    )  # fmt: skip
    steps.tell(GoodsSent, view, view.delivery.sent_by, None)
    return view.delivery


def _check_courier(courier: str, tracking_number: str) -> tuple[str, str]:
    name = clean_line(courier)
    if not 2 <= len(name) <= 40:
        raise RuleBroken(_l("Name the courier, in 2 to 40 characters."), field="courier")
    number = to_half_width(clean_line(tracking_number)).replace(" ", "").upper()
    if not TRACKING.fullmatch(number):
        raise RuleBroken(_l("Enter the tracking number: 4 to 40 letters, digits and hyphens."), field="tracking_number")
    return name, number


def receive_goods(
    actor: User,
    delivery: Delivery,
    *,
    quantity: int,
    condition: Condition,
    note: str = "",
    photo_id: int | None = None,
    photo_shows_person: bool = False,
) -> Delivery:
    """The village has the parcel in hand. ``quantity``: what is in it, at most what was sent."""
    view = steps.lock_delivery(delivery)
    steps.require(policies.is_village_side(actor, view.need, view.donor))
    before = steps.move_delivery(view, DeliveryAct.RECEIVE, Party.VILLAGE)
    row = view.delivery
    if not 1 <= quantity <= row.quantity:
        words = stock.amount_words(view.need_line.kind, row.quantity, view.need_line.unit)
        raise RuleBroken(_l("Only %(sent)s was sent. Enter from 1 to that.", sent=words), field="quantity")
    row.received_quantity, row.condition = quantity, condition
    row.received_by, row.received_at = actor.id, now()
    row.note = steps.check_text(note, "note", least=0, most=200)
    row.photo_id, row.photo_shows_person = photo_id, photo_shows_person
    steps.tell(GoodsReceived, view, actor.id, before)
    return row


def accept_goods(
    actor: User,
    delivery: Delivery,
    *,
    quantity: int,
    value_fen: int,
    value_basis: ValueBasis,
    accepted_for: Subject,
) -> Delivery:
    """Household or village takes the goods over: they stand in the ledger from now on, at ``value_fen`` for all of
    ``quantity``. What was sent and is not accepted is promised again."""
    view = steps.lock_delivery(delivery)
    steps.require(policies.is_village_side(actor, view.need, view.donor))
    before = steps.move_delivery(view, DeliveryAct.ACCEPT, Party.VILLAGE)
    if accepted_for is Subject.HOUSEHOLD and view.need.subject is not Subject.HOUSEHOLD:
        raise RuleBroken(_l("This need belongs to the village; no household is named in it."), field="accepted_for")
    most = view.delivery.received_quantity or 0
    if not 1 <= quantity <= most:
        words = stock.amount_words(view.need_line.kind, most, view.need_line.unit)
        raise RuleBroken(
            _l("Only %(received)s was received. Enter from 1 to that; if nothing can be kept, open a dispute.",
               received=words),
            field="accepted_quantity",
        )  # fmt: skip
    view.delivery.accepted_for = accepted_for
    book_goods(view, actor, quantity=quantity, value_fen=value_fen, value_basis=value_basis)
    closing.show_photo(view)
    steps.tell(GoodsAccepted, view, actor.id, before)
    return view.delivery


def book_goods(view: DeliveryView, actor: User, *, quantity: int, value_fen: int, value_basis: ValueBasis) -> None:
    """Count goods as delivered and post them, at the accepted value."""
    row = view.delivery
    if not 1 <= value_fen <= MAX_FEN:
        raise RuleBroken(_l("Enter the value of all accepted goods, in yuan."), field="value_fen")
    row.accepted_quantity, row.accepted_by, row.accepted_at = quantity, actor.id, now()
    row.value_fen, row.value_basis = value_fen, value_basis
    row.transfer_uid = ledger.new_uid()
    ledger.post_goods(
        actor_id=actor.id,
        uid=row.transfer_uid,
        need_code=view.need.code,
        county_code=view.need.county_code,
        category=view.need.category.value,
        item=view.need_line.item,
        quantity=quantity,
        unit=view.need_line.unit,
        value_fen=value_fen,
        value_basis=value_basis.value,
        business_on=today(),
        claim_code=view.claim.code,
        delivery_code=row.code,
        donor_shown=view.claim.display_name,
    )
    db.session.flush()
    steps.count_delivered(view, actor.id, quantity)
