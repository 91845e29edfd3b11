"""Who may do what with the charity's record. One officer writes it, another confirms it."""

from __future__ import annotations

from sun_commune.accounts.models import Role, User
from sun_commune.lanes.models import LaneVersion

#: They write and confirm.
WRITERS = (Role.COUNTY_ADMIN, Role.OPERATOR)
#: They read who wrote and who confirmed.
READERS = (*WRITERS, Role.TREASURER, Role.SUPERVISOR)


def can_propose_lanes(user: User) -> bool:
    return user.has_role(*WRITERS)


def can_see_proposal(user: User) -> bool:
    return user.has_role(*READERS)


def can_decide_proposal(user: User, version: LaneVersion) -> bool:
    """Another officer than the writer: one person alone must not be able to lead all gifts to another account."""
    return user.has_role(*WRITERS) and user.id != version.proposed_by


def can_take_back_proposal(user: User, version: LaneVersion) -> bool:
    return user.id == version.proposed_by
