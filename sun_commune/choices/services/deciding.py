"""The donor chooses; or, when the last day is over, the announced default does.

Charity Law, art. 56: what was given for one purpose serves another one only with the donor's consent. Art. 58: what is
left when the purpose has ended goes as was agreed beforehand; here the default, named before the gift, again when the
choice opens, and in public.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.choices import queries, targets
from sun_commune.choices.events import ChoiceMoved, ChoiceOpened, ChoiceReduced, RefundChosen
from sun_commune.choices.models import Choice, ChoiceState, Route
from sun_commune.choices.services import opening
from sun_commune.choices.services.rows import MOVED_ON, donor_of, lock_choice, new_choice, tell
from sun_commune.choices.shares import NOBODY
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, Missing, RuleBroken
from sun_commune.core.money import yuan
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger import services as ledger
from sun_commune.ledger.queries import Stamp
from sun_commune.ledger.services import moving
from sun_commune.needs import stock
from sun_commune.needs.models import Need
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim
from sun_commune.statements import services as statements

NOT_TO_NEED = _l("This need cannot take it: it is not open for money, or you have a part in it.")
SIMILAR = "similar"


def choose(
    actor: User, choice: Choice, *, route: Route, to_need_code: str = "", amount_fen: int | None = None
) -> Choice:
    """The donor says what becomes of the money, or of ``amount_fen`` of it; the rest stays open until the same day.

    A refund waits for the treasurer; a move is done at once. Missing for anybody but the donor; Conflict when it has
    been decided, or used as promised, meanwhile; RuleBroken at ``to_need_code`` or ``amount_fen``.
    """
    choice_id, target = choice.id, None
    if route is Route.NEED:
        target = targets.find_target(to_need_code, choice, actor)
        if target is None:
            raise RuleBroken(NOT_TO_NEED, field="to_need_code")
        _lock_need(target.need)
    goes_to = {Route.REFUND: None, Route.POOL: "", Route.NEED: target.need.code if target else None}
    row = lock_choice(choice_id, to_need_code=goes_to[route])
    if row.donor_id != actor.id:
        raise Missing
    if row.state is not ChoiceState.OPEN or not _is_left(row):
        raise Conflict(MOVED_ON)
    _split(row, row.amount_fen if amount_fen is None else amount_fen, actor.id)
    if route is Route.REFUND:
        _decide(row, route, actor.id)
        row.state = ChoiceState.CHOSEN
        tell(RefundChosen, row, actor_id=actor.id)
    elif target is not None:
        _move_to_need(row, target.need, actor.id)
    else:
        _move_to_pool(row, actor.id)
    return row


def take_default(choice_id: int) -> bool:
    """The last day is over: the default that was announced. False: it was decided before, or has time left."""
    row = db.session.get_one(Choice, choice_id)
    target = _default_need(row)
    if target is not None:
        _lock_need(target)
    row = lock_choice(choice_id, to_need_code=target.code if target else "")
    if row.state is not ChoiceState.OPEN or row.due_on >= today():
        return False
    if row.source_code:
        opening.settle_line(row.source_code, actor_id=None)
    else:
        opening.settle_fund(row.need_code, occasion=row.occasion, actor_id=None)
    if _has_lapsed(row):
        return True
    # Read under the lock: somebody else may have filled the need meanwhile.
    if target is not None and sum(pledges.allot(target.lines, row.amount_fen).values()) == row.amount_fen:
        _move_to_need(row, target, None)
    else:
        _move_to_pool(row, None)
    return True


def _has_lapsed(row: Choice) -> bool:
    return row.state is ChoiceState.LAPSED


def _default_need(row: Choice) -> Need | None:
    """Whose gift it was must be known: a claim on the other need is that donor's."""
    if config.current().choice_default != SIMILAR or row.donor_id is None or _seen_by(row) is None:
        return None
    target = targets.similar(row, donor_of(row))
    return target.need if target else None


def _lock_need(need: Need) -> None:
    stock.lock_need(need.id)
    db.session.refresh(need)
    for line in need.lines:
        db.session.refresh(line)


def _is_left(row: Choice) -> bool:
    """All that waits of this gift is still there, and no paper waits for it."""
    if row.source_code:
        return True  # the line itself says so when the money leaves it
    claim_code = row.claim_code or NOBODY
    waiting = sum(
        choice.amount_fen
        for choice in queries.open_choices(row.need_code)
        if (choice.claim_code or NOBODY) == claim_code
    )
    return queries.shares_of(row.need_code).get(claim_code, 0) >= waiting


