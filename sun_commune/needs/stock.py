"""What is left of a need: the only code that changes ``claimed`` and ``delivered`` of its lines.

Two guards hold the sum of claims within what was asked. First the need's row is locked (PostgreSQL: FOR NO KEY
UPDATE; SQLite: BEGIN IMMEDIATE of ``transaction()``), so claimants of one need queue up. Then one conditional
UPDATE takes the quantities of those lines where they are still there; the CHECK constraints of ``need_lines``
stand behind both. All are Core statements, built once and as few as possible: this is the hot path, and on a busy
server each statement waits for its turn (an ORM trial cost five times as much). Whoever locks other rows too locks
the need first; then two acts never wait for each other in a ring.

Quantities are whole numbers in the line's own unit; money is fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple, cast

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext
from sqlalchemy import (
    BigInteger,
    CursorResult,
    bindparam,
    exists,
    insert,
    literal_column,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db, table_of
from sun_commune.core.errors import Conflict, Missing, NotEnoughLeft, RuleBroken, SunError
from sun_commune.core.events import announce
from sun_commune.core.money import yuan
from sun_commune.needs import listing
from sun_commune.needs.events import NeedProgressed
from sun_commune.needs.models import LineKind, Need, NeedChange, NeedLine
from sun_commune.needs.states import IN_PROGRESS, NeedAct, NeedState, Side, progress_state

NEEDS = table_of(Need)
LINES = table_of(NeedLine)
CHANGES = table_of(NeedChange)
USERS = table_of(User)

_line_id = bindparam("b_line", type_=BigInteger)
_need_id = bindparam("b_need", type_=BigInteger)
_quantity = bindparam("b_quantity", type_=BigInteger)
_this_line = (LINES.c.id == _line_id, LINES.c.need_id == _need_id)

_FIND = select(NEEDS.c.id, NEEDS.c.code, NEEDS.c.state, NEEDS.c.is_open, NEEDS.c.expires_on).where(
    NEEDS.c.id == _need_id
)
_LOCK = _FIND.with_for_update(key_share=True)
_LOCK_FOR_DONOR = _FIND.join(USERS, USERS.c.id == bindparam("b_donor", type_=BigInteger)).with_for_update(
    key_share=True, of=[NEEDS, USERS]
)
_MOVE = update(NEEDS).where(NEEDS.c.id == _need_id)
_NOTE_MOVE = insert(CHANGES).inline()  # nobody asks for its id
_PROGRESS = select(LINES.c.asked, LINES.c.claimed, LINES.c.delivered).where(LINES.c.need_id == _need_id)
_RELEASE = (
    update(LINES)
    .where(*_this_line, LINES.c.claimed - _quantity >= LINES.c.delivered)
    .values(claimed=LINES.c.claimed - _quantity)
)
_DELIVER = (
    update(LINES)
    .where(*_this_line, LINES.c.delivered + _quantity <= LINES.c.claimed)
    .values(delivered=LINES.c.delivered + _quantity)
)
_TAKE_BACK = (
    update(LINES).where(*_this_line, LINES.c.delivered - _quantity >= 0).values(delivered=LINES.c.delivered - _quantity)
)


@cache
def _reserve(count: int) -> ReturningUpdate[Any]:
    """The UPDATE that takes so many lines at once: b_line_0 by b_quantity_0 and so on."""
    numbers = [
        select(bindparam(f"b_line_{place}", type_=BigInteger).label("line_id"),
               bindparam(f"b_quantity_{place}", type_=BigInteger).label("quantity"))
        for place in range(count)
    ]  # fmt: skip
    wanted = union_all(*numbers).cte("wanted")
    quantity = wanted.c.quantity
    # The states stand in the text: as values they would have to be laid into it anew for every claim.
    in_progress = NEEDS.c.state.in_([literal_column(f"'{state}'") for state in sorted(IN_PROGRESS)])
    return (
        update(LINES)
        .where(
            LINES.c.id == wanted.c.line_id,
            LINES.c.need_id == _need_id,
            LINES.c.claimed + quantity <= LINES.c.asked,
            or_(LINES.c.is_divisible, quantity == LINES.c.asked),
            or_(quantity >= LINES.c.minimum, quantity == LINES.c.asked - LINES.c.claimed),
            exists().where(NEEDS.c.id == _need_id, in_progress),
        )
        .values(claimed=LINES.c.claimed + quantity)
        .returning(LINES.c.id, LINES.c.kind)
    )


class LockedNeed(NamedTuple):
    """What the locked row says; ``is_open`` is the flag of the supermarket's list."""

    id: int
    code: str
    state: NeedState
    is_open: bool
    expires_on: date | None


def amount_words(kind: LineKind, quantity: int, unit: str) -> Any:
    """A quantity in the reader's language and the line's unit (lazy): ¥120, 3 hours, 2 床."""
    if kind is LineKind.MONEY:
        return _l("¥%(amount)s", amount=yuan(quantity))
    if kind is LineKind.HOURS:
        return lazy_ngettext("one hour", "%(num)d hours", quantity)
    return f"{quantity:,} {unit}".strip()


def quantity_field(position: int) -> str:
    """Name of the form field in which the quantity of the line at ``position`` is typed."""
    return f"lines-{position}-quantity"


