"""A published need to claim from, and plain SQL to look at what became of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.needs import listing
from sun_commune.needs.models import Category, LineKind, Need, NeedLine, Subject
from sun_commune.needs.states import NeedState
from sun_commune.pledges import services
from sun_commune.pledges.models import Claim, Shown
from tests.cast import JINLU, Cast

BLANKETS: dict[str, Any] = {"kind": LineKind.GOODS, "item": "电热毯", "unit": "床", "asked": 10}
OVEN: dict[str, Any] = {"kind": LineKind.GOODS, "item": "烤火炉", "unit": "台", "asked": 2, "is_divisible": False}
FEES: dict[str, Any] = {"kind": LineKind.MONEY, "item": "治疗费", "asked": 500_000, "minimum": 10_000}
HOURS: dict[str, Any] = {"kind": LineKind.HOURS, "item": "助耕", "asked": 8}


def publish_need(cast: Cast, *lines: dict[str, Any], code: str = "XQ-2026-00001", **values: Any) -> Need:
    """A need in the open with these lines (ten blankets if none are given), without the way through the offices."""
    author, reviewer, publisher = cast.secretary, cast.reviewer, cast.administrator
    need = Need(
        code=code,
        village_code=JINLU,
        township_code=JINLU[:9],
        county_code=JINLU[:6],
        subject=Subject.VILLAGE,
        category=Category.DAILY_NECESSITIES,
        title="村里过冬要用的东西",
        author_id=author.id,
        township_reviewer_id=reviewer.id,
        publisher_id=publisher.id,
        state=NeedState.PUBLISHED,
        created_at=now(),
        updated_at=now(),
        published_at=now(),
        expires_on=today() + timedelta(days=180),
        lines=[NeedLine(position=number, **line) for number, line in enumerate(lines or (BLANKETS,), start=1)],
    )
    for name, value in values.items():
        setattr(need, name, value)
    with transaction(audited=False) as session:
        session.add(need)
        listing.relist(need)
    return need


def hold(actor: User, need: Need, *quantities: int) -> Claim:
    """Hold these quantities of the need's lines, in order; 0 leaves a line out."""
    wanted = {line.id: quantity for line, quantity in zip(need.lines, quantities, strict=False) if quantity}
    with transaction():
        return services.hold_claim(actor, need, wanted=wanted)


def pledge(actor: User, claim: Claim, *, due_on: date | None = None, shown: Shown = Shown.MASKED) -> Claim:
    with transaction():
        services.pledge_claim(actor, claim, due_on=due_on or today() + timedelta(days=14), shown=shown)
    return claim


def pledged(actor: User, need: Need, *quantities: int, due_on: date | None = None) -> Claim:
    return pledge(actor, hold(actor, need, *quantities), due_on=due_on)


def stock_of(need: Need) -> list[tuple[int, int]]:
    """(claimed, delivered) of each line, by plain SQL."""
    statement = text("SELECT claimed, delivered FROM need_lines WHERE need_id = :id ORDER BY position")
    rows = db.session.execute(statement, {"id": need.id}).all()
    db.session.rollback()
    return [(row[0], row[1]) for row in rows]


def state_of(need: Need) -> str:
    state: str = db.session.execute(text("SELECT state FROM needs WHERE id = :id"), {"id": need.id}).scalar_one()
    db.session.rollback()
    return state


def acts() -> list[str]:
    """The audit trail, oldest first."""
    rows = db.session.execute(text("SELECT act FROM audit_entries ORDER BY id")).scalars().all()
    db.session.rollback()
    return list(rows)
