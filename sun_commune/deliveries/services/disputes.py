"""Disputes: either side says what is wrong, the county hears both and settles; and reversals made in the ledger."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.deliveries import policies
from sun_commune.deliveries.events import DeliveryDisputed, DeliveryReversed, DisputeSettled
from sun_commune.deliveries.models import Delivery, DeliveryState, Settlement, ValueBasis
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.deliveries.services import closing, goods, steps, work
from sun_commune.deliveries.states import GOODS, MONEY, DeliveryAct, Party, find_move
from sun_commune.ledger import queries as ledger_queries
from sun_commune.ledger import services as ledger
from sun_commune.needs import stock
from sun_commune.pledges import services as pledges

DISPUTE_DAYS = 30


def dispute_delivery(actor: User, delivery: Delivery, *, reason: str) -> Delivery:
    """Donor, village (for money: treasurer) says why something is wrong; it goes to the county's desk."""
    view = steps.lock_delivery(delivery)
    party = _side_of(actor, view)
    least, most = steps.REASON_LENGTH
    reason = steps.check_text(reason, "reason", least=least, most=most)
    before = steps.move_delivery(view, DeliveryAct.DISPUTE, party)
    accepted_at = view.delivery.accepted_at
    if accepted_at is not None and now() - accepted_at > timedelta(days=DISPUTE_DAYS):
        raise Conflict(_l("This was closed more than %(days)s days ago.", days=DISPUTE_DAYS))
    row = view.delivery
    row.disputed_by, row.disputed_at, row.dispute_reason = actor.id, now(), reason
    closing.show_photo(view)
    steps.tell(DeliveryDisputed, view, actor.id, before, reason)
    return row


def _side_of(actor: User, view: DeliveryView) -> Party:
    """The side on which this person may dispute; NotAllowed if on none."""
    kind, state = view.need_line.kind, view.delivery.state
    parties = policies.parties_of(actor, view.claim, view.need, view.donor) - {Party.COUNTY}
    steps.require(bool(parties & ({Party.DONOR, Party.TREASURER} if kind in MONEY else {Party.DONOR, Party.VILLAGE})))
    return next(
        (party for party in sorted(parties) if find_move(DeliveryAct.DISPUTE, party, kind, state)), min(parties)
    )


def settle_dispute(
    actor: User,
    delivery: Delivery,
    *,
    outcome: Settlement,
    text: str,
    quantity: int | None = None,
    value_fen: int | None = None,
    value_basis: ValueBasis | None = None,
) -> Delivery:
    """The county decides: ``quantity`` counts as delivered, or nothing of it does and the donor may bring it again
    (returned) or others may promise it (released). What had been posted is reversed first."""
    view = steps.lock_delivery(delivery)
    steps.require(policies.can_settle(actor, view.need, view.donor, view.delivery))
    least, most = steps.REASON_LENGTH
    text = steps.check_text(text, "text", least=least, most=most)
    act = DeliveryAct.UPHOLD if outcome is Settlement.ACCEPTED else DeliveryAct.SEND_BACK
    if find_move(act, Party.COUNTY, view.need_line.kind, DeliveryState.DISPUTED) is None:
        raise RuleBroken(
            _l("Whether money has arrived, the treasurer alone records. Choose another way."), field="outcome"
        )
    before = steps.move_delivery(view, act, Party.COUNTY)
    at_stake = _take_back(view, actor, text)
    if outcome is Settlement.ACCEPTED:
        _uphold(view, actor, quantity, value_fen, value_basis)
    elif outcome is Settlement.RELEASED:
        _release(view, actor, at_stake, text)
    row = view.delivery
    row.settled_by, row.settled_at, row.settled_as, row.settlement = actor.id, now(), outcome, text
    steps.settle_line(view)
    closing.show_photo(view)
    steps.tell(DisputeSettled, view, actor.id, before, text)
    return row


def _uphold(
    view: DeliveryView, actor: User, quantity: int | None, value_fen: int | None, value_basis: ValueBasis | None
) -> None:
    most = min(view.delivery.quantity, steps.to_send(view.claim_line))
    if quantity is None or not 1 <= quantity <= most:
        words = stock.amount_words(view.need_line.kind, most, view.need_line.unit)
        raise RuleBroken(_l("Enter from 1 to what was sent: %(sent)s.", sent=words), field="quantity")
    if view.need_line.kind not in GOODS:
        work.count_work(view, actor, quantity)
        return
    if value_fen is None:
        raise RuleBroken(_l("Enter the value of all accepted goods, in yuan."), field="value_fen")
    if value_basis is None:
        raise RuleBroken(_l("Say where the value of the goods comes from."), field="value_basis")
    goods.book_goods(view, actor, quantity=quantity, value_fen=value_fen, value_basis=value_basis)


def _release(view: DeliveryView, actor: User, at_stake: int, reason: str) -> None:
    """Give back what the dispute was about; a rest that travels in another delivery stays promised."""
    quantity = min(at_stake, steps.to_send(view.claim_line))
    if quantity:
        pledges.release_line(view.claim_line.id, quantity, actor.id, reason)


def _take_back(view: DeliveryView, actor: User, reason: str) -> int:
    """Undo what counted as delivered, and its entry in the ledger by a reversal. Gives back the quantity that the
    dispute is about: what had counted, or all that was sent."""
    uid = view.delivery.transfer_uid
    at_stake = view.delivery.accepted_quantity or view.delivery.quantity
    _uncount(view, actor.id)
    if uid is not None:
        transfer = ledger_queries.find_transfer(uid)
        if transfer is None:
            raise Conflict(steps.MOVED_ON)
        ledger.reverse_transfer(actor, transfer, reason)
    return at_stake


def _uncount(view: DeliveryView, actor_id: int | None) -> None:
    row = view.delivery
    quantity = row.accepted_quantity
    row.accepted_quantity = row.transfer_uid = row.value_fen = row.value_basis = None
    row.accepted_by = row.accepted_at = None
    db.session.flush()
    if quantity:
        pledges.undo_line_delivery(view.claim_line.id, quantity, actor_id)
        db.session.expire(view.claim_line)


def undo_reversed(delivery: Delivery, *, actor_id: int | None, reason: str) -> Delivery:
    """The ledger took the entry of this delivery back: it counts no longer, and what was promised is promised again."""
    view = steps.lock_delivery(delivery)
    before = steps.move_delivery(view, DeliveryAct.REVERSE, Party.SYSTEM)
    _uncount(view, actor_id)
    view.delivery.bank_reference = None
    steps.settle_line(view)
    closing.show_photo(view)
    steps.tell(DeliveryReversed, view, actor_id, before, reason)
    return view.delivery
