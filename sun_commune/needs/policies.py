"""Who may do what with a need. The village writes, the township reviews, the county publishes: three people.

``*_side`` ask for the office and its place; ``is_impartial`` keeps people from judging what they wrote themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from sun_commune.accounts.models import VILLAGE_ROLES, Role
from sun_commune.needs.models import Need
from sun_commune.needs.states import EDITABLE, NeedAct, NeedState, Side, find_move


class Person(Protocol):
    """A user, or the visitor (id None, serves nothing)."""

    @property
    def id(self) -> int | None: ...

    def serves(self, place_code: str, *roles: Role) -> bool: ...


def can_draft_need(user: Person, village_code: str) -> bool:
    return user.serves(village_code, *VILLAGE_ROLES)


def is_village_side(user: Person, need: Need) -> bool:
    return user.serves(need.village_code, *VILLAGE_ROLES)


def is_township_side(user: Person, need: Need) -> bool:
    return user.serves(need.township_code, Role.TOWNSHIP_REVIEWER)


def is_county_side(user: Person, need: Need) -> bool:
    return user.serves(need.county_code, Role.COUNTY_ADMIN)


def wrote_need(user: Person, need: Need) -> bool:
    """Drafted or submitted it."""
    submitters = {change.actor_id for change in need.changes if change.act is NeedAct.SUBMIT}
    return user.id is not None and user.id in submitters | {need.author_id}


def can_approve_need(user: Person, need: Need) -> bool:
    return is_township_side(user, need) and not wrote_need(user, need)


def can_publish_need(user: Person, need: Need) -> bool:
    is_impartial = not wrote_need(user, need) and user.id != need.township_reviewer_id
    return is_county_side(user, need) and is_impartial


def can_do(user: Person, need: Need, act: NeedAct) -> bool:
    """True if ``user`` may do ``act`` to the need as it stands now."""
    return any(find_move(act, side, need.state) for side in _sides(user, need, act))


def _sides(user: Person, need: Need, act: NeedAct) -> Iterator[Side]:
    """The sides on which the person may do an act of this kind."""
    judges = act in {NeedAct.APPROVE, NeedAct.PUBLISH, NeedAct.RETURN}
    if is_village_side(user, need):
        yield Side.VILLAGE
    if can_approve_need(user, need) if judges else is_township_side(user, need):
        yield Side.TOWNSHIP
    if can_publish_need(user, need) if judges else is_county_side(user, need):
        yield Side.COUNTY


def can_edit_need(user: Person, need: Need) -> bool:
    return is_village_side(user, need) and need.state in EDITABLE


def can_see_need(user: Person, need: Need) -> bool:
    """May open the office's page of a need. A draft is the village's own until it is submitted."""
    if is_village_side(user, need):
        return True
    if need.state is NeedState.DRAFT:
        return False
    in_office = is_township_side(user, need) or is_county_side(user, need)
    return in_office or user.serves(need.village_code, Role.SUPERVISOR)
