"""Who may see and change a family's record: its own village; the county steps in for consents and unmasking.

Supervisors read everything but private fields, so a household's page is not theirs (field.md of the project's
sources: villages' representatives watch the acts, not the families).
"""

from __future__ import annotations

from typing import Protocol

from sun_commune.accounts.models import VILLAGE_ROLES, Role
from sun_commune.households.models import Erasure, Household


class Person(Protocol):
    @property
    def id(self) -> int | None: ...

    def serves(self, place_code: str, *roles: Role) -> bool: ...


def can_register_household(user: Person, village_code: str) -> bool:
    return user.serves(village_code, *VILLAGE_ROLES)


def can_edit_household(user: Person, household: Household) -> bool:
    return not household.is_erased and user.serves(household.village_code, *VILLAGE_ROLES)


def can_see_household(user: Person, household: Household) -> bool:
    """The masked record: the village, and the offices that review its needs."""
    offices = (*VILLAGE_ROLES, Role.TOWNSHIP_REVIEWER, Role.COUNTY_ADMIN)
    return user.serves(household.village_code, *offices)


def can_record_consent(user: Person, household: Household) -> bool:
    return can_edit_household(user, household)


def can_withdraw_consent(user: Person, household: Household) -> bool:
    """The village that the family tells, or the county, if the village does not act."""
    return not household.is_erased and user.serves(household.village_code, *VILLAGE_ROLES, Role.COUNTY_ADMIN)


def can_unmask_household(user: Person, household: Household) -> bool:
    """Reads names and numbers, with a reason on record: the village's officers and the county."""
    return not household.is_erased and user.serves(household.village_code, *VILLAGE_ROLES, Role.COUNTY_ADMIN)


def can_request_erasure(user: Person, household: Household) -> bool:
    """Whom the family tells: its first secretary or the county. Also sees how far the request is."""
    return user.serves(household.village_code, Role.FIRST_SECRETARY, Role.COUNTY_ADMIN)


def can_carry_out(user: Person, household: Household, erasure: Erasure) -> bool:
    """The county, by another person than whoever recorded the request: what is erased is gone for good."""
    return user.serves(household.village_code, Role.COUNTY_ADMIN) and user.id != erasure.requested_by
