"""What must always hold of claims, for the self-check: plain reads of the whole tables, a few findings each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select

from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.selfcheck import MOST_FINDINGS, Check
from sun_commune.needs.models import Need, NeedLine
from sun_commune.needs.states import IN_PROGRESS, NeedState
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState
from sun_commune.pledges.states import MOVES

#: A hold this long over its time says that the job which ends holds does not run.
LATE = timedelta(hours=1)

_promised = func.coalesce(func.sum(ClaimLine.quantity - ClaimLine.released), 0)
_brought = func.coalesce(func.sum(ClaimLine.delivered), 0)
_outstanding = ClaimLine.quantity - ClaimLine.delivered - ClaimLine.released


def _find(statement: Select[*tuple[Any, ...]], words: str) -> list[str]:
    rows = db.session.execute(statement.limit(MOST_FINDINGS))
    return [words.format(*row) for row in rows]


def find_over_claimed() -> list[str]:
    """Lines of which more is claimed than was asked, or more delivered than claimed."""
    fine = and_(NeedLine.claimed.between(0, NeedLine.asked), NeedLine.delivered.between(0, NeedLine.claimed))
    wrong = select(Need.code, NeedLine.position).join(Need, Need.id == NeedLine.need_id).where(not_(fine))
    return _find(wrong, "need {0}, line {1}: claimed or delivered beyond what was asked")


def find_unmatched_lines() -> list[str]:
    """Lines whose counters are not the sum of their claims."""
    sums = (
        select(Need.code, NeedLine.position, NeedLine.claimed, _promised, NeedLine.delivered, _brought)
        .join(Need, Need.id == NeedLine.need_id)
        .outerjoin(ClaimLine, ClaimLine.need_line_id == NeedLine.id)
        .group_by(Need.code, NeedLine.id, NeedLine.position, NeedLine.claimed, NeedLine.delivered)
        .having(or_(NeedLine.claimed != _promised, NeedLine.delivered != _brought))
    )
    return _find(sums, "need {0}, line {1}: claimed {2} but claims hold {3}, delivered {4} but claims brought {5}")


def find_foreign_lines() -> list[str]:
    """Claims with a line of another need than their own."""
    wrong = (
        select(Claim.code)
        .join(ClaimLine, ClaimLine.claim_id == Claim.id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .where(NeedLine.need_id != Claim.need_id)
    )
    return _find(wrong, "claim {0} has a line of another need")


def find_wrong_progress() -> list[str]:
    """Needs in the open whose state is not what their lines say."""
    all_claimed = func.sum(NeedLine.asked - NeedLine.claimed) == 0
    all_delivered = func.sum(NeedLine.asked - NeedLine.delivered) == 0
    claimed, delivered = func.sum(NeedLine.claimed) > 0, func.sum(NeedLine.delivered) > 0
    should: dict[NeedState, ColumnElement[bool]] = {
        NeedState.FULFILLED: all_delivered,
        NeedState.PARTLY_FULFILLED: and_(delivered, not_(all_delivered)),
        NeedState.CLAIMED: and_(all_claimed, not_(delivered)),
        NeedState.PARTLY_CLAIMED: and_(claimed, not_(all_claimed), not_(delivered)),
        NeedState.PUBLISHED: not_(claimed),
    }
    wrong = (
        select(Need.code, Need.state)
        .join(NeedLine, NeedLine.need_id == Need.id)
        .where(Need.state.in_(IN_PROGRESS))
        .group_by(Need.id, Need.code, Need.state)
        .having(not_(or_(*(and_(Need.state == state, holds) for state, holds in should.items()))))
    )
    return _find(wrong, "need {0} is {1}, which its lines do not say")


def find_unlisted_moves() -> list[str]:
    """Acts on the audit trail that the table of moves does not know."""
    known = [
        and_(
            AuditEntry.act == move.event.__name__,
            AuditEntry.from_state == (move.source or ""),
            AuditEntry.to_state == move.target,
        )
        for move in MOVES
    ]
    wrong = select(AuditEntry.object_code, AuditEntry.from_state, AuditEntry.to_state, AuditEntry.act).where(
        AuditEntry.object_kind == "claim", not_(or_(*known))
    )
    return _find(wrong, "claim {0} went from {1} to {2} by {3}")


def find_twice_ended() -> list[str]:
    """Claims that expired more than once."""
    wrong = (
        select(AuditEntry.object_code, func.count())
        .where(AuditEntry.object_kind == "claim", AuditEntry.act == "ClaimExpired")
        .group_by(AuditEntry.object_code)
        .having(func.count() > 1)
    )
    return _find(wrong, "claim {0} expired {1} times")


def find_forgotten_holds() -> list[str]:
    """Holds long over their time: nobody ends them."""
    wrong = select(Claim.code).where(Claim.state == ClaimState.HELD, Claim.held_until < now() - LATE)
    return _find(wrong, "claim {0} is still held long after its time")


def find_wrong_ends() -> list[str]:
    """Fulfilled claims that brought nothing or owe something, ended ones that still hold something."""

    def some(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(ClaimLine.claim_id == Claim.id, condition)

    owes, brought = some(_outstanding > 0), some(ClaimLine.delivered > 0)
    over = Claim.state.in_((ClaimState.CANCELLED, ClaimState.EXPIRED))
    wrong = select(Claim.code, Claim.state).where(
        or_(
            and_(Claim.state == ClaimState.FULFILLED, or_(owes, not_(brought))),
            and_(over, or_(owes, brought)),
            and_(Claim.state.in_((ClaimState.HELD, ClaimState.PLEDGED)), not_(owes)),
        )
    )
    return _find(wrong, "claim {0} is {1}, which its lines do not say")


CHECKS = (
    Check("claims_within_asked", _l("Nobody has claimed more than was asked."), find_over_claimed),
    Check("claims_match_lines", _l("Each line's counters are the sum of its claims."), find_unmatched_lines),
    Check("claims_of_one_need", _l("A claim takes lines of its own need only."), find_foreign_lines),
    Check("needs_match_lines", _l("The state of each open need is what its lines say."), find_wrong_progress),
    Check("claims_move_as_listed", _l("Claims change their state only as the table says."), find_unlisted_moves),
    Check("claims_end_once", _l("A claim expires once."), find_twice_ended),
    Check("holds_end_in_time", _l("Holds end when their time is over."), find_forgotten_holds),
    Check("claims_end_clean", _l("What ended holds nothing, what is fulfilled owes nothing."), find_wrong_ends),
)