def _split(row: Choice, amount_fen: int, actor_id: int | None) -> Choice:
    """Let ``row`` be about so much; gives back the choice about the rest, with the same last day, or ``row`` itself
    when there is no rest."""
    if amount_fen == row.amount_fen:
        return row
    if not 1 <= amount_fen < row.amount_fen:
        words = _l("Enter at most ¥%(amount)s: that is what there is.", amount=yuan(row.amount_fen))
        raise RuleBroken(words, field="amount_fen")
    rest = row.amount_fen - amount_fen
    row.amount_fen = amount_fen
    tell(ChoiceReduced, row, actor_id=actor_id)
    same = {"opened_at": row.opened_at, "due_on": row.due_on, "reminded_at": row.reminded_at}
    other = new_choice(amount_fen=rest, occasion=row.occasion, like=row, **same)
    tell(ChoiceOpened, other, actor_id=actor_id)
    return other


def _decide(row: Choice, route: Route, actor_id: int | None) -> None:
    row.route, row.decided_at, row.decided_by = route, now(), actor_id


def _finish(row: Choice, route: Route, actor_id: int | None, uid: str, *, need_code: str = "") -> None:
    """Before the entry is posted: whoever hears of that finds nothing open here any more."""
    _decide(row, route, actor_id)
    row.state, row.ended_at, row.transfer_uid, row.to_need_code = ChoiceState.DONE, now(), uid, need_code
    db.session.flush()


def _move_to_pool(row: Choice, actor_id: int | None) -> None:
    uid = ledger.new_uid()
    _finish(row, Route.POOL, actor_id, uid)
    _post(row, uid, actor_id=actor_id, to_stamp=moving.NOWHERE)
    tell(ChoiceMoved, row, actor_id=actor_id)


def _move_to_need(row: Choice, need: Need, actor_id: int | None) -> None:
    """By a claim of the same donor on the other need, so that it can never get more than it asked for."""
    wanted = pledges.allot(need.lines, row.amount_fen)
    if sum(wanted.values()) != row.amount_fen:
        words = _l("This need can take ¥%(amount)s of it.", amount=yuan(sum(wanted.values())))
        raise RuleBroken(words, field="amount_fen")
    seen_by, donor_id = _seen_by(row), row.donor_id
    if seen_by is None or donor_id is None:
        raise RuleBroken(_l("Nobody recorded who gave this, so it can only go to the pool."), field="route")
    given = queries.find_claim(row.claim_code or "")
    for line_id, part in wanted.items():  # each line by a choice, a claim and an entry of its own
        rest = _split(row, part, actor_id)
        claim = pledges.take_over(
            donor_id=donor_id, need_id=need.id, wanted={line_id: part}, given=given, actor_id=actor_id
        )
        row.to_claim_code = claim.code
        deliveries.count_moved(claim, seen_by=seen_by, actor_id=actor_id, post=_poster(row, need, claim, actor_id))
        tell(ChoiceMoved, row, actor_id=actor_id)
        row = rest


def _seen_by(row: Choice) -> User | None:
    return deliveries.who_saw_arrive(row.claim_code) if row.claim_code else None


def _poster(row: Choice, need: Need, claim: Claim, actor_id: int | None) -> Callable[[Delivery, str], Any]:
    stamp = Stamp(need.county_code, need.category.value)

    def post(delivery: Delivery, uid: str) -> Any:
        _finish(row, Route.NEED, actor_id, uid, need_code=need.code)
        return _post(
            row, uid, actor_id=actor_id, to_stamp=stamp, delivery_code=delivery.code, donor_shown=claim.display_name
        )

    return post


def _post(
    row: Choice,
    uid: str,
    *,
    actor_id: int | None,
    to_stamp: Stamp,
    delivery_code: str | None = None,
    donor_shown: str = "",
) -> Any:
    """The entry: out of the fund, or out of what is unmatched of its statement line. A moved one names the claim that
    the money was first given with, a matched one its first: the claim on the other need."""
    if row.source_code:
        return statements.move_suspense(
            actor_id=actor_id, uid=uid, line_code=row.source_code, amount_fen=row.amount_fen,
            need_code=row.to_need_code, stamp=to_stamp, claim_code=row.to_claim_code or row.claim_code,
            delivery_code=delivery_code, donor_shown=donor_shown,
        )  # fmt: skip
    return moving.move_money(
        actor_id=actor_id, uid=uid, need_code=row.need_code, stamp=Stamp(row.county_code, row.category),
        to_need_code=row.to_need_code, to_stamp=to_stamp, amount_fen=row.amount_fen, claim_code=row.claim_code,
        delivery_code=delivery_code, donor_shown=donor_shown,
    )  # fmt: skip