def lock_need(need_id: int, *, donor_id: int | None = None) -> LockedNeed:
    """Lock the need's row until the transaction ends, and read it. The first lock of every act on claims.

    With ``donor_id`` the donor's row is locked behind it, so that two forms of one donor queue up as well.
    """
    lock, rows = (_LOCK, {}) if donor_id is None else (_LOCK_FOR_DONOR, {"b_donor": donor_id})
    row = db.session().execute(lock, {"b_need": need_id, **rows}).first()
    if row is None:
        raise Missing
    return LockedNeed(*row)


def reserve(need_id: int, wanted: Mapping[int, int]) -> dict[int, LineKind]:
    """Take ``wanted`` (line id -> quantity) of what is left, all or nothing; gives back each line's kind.

    The caller holds the lock. Raises NotEnoughLeft, RuleBroken (not divisible, below the minimum), Conflict (the
    need is not open) or Missing, the error at the line's own field; the caller's transaction rolls back.
    """
    values = {"b_need": need_id}
    for place, (line_id, quantity) in enumerate(sorted(wanted.items())):
        values |= {f"b_line_{place}": line_id, f"b_quantity_{place}": quantity}
    kinds = {row.id: row.kind for row in db.session().execute(_reserve(len(wanted)), values)}
    for line_id in sorted(wanted.keys() - kinds.keys()):
        raise _why_not(need_id, line_id, wanted[line_id])
    return kinds


def release(need_id: int, quantities: Mapping[int, int]) -> None:
    """Give back what was reserved and not delivered."""
    _change_lines(_RELEASE, need_id, quantities)


def deliver(need_id: int, quantities: Mapping[int, int]) -> None:
    """Count reserved quantities as delivered."""
    _change_lines(_DELIVER, need_id, quantities)


def take_back(need_id: int, quantities: Mapping[int, int]) -> None:
    """Count delivered quantities as only claimed again (a payment that was booked in error)."""
    _change_lines(_TAKE_BACK, need_id, quantities)


def refresh_progress(need_id: int, *, actor_id: int | None, need: LockedNeed | None = None) -> NeedState:
    """Bring the need's state, timeline and place in the lists in line with its lines, if it is out in the open.

    ``need`` saves reading it again, for a caller that has locked it and changed nothing but lines since.
    """
    need = need or lock_need(need_id)
    if need.state not in IN_PROGRESS:
        return need.state
    lines = db.session().execute(_PROGRESS, {"b_need": need_id}).all()
    state = progress_state((line.asked, line.claimed, line.delivered) for line in lines)
    if state is not need.state:
        _move(need, state, actor_id)
    # A need in the open is listed whatever its progress; only whether something is left of it can have changed.
    if need.is_open != any(line.claimed < line.asked for line in lines):
        listing.relist_id(need_id)
    return state


def _change_lines(statement: Any, need_id: int, quantities: Mapping[int, int]) -> None:
    for line_id in sorted(quantities):
        values = {"b_need": need_id, "b_line": line_id, "b_quantity": quantities[line_id]}
        changed = cast("CursorResult[Any]", db.session().execute(statement, values)).rowcount
        if quantities[line_id] < 1 or changed != 1:
            raise Conflict(_l("Meanwhile something changed here. Load the page again."))


def _move(need: LockedNeed, state: NeedState, actor_id: int | None) -> None:
    session = db.session()
    moment = now()
    session.execute(_MOVE, {"b_need": need.id, "state": state, "updated_at": moment})
    change = {
        "need_id": need.id,
        "at": moment,
        "actor_id": actor_id,
        "act": NeedAct.PROGRESS,
        "side": Side.SYSTEM,
        "from_state": need.state,
        "to_state": state,
    }
    session.execute(_NOTE_MOVE, change)
    announce(
        NeedProgressed(actor_id=actor_id, object_code=need.code, need_id=need.id, from_state=need.state, to_state=state)
    )


def refusal(line: Any, quantity: int, left: int) -> SunError | None:
    """Why ``quantity`` of a line of which ``left`` is free cannot be taken; None if it can.

    ``line`` is a NeedLine or a row with its fields. The words of the guard in reserve, which decides.
    """
    field = quantity_field(line.position)
    if left <= 0:
        return NotEnoughLeft(_l("Nothing is left of this: others have taken it all."), left=0, field=field)
    if quantity > left:
        words = amount_words(line.kind, left, line.unit)
        return NotEnoughLeft(_l("Only %(left)s left. Take at most that.", left=words), left=left, field=field)
    if not line.is_divisible and quantity != line.asked:
        words = amount_words(line.kind, line.asked, line.unit)
        return RuleBroken(_l("This can only be taken whole: %(amount)s.", amount=words), field=field)
    if quantity < line.minimum and quantity != left:
        words = amount_words(line.kind, line.minimum, line.unit)
        return RuleBroken(_l("Take at least %(minimum)s, or all that is left.", minimum=words), field=field)
    return None


def _why_not(need_id: int, line_id: int, quantity: int) -> SunError:
    """The sentence for a quantity that could not be reserved."""
    columns = (LINES.c.position, LINES.c.kind, LINES.c.unit, LINES.c.asked, LINES.c.minimum, LINES.c.is_divisible)
    statement = (
        select(*columns, NEEDS.c.state, (LINES.c.asked - LINES.c.claimed).label("left"))
        .join(NEEDS, NEEDS.c.id == LINES.c.need_id)
        .where(LINES.c.id == line_id, LINES.c.need_id == need_id)
    )
    line = db.session().execute(statement).first()
    if line is None:
        return Missing()
    closed = Conflict(_l("This need takes no claims at the moment."))
    if line.state not in IN_PROGRESS:
        return closed
    return refusal(line, quantity, line.left) or closed
