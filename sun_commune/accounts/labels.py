"""Words for roles, kinds and states of accounts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import DutyState, OrganisationKind, Role, UserKind
from sun_commune.core.labels import register

ROLES = {
    Role.FIRST_SECRETARY: _l("First secretary"),
    Role.INFORMATION_OFFICER: _l("Village information officer"),
    Role.TOWNSHIP_REVIEWER: _l("Township reviewer"),
    Role.COUNTY_ADMIN: _l("County administrator"),
    Role.TREASURER: _l("Treasurer of the host charity"),
    Role.SUPERVISOR: _l("Supervisor"),
    Role.OPERATOR: _l("Operator"),
}
USER_KINDS = {UserKind.PERSON: _l("Person"), UserKind.ORGANISATION: _l("Organisation")}
ORGANISATION_KINDS = {
    OrganisationKind.ENTERPRISE: _l("Caring enterprise"),
    OrganisationKind.SOCIAL_ORGANISATION: _l("Social organisation"),
}
DUTY_STATES = {
    DutyState.REQUESTED: _l("Waits for a decision"),
    DutyState.ACTIVE: _l("Granted"),
    DutyState.REFUSED: _l("Refused"),
    DutyState.ENDED: _l("Ended"),
}

for words in (ROLES, USER_KINDS, ORGANISATION_KINDS, DUTY_STATES):
    register(words)
