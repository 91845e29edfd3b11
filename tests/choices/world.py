"""Gifts whose need has ended, and short ways to do what donors, treasurers and the clock do next."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.choices import services
from sun_commune.choices.models import Choice, ChoiceState, Route
from sun_commune.core import selfcheck
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.deliveries import services as deliveries
from sun_commune.ledger import queries as books
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.needs import services as needs
from sun_commune.needs.models import Category, LineKind, Need
from sun_commune.needs.rules import LineInput
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, Shown
from tests.cast import Cast
from tests.factories import make_need

REASON = "核实后发现情况有变"


def money_need(cast: Cast, asked: int = 200_000, **content: Any) -> Need:
    """An open need that asks for so many fen."""
    options = {key: content.pop(key) for key in ("is_divisible", "minimum") if key in content}
    line = LineInput(kind=LineKind.MONEY, item="化肥款", asked=asked, **options)
    content.setdefault("category", Category.PRODUCTION_TECHNOLOGY)
    return make_need(cast, lines=(line, *content.pop("more", ())), **content)


def promise(donor: User, need: Need, amount_fen: int, **changes: Any) -> Claim:
    wanted = {need.lines[0].id: amount_fen}
    with transaction():
        claim = pledges.hold_claim(donor, need, wanted=wanted)
    with transaction():
        pledges.pledge_claim(donor, claim, due_on=today() + timedelta(days=14), **{"shown": Shown.MASKED, **changes})
    return claim


def arrive(treasurer: User, claim: Claim, amount_fen: int) -> None:
    """The treasurer sees it in the account."""
    with transaction():
        deliveries.record_payment(
            treasurer, payment_code=claim.payment_code or "", amount_fen=amount_fen, arrived_on=today(),
            bank_reference=f"B{secrets.token_hex(6)}",
        )  # fmt: skip


def give(cast: Cast, need: Need, amount_fen: int, donor: User | None = None, **changes: Any) -> Claim:
    """Claimed, pledged and arrived."""
    donor, treasurer = donor or cast.donor, cast.treasurer
    claim = promise(donor, need, amount_fen, **changes)
    arrive(treasurer, claim, amount_fen)
    return claim


def withdraw(cast: Cast, need: Need) -> None:
    administrator = cast.administrator
    with transaction():
        needs.withdraw_need(administrator, need, REASON)


def left_over(cast: Cast, amount_fen: int = 50_000, **content: Any) -> tuple[Need, Claim, Choice]:
    """A gift whose need was withdrawn after it came: the donor's choice is open."""
    need = money_need(cast, **content)
    claim = give(cast, need, amount_fen)
    withdraw(cast, need)
    (choice,) = choices(claim_code=claim.code)
    return need, claim, choice


def act(service: Callable[..., Any], *args: Any, **values: Any) -> Any:
    with transaction():
        return service(*args, **values)


def choose(actor: User, choice: Choice, route: Route, **values: Any) -> Choice:
    answer: Choice = act(services.choose, actor, choice, route=route, **values)
    return answer


def send(actor: User, choice: Choice, **values: Any) -> Choice:
    """The treasurer has sent it back."""
    given = {"bank_reference": "REFUND-0001", "paid_on": today(), **values}
    sent: Choice = act(services.record_refund, actor, choice, **given)
    return sent


def refund(cast: Cast, choice: Choice, reference: str = "REFUND-0001") -> Choice:
    """Sent by the treasurer, seen by the second one."""
    payer, checker = cast.treasurer, cast.second_treasurer
    send(payer, choice, bank_reference=reference)
    done: Choice = act(services.confirm_refund, checker, choice)
    return done


def choices(**values: Any) -> list[Choice]:
    db.session.rollback()
    statement = select(Choice).order_by(Choice.id)
    for name, value in values.items():
        statement = statement.where(getattr(Choice, name) == value)
    return list(db.session.execute(statement).scalars())


def open_fen(need: Need) -> dict[str | None, int]:
    """Claim code -> fen that wait for its donor."""
    found: dict[str | None, int] = {}
    for choice in choices(need_code=need.code, state=ChoiceState.OPEN):
        found[choice.claim_code] = found.get(choice.claim_code, 0) + choice.amount_fen
    return found


def entries(kind: TransferKind) -> list[Transfer]:
    db.session.rollback()
    return list(db.session.execute(select(Transfer).where(Transfer.kind == kind).order_by(Transfer.id)).scalars())


def held(need_code: str) -> int:
    """Fen in the need's fund; in the pool for ""."""
    fen = books.fund_balance(need_code)
    db.session.rollback()
    return fen


def stock(need: Need) -> tuple[int, int]:
    """(claimed, delivered) of the need's line of money."""
    db.session.rollback()
    db.session.refresh(need.lines[0])
    return need.lines[0].claimed, need.lines[0].delivered


def findings() -> list[str]:
    """What any check of the whole house finds."""
    with selfcheck.watch():
        return [str(finding) for finding in selfcheck.find_all(selfcheck.all_checks())]
