"""Who may do what with accounts. Pure: they look at the two rows alone."""

from __future__ import annotations

from sun_commune import config
from sun_commune.accounts.models import VILLAGE_ROLES, Duty, Invitation, Organisation, Role, User, UserKind
from sun_commune.core.clock import today

#: What a county grants inside its own borders; all other roles are granted by the operator.
COUNTY_GRANTS = VILLAGE_ROLES | {Role.TOWNSHIP_REVIEWER}
SECOND_FACTOR_ROLES = (Role.TREASURER, Role.COUNTY_ADMIN, Role.OPERATOR)
#: Duties that one person may not hold over the same place: author, reviewer and payer differ, the watcher is none.
CLASHES = (
    (VILLAGE_ROLES, frozenset({Role.TOWNSHIP_REVIEWER, Role.COUNTY_ADMIN, Role.TREASURER})),
    (frozenset({Role.TREASURER}), frozenset({Role.TOWNSHIP_REVIEWER, Role.COUNTY_ADMIN})),
    (frozenset({Role.SUPERVISOR}), frozenset(Role) - {Role.SUPERVISOR}),
)


def can_grant(user: User, role: Role, place_code: str) -> bool:
    """May ``user`` make somebody (else) hold this role there?"""
    return user.serves(place_code, Role.COUNTY_ADMIN if role in COUNTY_GRANTS else Role.OPERATOR)


def can_invite(user: User) -> bool:
    return user.has_role(Role.COUNTY_ADMIN, Role.OPERATOR)


def roles_to_grant(user: User) -> list[Role]:
    """In the order in which forms list them."""
    county, operator = user.has_role(Role.COUNTY_ADMIN), user.has_role(Role.OPERATOR)
    return [role for role in Role if (county if role in COUNTY_GRANTS else operator)]


def can_see_invitation(user: User, invitation: Invitation) -> bool:
    """Its maker alone: the link makes its reader an officer."""
    return invitation.created_by == user.id and can_grant(user, invitation.role, invitation.place_code)


def can_decide_duty(user: User, duty: Duty) -> bool:
    """Nobody decides about the own duty."""
    return duty.user_id != user.id and can_grant(user, duty.role, duty.place_code)


def can_end_duty(user: User, duty: Duty) -> bool:
    """Who may grant it, or the officer who gives it back."""
    return duty.user_id == user.id or can_grant(user, duty.role, duty.place_code)


def can_see_person(user: User, person: User) -> bool:
    """Officers' accounts are seen by those who grant their duties; donors' by the operator alone."""
    if user.has_role(Role.OPERATOR):
        return True
    return any(user.serves(duty.place_code, Role.COUNTY_ADMIN) for duty in person.duties)


def can_switch_user(user: User, person: User) -> bool:
    """Disable or enable an account."""
    return user.id != person.id and person.closed_at is None and user.has_role(Role.OPERATOR)


def can_close_account(user: User) -> bool:
    """A person who gives. An organisation's account is its public name, so the operator closes it."""
    return user.kind is UserKind.PERSON


def can_verify_organisation(user: User, organisation: Organisation) -> bool:
    return user.has_role(Role.COUNTY_ADMIN) and user.organisation_id != organisation.id


def can_see_organisation(user: User, organisation: Organisation) -> bool:
    return user.has_role(Role.COUNTY_ADMIN, Role.OPERATOR)


def must_have_second_factor(user: User) -> bool:
    """Whose word moves money, publishes or appoints: where the operator has set so, a password is not enough."""
    return config.current().second_factor == "staff" and user.has_role(*SECOND_FACTOR_ROLES)


def clashes(user: User, role: Role, place_code: str) -> Role | None:
    """A role that the person holds, now or later, and that may not be joined with the new one."""
    for duty in user.duties:
        still = duty.state == "active" and (duty.ends_on is None or duty.ends_on >= today())
        overlap = duty.place_code.startswith(place_code) or place_code.startswith(duty.place_code)
        if still and overlap and any(_on_two_sides(duty.role, role, *sides) for sides in CLASHES):
            return duty.role
    return None


def _on_two_sides(held: Role, wanted: Role, one: frozenset[Role], other: frozenset[Role]) -> bool:
    return (held in one and wanted in other) or (held in other and wanted in one)
