"""Money that lies in suspense gets its purpose, by a treasurer's decision or by a feature that let a donor choose."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.errors import Missing, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import yuan
from sun_commune.core.text import clean_line, to_half_width
from sun_commune.deliveries import queries as deliveries_queries
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.services.money import find_payment
from sun_commune.ledger import neighbours
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.queries import Stamp
from sun_commune.ledger.services.moving import NOWHERE
from sun_commune.needs import stock
from sun_commune.pledges.models import Claim
from sun_commune.pledges.services.holding import CODE_PREFIX
from sun_commune.statements import policies, queries
from sun_commune.statements.events import SuspensePlaced
from sun_commune.statements.models import LineState, StatementLine


def place_on_claim(actor: User, line: StatementLine, *, code: str, amount_fen: int) -> StatementLine:
    """So many fen of the line are for this claim (its payment code or its own code): posted, and counted as delivered.

    One transfer for several pledges is placed part by part. RuleBroken at ``code`` or ``amount_fen``; NotAllowed for
    who has a part in the need.
    """
    require(policies.can_import(actor))
    claim = _find_claim(code)
    stock.lock_need(claim.need_id)
    line = lock_line(line)
    check_free(line, amount_fen)
    arrival = deliveries.Arrival(
        line.booked_on, line.reference or line.code, source_code=line.code, is_in_suspense=True
    )
    try:
        booked = deliveries.record_statement_payment(actor, claim, amount_fen=amount_fen, arrival=arrival)
    except RuleBroken as error:
        field = "code" if error.field == "payment_code" else error.field
        raise RuleBroken(error.message, field=field) from error
    view = deliveries_queries.view_delivery(booked[0].code)
    _leave(line, amount_fen, actor_id=actor.id, need_code=view.need.code, claim_code=view.claim.code)
    return line


def _find_claim(text: str) -> Claim:
    code = to_half_width(clean_line(text)).upper().replace(" ", "")
    try:
        if code.startswith(CODE_PREFIX):
            return deliveries_queries.find_claim(code)
        return find_payment(code)
    except RuleBroken as error:
        raise RuleBroken(error.message, field="code") from error
    except Missing as error:
        raise RuleBroken(_l("No claim has this code."), field="code") from error


def place_in_pool(actor: User, line: StatementLine, *, amount_fen: int) -> Transfer:
    """So many fen of the line are for the general pool: money that was given without a purpose."""
    require(policies.can_import(actor))
    return move_suspense(actor_id=actor.id, line_code=line.code, amount_fen=amount_fen)


def move_suspense(
    *,
    actor_id: int | None,
    line_code: str,
    amount_fen: int,
    need_code: str = "",
    stamp: Stamp = NOWHERE,
    claim_code: str | None = None,
    delivery_code: str | None = None,
    donor_shown: str = "",
    uid: str = "",
) -> Transfer:
    """Unmatched money of a line goes to a need's fund (the pool for ""), posted today; whoever calls this has asked who
    may decide it. ``stamp`` is the need's county and category, ``delivery_code`` the delivery by which it counts there.
    RuleBroken if less is free."""
    line = lock_line(queries.get_line(line_code))
    check_free(line, amount_fen)
    transfer = ledger.post_matched(
        actor_id=actor_id, uid=uid or ledger.new_uid(), source_code=line.code, amount_fen=amount_fen,
        need_code=need_code, stamp=stamp, claim_code=claim_code, delivery_code=delivery_code, donor_shown=donor_shown,
    )  # fmt: skip
    _leave(line, amount_fen, actor_id=actor_id, need_code=need_code, claim_code=claim_code or "")
    return transfer


def return_suspense(
    *,
    actor_id: int | None,
    line_code: str,
    amount_fen: int,
    reason: str,
    uid: str = "",
    business_on: date | None = None,
) -> Transfer:
    """Unmatched money of a line went back to where it came from, today unless said otherwise; two people have agreed
    before this is called (returns.approve_return, or another feature's own pair). RuleBroken if less is free."""
    line = lock_line(queries.get_line(line_code))
    check_free(line, amount_fen)
    transfer = ledger.send_back(
        actor_id=actor_id, uid=uid or ledger.new_uid(), source_code=line.code, amount_fen=amount_fen,
        business_on=business_on or today(), reason=reason,
    )  # fmt: skip
    take_open(line, amount_fen)
    return transfer


def lock_line(line: StatementLine) -> StatementLine:
    """Read the line under its lock: of two who place its money the second sees what is left."""
    db.session.flush()
    statement = select(StatementLine).where(StatementLine.id == line.id).with_for_update()
    return db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()


def lock_line_of(code: str) -> None:
    """As lock_line, of the line of this code, if there is one."""
    line = queries.find_line(code)
    if line is not None:
        lock_line(line)


def check_free(line: StatementLine, amount_fen: int) -> None:
    """What no drafted return waits for, and no donor has asked back, may be placed."""
    free = line.open_fen - queries.reserved_fen(line.id) - neighbours.promised_back(line.code)
    if free < 1:
        raise RuleBroken(_l("Nothing of this line is unmatched any more."), field="amount_fen")
    if not 1 <= amount_fen <= free:
        raise RuleBroken(_l("Only ¥%(amount)s of this line are unmatched.", amount=yuan(free)), field="amount_fen")


def take_open(line: StatementLine, amount_fen: int) -> None:
    line.open_fen -= amount_fen
    line.state = LineState.OPEN if line.open_fen else LineState.PLACED
    db.session.flush()


def _leave(line: StatementLine, amount_fen: int, *, actor_id: int | None, need_code: str, claim_code: str) -> None:
    take_open(line, amount_fen)
    announce(
        SuspensePlaced(
            actor_id=actor_id, object_code=line.code, amount_fen=amount_fen, need_code=need_code,
            claim_code=claim_code, to_state=line.state.value, reason=claim_code or need_code,
        )
    )  # fmt: skip


def require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed
