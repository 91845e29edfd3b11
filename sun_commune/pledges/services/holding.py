"""Hold what a donor chose for a while, so that nobody takes it away while the answers are checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Row, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import random_code
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import MAX_FEN
from sun_commune.lanes import services as lanes
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind, Need
from sun_commune.pledges.events import ClaimHeld, HoldChanged
from sun_commune.pledges.models import Claim, ClaimState
from sun_commune.pledges.services.ending import expire_hold
from sun_commune.pledges.services.rows import CLAIM_LINES, CLAIMS, give_back, lock_claim, row_id

CODE_PREFIX = "RL"

# Built once: making a statement costs as much as running it.
_HOLDS = select(CLAIMS.c.id, CLAIMS.c.code, CLAIMS.c.need_id, CLAIMS.c.held_until).where(
    CLAIMS.c.donor_id == bindparam("b_donor", type_=BigInteger), CLAIMS.c.state == ClaimState.HELD
)
_INSERT = {
    is_lite: make(CLAIMS).on_conflict_do_nothing(index_elements=["code"]).returning(CLAIMS.c.id)
    for is_lite, make in ((True, insert_sqlite), (False, insert_pg))
}
# With RETURNING SQLAlchemy sends all rows in one statement.
_INSERT_LINES = insert(CLAIM_LINES).returning(CLAIM_LINES.c.id)


class Held(NamedTuple):
    """A claim that was just held, without reading its row."""

    id: int
    code: str


def hold_claim(actor: User, need: Need, *, wanted: Mapping[int, int]) -> Claim:
    """As hold_lines, with objects."""
    held = hold_lines(donor_id=row_id(actor), need_id=row_id(need), wanted=wanted)
    return db.session().execute(select(Claim).where(Claim.id == held.id)).scalar_one()


def hold_lines(*, donor_id: int, need_id: int, wanted: Mapping[int, int]) -> Held:
    """Hold ``wanted`` (need line id -> quantity) for the donor, all or nothing, for ``hold_minutes``.

    A donor who holds a claim of this need already changes that one: what it held is put back and the new
    quantities are taken in one step, and its time goes on. Raises what stock.reserve raises; RuleBroken when
    nothing is chosen, when money is chosen and no charity can take it, and when the donor holds too many.
    """
    if not wanted:
        raise RuleBroken(_l("Choose at least one line and say how much of it you take on."))
    if not all(1 <= quantity <= MAX_FEN for quantity in wanted.values()):
        raise RuleBroken(_l("Quantities are whole numbers from 1."))
    need = stock.lock_need(need_id, donor_id=donor_id)
    if need.expires_on is not None and need.expires_on < today():
        raise Conflict(_l("The time of this need is over; it takes no more claims."))
    moment = now()
    holds = _holds_of(donor_id)
    mine = next((hold for hold in holds if hold.need_id == need_id), None)
    if mine is not None and expire_hold(mine.id):
        mine, need = None, stock.lock_need(need_id)  # what the ended hold gave back may have changed its state
    if mine is not None:
        return _change_hold(mine, need, wanted)
    if sum(hold.held_until > moment for hold in holds) >= config.current().held_claims:
        raise RuleBroken(_l("You are checking several claims already. Pledge or drop one of them first."))
    _reserve(need_id, wanted)
    held = _insert_claim(donor_id, need_id, moment)
    _insert_lines(held.id, wanted)
    stock.refresh_progress(need_id, actor_id=donor_id, need=need)
    announce(ClaimHeld(actor_id=donor_id, object_code=held.code, claim_id=held.id, to_state=ClaimState.HELD))
    return held


def _holds_of(donor_id: int) -> list[Row[Any]]:
    return list(db.session().execute(_HOLDS, {"b_donor": donor_id}))


def _reserve(need_id: int, wanted: Mapping[int, int]) -> None:
    kinds = stock.reserve(need_id, wanted)
    if LineKind.MONEY in kinds.values():
        lanes.require_account()


def _insert_claim(donor_id: int, need_id: int, moment: datetime) -> Held:
    session = db.session()
    values = {
        "need_id": need_id,
        "donor_id": donor_id,
        "state": ClaimState.HELD,
        "created_at": moment,
        "held_until": moment + timedelta(minutes=config.current().hold_minutes),
    }
    statement = _INSERT[is_sqlite(session)]
    while True:  # among a million claims a random code meets an older one now and then
        code = random_code(CODE_PREFIX)
        row = session.execute(statement, {"code": code, **values}).first()
        if row is not None:
            return Held(row.id, code)


def _insert_lines(claim_id: int, wanted: Mapping[int, int]) -> None:
    rows = [
        {"claim_id": claim_id, "need_line_id": line_id, "quantity": wanted[line_id], "delivered": 0, "released": 0}
        for line_id in sorted(wanted)
    ]
    db.session().execute(_INSERT_LINES, rows)


def _change_hold(mine: Row[Any], need: stock.LockedNeed, wanted: Mapping[int, int]) -> Held:
    claim = lock_claim(mine.id)
    give_back(claim, claim.lines)
    _reserve(need.id, wanted)
    db.session().execute(delete(CLAIM_LINES).where(CLAIM_LINES.c.claim_id == claim.id))
    _insert_lines(claim.id, wanted)
    stock.refresh_progress(need.id, actor_id=claim.donor_id)
    announce(
        HoldChanged(
            actor_id=claim.donor_id,
            object_code=claim.code,
            claim_id=claim.id,
            from_state=ClaimState.HELD,
            to_state=ClaimState.HELD,
        )
    )
    return Held(claim.id, claim.code)
