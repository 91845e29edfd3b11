"""The desk of an officer."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, render_template
from flask_login import current_user

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.backoffice import queries
from sun_commune.backoffice.blueprint import blueprint
from sun_commune.backoffice.labels import WHAT_TO_DO
from sun_commune.core import access
from sun_commune.core.clock import now

LATE_AFTER = timedelta(days=7)

#: What an officer reads or begins, besides the queue.
PLACES_TO_GO: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("needs.list_own", (Role.FIRST_SECRETARY, Role.INFORMATION_OFFICER)),
    ("needs.draft_need", (Role.FIRST_SECRETARY, Role.INFORMATION_OFFICER)),
    ("households.list_households", (Role.FIRST_SECRETARY, Role.INFORMATION_OFFICER)),
    ("deliveries.record_payment", (Role.TREASURER,)),
    ("statements.list_statements", (Role.TREASURER, Role.SUPERVISOR)),
    ("payments.list_orders", (Role.TREASURER, Role.SUPERVISOR)),
    ("ledger.list_vouchers", (Role.TREASURER, Role.SUPERVISOR)),
    ("lanes.list_proposals", (Role.COUNTY_ADMIN, Role.OPERATOR, Role.TREASURER, Role.SUPERVISOR)),
    ("receipts.list_receipts", (Role.TREASURER, Role.SUPERVISOR)),
    ("choices.list_refunds", (Role.TREASURER, Role.SUPERVISOR)),
    ("disclosure.list_disclosure", (Role.TREASURER, Role.COUNTY_ADMIN, Role.SUPERVISOR)),
    ("accounts.list_people", (Role.COUNTY_ADMIN, Role.OPERATOR)),
    ("portal.show_ledger", (Role.SUPERVISOR, Role.TREASURER)),
    ("backoffice.list_acts", (Role.SUPERVISOR, Role.COUNTY_ADMIN, Role.OPERATOR)),
)


@blueprint.get("/desk")
@access.roles(*Role)
def show_desk() -> str:
    """One queue for whatever duties the reader holds, the oldest first."""
    return render_template(
        "backoffice/show_desk.html",
        desk=queries.open_desk(sessions.actor()),
        what_to_do=WHAT_TO_DO,
        late_before=now() - LATE_AFTER,
        places=[
            endpoint
            for endpoint, roles in PLACES_TO_GO
            if endpoint in current_app.view_functions and current_user.has_role(*roles)
        ],
    )
