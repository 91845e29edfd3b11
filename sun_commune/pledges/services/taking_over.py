"""A claim for money that the charity holds already: it was given for something else and moves here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.core.clock import now, today
from sun_commune.core.codes import random_code
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict
from sun_commune.core.events import announce
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind, NeedLine
from sun_commune.pledges.events import ClaimTakenOver
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState, Shown
from sun_commune.pledges.services.holding import CODE_PREFIX


def allot(lines: Sequence[NeedLine], amount_fen: int) -> dict[int, int]:
    """How much of ``amount_fen`` the need's lines of money can take, line id -> fen, in their order and by their own
    rules (whole or not at all, at least so much). What it sums to may be less than ``amount_fen``, never more."""
    taken: dict[int, int] = {}
    for line in sorted(lines, key=lambda line: line.position):
        if line.kind is not LineKind.MONEY:
            continue
        part = min(amount_fen, line.left)
        is_whole = part == line.asked or line.is_divisible
        is_enough = part >= line.minimum or part == line.left
        if part > 0 and is_whole and is_enough:
            taken[line.id] = part
            amount_fen -= part
    return taken


def take_over(
    *,
    donor_id: int,
    need_id: int,
    wanted: Mapping[int, int],
    given: Claim | None,
    actor_id: int | None,
) -> Claim:
    """A pledged claim of ``wanted`` (need line id -> fen), all or nothing, for money that is there. The caller counts
    it as arrived in the same transaction. Raises what stock.reserve raises; Conflict when the need's time is over.

    ``given`` is the claim that the money was first given with: the donor is shown as was chosen then, and it lies with
    the charity that it was given to.
    """
    need = stock.lock_need(need_id)
    if need.expires_on is not None and need.expires_on < today():
        raise Conflict(_l("The time of this need is over; it takes no more claims."))
    stock.reserve(need_id, wanted)
    moment, day = now(), today()
    claim = Claim(
        code=_free_code(), need_id=need_id, donor_id=donor_id, state=ClaimState.PLEDGED,
        shown=given.shown if given else Shown.ANONYMOUS, display_name=given.display_name if given else "",
        lane_version_id=given.lane_version_id if given else None, message="", created_at=moment, pledged_at=moment,
        half_on=day, due_on=day,
        lines=[ClaimLine(need_line_id=line_id, quantity=fen) for line_id, fen in sorted(wanted.items())],
    )  # fmt: skip
    db.session.add(claim)
    db.session.flush()
    announce(ClaimTakenOver(actor_id=actor_id, object_code=claim.code, claim_id=claim.id, to_state=ClaimState.PLEDGED))
    return claim


def _free_code() -> str:
    while True:
        code = random_code(CODE_PREFIX)
        if db.session.execute(select(Claim.id).where(Claim.code == code)).first() is None:
            return code
