"""Who may do what with claims: pure functions of people and rows."""

from __future__ import annotations

from typing import Any

from sun_commune.accounts.models import VILLAGE_ROLES, User
from sun_commune.needs.models import Need
from sun_commune.needs.states import PUBLIC
from sun_commune.pledges.models import Claim


def can_see_claiming(need: Need) -> bool:
    """The page says something only of needs that the public may see."""
    return need.state in PUBLIC


def is_party_to_need(user: User | Any, need: Need) -> bool:
    """Wrote, reviewed or published it, or holds an office of its village: not the giver too (Charity Law, art. 40)."""
    hands = {need.author_id, need.township_reviewer_id, need.publisher_id}
    return user.id in hands or user.serves(need.village_code, *VILLAGE_ROLES)


def can_claim_need(user: User | Any, need: Need) -> bool:
    """Anybody with an account but who is a party to the need."""
    return bool(user.is_enabled) and not is_party_to_need(user, need)


def can_check_claim(user: User | Any, claim: Claim) -> bool:
    return bool(user.id == claim.donor_id)


def can_cancel_claim(user: User | Any, claim: Claim) -> bool:
    return bool(user.id == claim.donor_id)
