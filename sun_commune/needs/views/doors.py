"""What the pages share: the blueprint, who may come in, and the need that a code names."""

from __future__ import annotations

from flask import Blueprint
from flask_login import current_user

from sun_commune.accounts.models import VILLAGE_ROLES, Role
from sun_commune.core import access
from sun_commune.needs import policies, queries
from sun_commune.needs.models import Need

blueprint = Blueprint("needs", __name__)
village_staff = access.roles(*VILLAGE_ROLES)
offices = access.roles(*VILLAGE_ROLES, Role.TOWNSHIP_REVIEWER, Role.COUNTY_ADMIN)
readers = access.roles(*VILLAGE_ROLES, Role.TOWNSHIP_REVIEWER, Role.COUNTY_ADMIN, Role.SUPERVISOR)


def open_need(code: str) -> Need:
    """The need, if the person's office may open it; else it does not exist for them (404)."""
    need = queries.get_need(code)
    access.require(policies.can_see_need(current_user, need))
    return need
