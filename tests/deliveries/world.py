"""A pledge to deliver, each act in a transaction of its own, and plain SQL to look at what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text

from sun_commune.accounts.models import User
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.deliveries import services
from sun_commune.deliveries.models import Condition, Delivery, DeliveryMethod, DeliveryState, ValueBasis
from sun_commune.ledger.models import Transfer
from sun_commune.needs.models import LineKind, Need, Subject
from sun_commune.needs.rules import LineInput
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, ClaimLine, Shown
from tests.cast import Cast
from tests.factories import EXPERT_DAYS, FERTILISER_MONEY, HARVEST_HOURS, make_need

BLANKETS = LineInput(kind=LineKind.GOODS, item="电热毯", asked=10, unit="床", unit_price_fen=10_000)
ALL_LINES = (BLANKETS, FERTILISER_MONEY, EXPERT_DAYS, HARVEST_HOURS)
GOODS, MONEY, SERVICE, HOURS = range(4)


def promise(cast: Cast, *quantities: int, need: Need | None = None, donor: User | None = None, **options: Any) -> Claim:
    """A pledge of these quantities of the need's lines (blankets, fen, trainings, hours), the others left out."""
    donor = donor or cast.donor
    need = need or make_need(cast, lines=ALL_LINES, **options)
    wanted = {line.id: quantity for line, quantity in zip(need.lines, quantities, strict=False) if quantity}
    with transaction():
        claim = pledges.hold_claim(donor, need, wanted=wanted)
    with transaction():
        pledges.pledge_claim(donor, claim, due_on=today() + timedelta(days=14), shown=Shown.MASKED)
    return claim


def in_transaction(service: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with transaction():
        return service(*args, **kwargs)


def line_of(claim: Claim, number: int = 0) -> ClaimLine:
    return claim.lines[number]


def send(actor: User, claim: Claim, quantity: int = 2, **values: Any) -> Delivery:
    given = {"method": DeliveryMethod.COURIER, "courier": "顺丰", "tracking_number": "SF1234567890", **values}
    return in_transaction(services.send_goods, actor, line_of(claim), quantity=quantity, **given)


def receive(actor: User, delivery: Delivery, quantity: int = 2, **values: Any) -> Delivery:
    given = {"condition": Condition.GOOD, **values}
    return in_transaction(services.receive_goods, actor, delivery, quantity=quantity, **given)


def accept(actor: User, delivery: Delivery, quantity: int = 2, **values: Any) -> Delivery:
    given = {"value_fen": 20_000, "value_basis": ValueBasis.MARKET, "accepted_for": Subject.VILLAGE, **values}
    return in_transaction(services.accept_goods, actor, delivery, quantity=quantity, **given)


def bring(cast: Cast, claim: Claim, quantity: int = 2) -> Delivery:
    """Sent, received and accepted in full."""
    delivery = send(cast.donor, claim, quantity)
    receive(cast.secretary, delivery, quantity)
    return accept(cast.secretary, delivery, quantity)


def agree(actor: User, claim: Claim, quantity: int = 2, planned_on: date | None = None) -> Delivery:
    return in_transaction(
        services.agree_work, actor, line_of(claim), quantity=quantity, planned_on=planned_on or today()
    )


def report(actor: User, claim: Claim, amount_fen: int) -> Delivery:
    return in_transaction(services.report_payment, actor, line_of(claim), amount_fen=amount_fen)


def record(actor: User, code: str | None, amount_fen: int, **values: Any) -> list[Delivery]:
    given = {"arrived_on": today(), "bank_reference": "BANK0001", **values}
    return in_transaction(services.record_payment, actor, payment_code=code or "", amount_fen=amount_fen, **given)


def stock(need_id: int) -> list[tuple[int, int]]:
    """(claimed, delivered) of each line of the need, by plain SQL."""
    statement = text("SELECT claimed, delivered FROM need_lines WHERE need_id = :id ORDER BY position")
    rows = [tuple(row) for row in db.session.execute(statement, {"id": need_id})]
    db.session.rollback()
    return rows  # type: ignore[return-value]  # two columns


def claim_line(claim: Claim, number: int = 0) -> tuple[int, int, bool]:
    """(delivered, released, is acted on) of a claim's line."""
    line = line_of(claim, number)
    db.session.refresh(line)
    return line.delivered, line.released, line.acted_at is not None


def state(delivery: Delivery) -> DeliveryState:
    db.session.rollback()
    return delivery.state


def transfers() -> list[Transfer]:
    db.session.rollback()
    return list(db.session.execute(select(Transfer).order_by(Transfer.id)).scalars())


def need_code_of(claim: Claim) -> str:
    """Code of the claim's need."""
    code = db.session.get_one(Need, claim.need_id).code
    db.session.rollback()
    return code
