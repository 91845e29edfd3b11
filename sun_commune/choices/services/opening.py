"""Opening choices, and keeping them in step with what is left: by what is heard, and daily for what was missed.

The same work whoever calls it and however often: what is left of each gift in the fund, less what already waits for a
choice, is a new choice; what waits and is not left any more lapses.
"""

from __future__ import annotations

from collections.abc import Iterable

from sun_commune.choices import queries
from sun_commune.choices.events import ChoiceLapsed, ChoiceOpened, ChoiceReduced, ChoiceReminded
from sun_commune.choices.models import Choice, ChoiceState, Occasion
from sun_commune.choices.services.rows import lock_choice, lock_fund, new_choice, tell
from sun_commune.choices.shares import NOBODY
from sun_commune.core.clock import now
from sun_commune.ledger import neighbours
from sun_commune.ledger.queries import Stamp, find_stamp
from sun_commune.needs.states import NeedState
from sun_commune.statements.queries import get_line, reserved_fen
from sun_commune.statements.services.suspense import lock_line


def settle_fund(need_code: str, *, occasion: Occasion, actor_id: int | None) -> int:
    """Bring the open choices of a need's fund in line with what is left in it; returns how many rows changed.

    A need that is open takes its money itself; while it is paused nothing happens. Voucher drafts, advances and refunds
    that wait are not left over.
    """
    if not need_code or not lock_fund(need_code):
        return 0
    state = queries.state_of_need(need_code)
    if state is None or state is NeedState.PAUSED:
        return 0
    left = queries.shares_of(need_code) if state in queries.ENDED else {}
    waiting: dict[str, list[Choice]] = {}
    for choice in queries.open_choices(need_code):
        waiting.setdefault(choice.claim_code or NOBODY, []).append(choice)
    changed = 0
    for claim_code in dict.fromkeys((*left, *waiting)):  # whose money came first is asked first
        mine = waiting.get(claim_code, [])
        too_much = sum(choice.amount_fen for choice in mine) - left.get(claim_code, 0)
        if too_much > 0:
            changed += _reduce(mine, too_much, actor_id)
        elif too_much < 0:
            _open(need_code, claim_code, -too_much, occasion, actor_id)
            changed += 1
    return changed


def settle_line(line_code: str, *, actor_id: int | None) -> int:
    """As settle_fund, for what more came by a statement line than its donor had promised. Other unmatched money has no
    known donor: a treasurer places it, and here choices are only reduced."""
    line = lock_line(get_line(line_code))
    waiting = queries.open_of_line(line_code)
    promised = neighbours.promised_back(line_code)
    left = line.open_fen - reserved_fen(line.id) - promised - sum(choice.amount_fen for choice in waiting)
    if left < 0:
        return _reduce(waiting, -left, actor_id)
    claim = queries.find_claim(line.claim_code) if line.claim_code else None
    occasion = queries.SURPLUS.get(line.reason) if line.reason else None
    if left == 0 or claim is None or occasion is None:
        return 0
    stamp = find_stamp(queries.need_code_of(claim)) or Stamp("", "")
    choice = new_choice(
        amount_fen=left, occasion=occasion, source_code=line.code, claim_code=claim.code,
        county_code=stamp.county_code, category=stamp.category, donor_id=claim.donor_id,
    )  # fmt: skip
    tell(ChoiceOpened, choice, actor_id=actor_id)
    return 1


def _open(need_code: str, claim_code: str, amount_fen: int, occasion: Occasion, actor_id: int | None) -> None:
    claim = queries.find_claim(claim_code) if claim_code != NOBODY else None
    stamp = find_stamp(need_code) or Stamp("", "")
    choice = new_choice(
        amount_fen=amount_fen, occasion=occasion, need_code=need_code, county_code=stamp.county_code,
        category=stamp.category, claim_code=claim_code or None, donor_id=claim.donor_id if claim else None,
    )  # fmt: skip
    tell(ChoiceOpened, choice, actor_id=actor_id)


def _reduce(choices: Iterable[Choice], too_much: int, actor_id: int | None) -> int:
    """The newest first: what opened first has waited longest."""
    changed = 0
    for choice in choices:
        if too_much >= choice.amount_fen:
            too_much -= choice.amount_fen
            choice.state, choice.ended_at = ChoiceState.LAPSED, now()
            tell(ChoiceLapsed, choice, actor_id=actor_id)
        elif too_much:
            choice.amount_fen -= too_much
            too_much = 0
            tell(ChoiceReduced, choice, actor_id=actor_id)
        else:
            break
        changed += 1
    return changed


def remind_choice(choice_id: int) -> bool:
    """Tell the donor, once, that the last day is near. False: nothing to tell any more."""
    choice = lock_choice(choice_id)
    if choice.state is not ChoiceState.OPEN or choice.reminded_at is not None:
        return False
    choice.reminded_at = now()
    tell(ChoiceReminded, choice, actor_id=None)
    return True
