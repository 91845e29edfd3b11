"""What all acts on claims share: the rows under lock, and the two ways to change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect, select, update

from sun_commune.core.db import db, rows_changed, table_of
from sun_commune.core.errors import Conflict, Missing
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind, NeedLine
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState
from sun_commune.pledges.states import may_move

CLAIMS = table_of(Claim)
CLAIM_LINES = table_of(ClaimLine)
NEED_LINES = table_of(NeedLine)

MOVED_ON = _l("Meanwhile something changed here. Load the page again.")


@dataclass(frozen=True)
class LineRow:
    """One line of a claim; quantities in the need line's unit (money: fen)."""

    id: int
    need_line_id: int
    kind: LineKind
    quantity: int
    delivered: int
    released: int
    acted_at: datetime | None

    @property
    def outstanding(self) -> int:
        return self.quantity - self.delivered - self.released


@dataclass(frozen=True)
class ClaimRow:
    """A claim as it stands while its need is locked; ``need`` is the locked need."""

    id: int
    code: str
    donor_id: int
    state: ClaimState
    held_until: datetime | None
    pledged_at: datetime | None
    half_on: date | None
    due_on: date | None
    reminded_half_at: datetime | None
    reminded_last_at: datetime | None
    need: stock.LockedNeed
    lines: tuple[LineRow, ...]

    @property
    def idle_lines(self) -> tuple[LineRow, ...]:
        """Lines of which something is promised and nothing is under way."""
        return tuple(line for line in self.lines if line.outstanding and line.acted_at is None)


_CLAIM_FIELDS = tuple(
    CLAIMS.c[name]
    for name in ("id", "code", "donor_id", "state", "held_until", "pledged_at", "half_on", "due_on",
                 "reminded_half_at", "reminded_last_at")
)  # fmt: skip
_LINE_FIELDS = (
    CLAIM_LINES.c.id,
    CLAIM_LINES.c.need_line_id,
    NEED_LINES.c.kind,
    CLAIM_LINES.c.quantity,
    CLAIM_LINES.c.delivered,
    CLAIM_LINES.c.released,
    CLAIM_LINES.c.acted_at,
)


def row_id(thing: Any) -> int:
    """Row id of a stored object, without reading the row again: a new transaction has expired its attributes."""
    identity = inspect(thing).identity
    return int(identity[0] if identity else thing.id)


def lock_claim(claim_id: int) -> ClaimRow:
    """Lock the claim's need, then read the claim and its lines."""
    session = db.session()
    # Which need a claim is for never changes, so it may be read before the lock.
    need_id = session.execute(select(CLAIMS.c.need_id).where(CLAIMS.c.id == claim_id)).scalar_one_or_none()
    if need_id is None:
        raise Missing
    need = stock.lock_need(need_id)
    claim = session.execute(select(*_CLAIM_FIELDS).where(CLAIMS.c.id == claim_id)).one()
    lines = session.execute(
        select(*_LINE_FIELDS)
        .join(NEED_LINES, NEED_LINES.c.id == CLAIM_LINES.c.need_line_id)
        .where(CLAIM_LINES.c.claim_id == claim_id)
        .order_by(CLAIM_LINES.c.need_line_id)
    )
    return ClaimRow(**claim._mapping, need=need, lines=tuple(LineRow(*line) for line in lines))


def lock_claim_of_line(claim_line_id: int) -> tuple[ClaimRow, LineRow]:
    """As lock_claim, by one of its lines."""
    statement = select(CLAIM_LINES.c.claim_id).where(CLAIM_LINES.c.id == claim_line_id)
    claim_id = db.session().execute(statement).scalar_one_or_none()
    if claim_id is None:
        raise Missing
    claim = lock_claim(claim_id)
    return claim, next(line for line in claim.lines if line.id == claim_line_id)


def change_claim(claim: ClaimRow, *conditions: Any, **values: Any) -> None:
    """Change the claim's row if it is still in the state that was read and the table of moves knows the new one."""
    target = values.get("state", claim.state)
    if target is not claim.state and not may_move(claim.state, target):
        raise Conflict(MOVED_ON)
    statement = update(CLAIMS).where(CLAIMS.c.id == claim.id, CLAIMS.c.state == claim.state, *conditions)
    if rows_changed(db.session(), statement.values(values)) != 1:
        raise Conflict(MOVED_ON)


def change_line(line: LineRow, *conditions: Any, **values: Any) -> None:
    """Change a claim line's row if nobody has changed its quantities since it was read."""
    same = (CLAIM_LINES.c.delivered == line.delivered, CLAIM_LINES.c.released == line.released)
    statement = update(CLAIM_LINES).where(CLAIM_LINES.c.id == line.id, *same, *conditions)
    if rows_changed(db.session(), statement.values(values)) != 1:
        raise Conflict(MOVED_ON)


def give_back(claim: ClaimRow, lines: Iterable[LineRow]) -> Mapping[int, int]:
    """Release all that is outstanding of ``lines``; gives back need line id -> quantity."""
    freed = {}
    for line in lines:
        if line.outstanding:
            change_line(line, released=line.released + line.outstanding)
            freed[line.need_line_id] = line.outstanding
    stock.release(claim.need.id, freed)
    return freed
