"""What all acts on deliveries share: lock and read anew, move along the table, count, announce."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import random_code
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, Missing, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, find_private
from sun_commune.deliveries import queries
from sun_commune.deliveries.events import DeliveryEvent
from sun_commune.deliveries.models import Delivery, DeliveryMethod, DeliveryState
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.deliveries.states import DeliveryAct, Party, find_move
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind, Need, NeedLine
from sun_commune.needs.states import NeedState
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState

CODE_PREFIX = "SD"
MOVED_ON = _l("This delivery has moved on meanwhile. Load the page again.")
DAYS_AHEAD = 180
REASON_LENGTH = (5, 100)


def lock_delivery(delivery: Delivery) -> DeliveryView:
    """Lock the need, then read the delivery and all that belongs to it as it stands now."""
    delivery_id = delivery.id
    stock.lock_need(delivery.need_id)
    _read_anew()
    return queries.view_delivery_by_id(delivery_id)


def lock_line(claim_line: ClaimLine) -> tuple[ClaimLine, Claim, NeedLine, Need]:
    """Lock the need, then read the line of a claim with its claim, need line and need."""
    session = db.session()
    line_id = claim_line.id
    claim_id, need_line_id = claim_line.claim_id, claim_line.need_line_id
    need_id = session.get_one(Claim, claim_id).need_id
    stock.lock_need(need_id)
    _read_anew()
    return (
        session.get_one(ClaimLine, line_id),
        session.get_one(Claim, claim_id),
        session.get_one(NeedLine, need_line_id),
        session.get_one(Need, need_id),
    )


def _read_anew() -> None:
    session = db.session()
    session.flush()
    session.expire_all()


def begin_delivery(
    actor: User,
    claim_line: ClaimLine,
    *,
    act: DeliveryAct,
    kinds: frozenset[LineKind],
    quantity: int,
    method: DeliveryMethod,
    planned_on: date | None = None,
    courier: str = "",
    tracking_number: str = "",
) -> DeliveryView:
    """A donor's act that begins a delivery of part of a promise; the claim's date then passes without a release.

    Missing for anybody but the donor; RuleBroken at ``quantity`` if so much is not to be sent any more.
    """
    line, claim, need_line, need = lock_line(claim_line)
    if claim.donor_id != actor.id or need_line.kind not in kinds:
        raise Missing
    if claim.state is not ClaimState.PLEDGED:
        raise Conflict(_l("Nothing is promised in this claim any more."))
    if need.state is NeedState.PAUSED:
        raise Conflict(_l("This need is paused at the moment. Please wait until the county opens it again."))
    move = find_move(act, Party.DONOR, need_line.kind, None)
    if move is None:
        raise Conflict(MOVED_ON)
    check_to_send(line, need_line, quantity)
    delivery = new_delivery(
        line, need, state=move.target, quantity=quantity, method=method, sent_by=actor.id, planned_on=planned_on
    )
    delivery.courier, delivery.tracking_number = courier, tracking_number
    db.session.flush()
    pledges.mark_acted(line.id)
    return queries.view_delivery_by_id(delivery.id)


def new_delivery(
    line: ClaimLine,
    need: Need,
    *,
    state: DeliveryState,
    quantity: int,
    method: DeliveryMethod,
    sent_by: int,
    planned_on: date | None = None,
) -> Delivery:
    delivery = Delivery(
        code=random_code(CODE_PREFIX),
        claim_line_id=line.id,
        need_id=need.id,
        state=state,
        method=method,
        planned_on=planned_on,
        quantity=quantity,
        sent_by=sent_by,
        sent_at=now(),
    )
    db.session.add(delivery)
    return delivery


def to_send(line: ClaimLine) -> int:
    """Promised and not on its way yet, in the line's own unit."""
    return line.outstanding - sum(queries.under_way(delivery) for delivery in queries.deliveries_of(line.id))


def check_to_send(line: ClaimLine, need_line: NeedLine, quantity: int) -> None:
    most = to_send(line)
    if most < 1:
        raise RuleBroken(_l("Everything you promised here is already on its way."), field="quantity")
    if not 1 <= quantity <= most:
        words = stock.amount_words(need_line.kind, most, need_line.unit)
        raise RuleBroken(_l("Only %(left)s of your promise is left to send.", left=words), field="quantity")


def move_delivery(view: DeliveryView, act: DeliveryAct, party: Party) -> DeliveryState:
    """Change the state by the table; gives back the state before. Conflict if the delivery has moved on."""
    before = view.delivery.state
    move = find_move(act, party, view.need_line.kind, before)
    if move is None:
        raise Conflict(MOVED_ON)
    view.delivery.state = move.target
    return before


def count_delivered(view: DeliveryView, actor_id: int | None, quantity: int) -> None:
    """The claim's line is brought by so much; the rest of the delivery is to be sent again."""
    db.session.flush()
    pledges.record_line_delivery(view.claim_line.id, quantity, actor_id)
    settle_line(view)


def settle_line(view: DeliveryView) -> None:
    """Say to the claim whether something of its line is still on its way, and read it anew."""
    db.session.flush()
    is_acted = any(queries.under_way(delivery) for delivery in queries.deliveries_of(view.claim_line.id))
    if not is_acted:
        pledges.mark_idle(view.claim_line.id)
    db.session.expire(view.claim_line)
    db.session.expire(view.claim)


def tell(
    kind: type[DeliveryEvent], view: DeliveryView, actor_id: int | None, before: DeliveryState | None, reason: str = ""
) -> None:
    db.session.flush()
    announce(
        kind(
            actor_id=actor_id,
            object_code=view.delivery.code,
            delivery_id=view.delivery.id,
            from_state=before.value if before else "",
            to_state=view.delivery.state.value,
            reason=reason,
        )
    )


def require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_l("This is for the other side, or for another office, to do."))


def check_day(day: date | None, field: str) -> date:
    """A planned day: today to half a year ahead (Asia/Shanghai)."""
    if day is None:
        raise RuleBroken(_l("Say on which day."), field=field)
    first, last = today(), today() + timedelta(days=DAYS_AHEAD)
    if not first <= day <= last:
        words = _l("Choose a day from %(first)s to %(last)s.", first=first.isoformat(), last=last.isoformat())
        raise RuleBroken(words, field=field)
    return day


def check_text(text: str, field: str, *, least: int, most: int) -> str:
    """A sentence that others read: cleaned, of a length, without private numbers."""
    cleaned = clean_line(text)
    if not least <= len(cleaned) <= most:
        raise RuleBroken(_l("Write %(least)s to %(most)s characters.", least=least, most=most), field=field)
    if find_private(cleaned):
        raise RuleBroken(_l("Take the number out: others read this text."), field=field)
    return cleaned
