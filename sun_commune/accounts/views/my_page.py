"""A person's own page: who I am here, what I may do, and where to go on."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import queries, sessions
from sun_commune.accounts.contacts import show_phone
from sun_commune.accounts.forms import ContactForm
from sun_commune.accounts.models import STAFF_ROLES, VILLAGE_ROLES, Role
from sun_commune.accounts.services import people
from sun_commune.accounts.views.doors import blueprint, place_name
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.text import mask_name

#: Where to go on, by endpoint and who may: everybody, or who holds one of the roles.
PLACES_TO_GO: tuple[tuple[str, frozenset[Role] | None], ...] = (
    ("deliveries.list_my_claims", None),
    ("portal.list_my_gifts", None),
    ("receipts.list_my_receipts", None),
    ("choices.list_my_choices", None),
    ("notifications.list_notices", None),
    ("needs.list_own", VILLAGE_ROLES),
    ("needs.draft_need", VILLAGE_ROLES),
    ("households.list_households", VILLAGE_ROLES),
    ("backoffice.show_desk", STAFF_ROLES - {Role.SUPERVISOR}),
    ("accounts.list_people", frozenset({Role.COUNTY_ADMIN, Role.OPERATOR})),
    ("ledger.list_vouchers", frozenset({Role.TREASURER, Role.COUNTY_ADMIN})),
    ("receipts.list_receipts", frozenset({Role.TREASURER, Role.SUPERVISOR})),
    ("backoffice.list_acts", frozenset({Role.SUPERVISOR, Role.COUNTY_ADMIN, Role.OPERATOR})),
)


@blueprint.get("/my")
@access.signed_in
def my_page() -> str:
    user = sessions.actor()
    return render_template(
        "accounts/my_page.html",
        user=user,
        phone=show_phone(user.phone),
        has_second_factor=queries.find_second_factor(user.id) is not None,
        masked=mask_name(user.name),
        duties=[(duty, place_name(duty.place_code)) for duty in reversed(user.duties)],
        ways=[
            endpoint
            for endpoint, roles in PLACES_TO_GO
            if endpoint in current_app.view_functions and (roles is None or user.has_role(*roles))
        ],
    )


@blueprint.route("/my/contact", methods=["GET", "POST"])
@access.signed_in
def change_contact() -> Any:
    user = sessions.actor()
    form = ContactForm(data={"name": user.name, "office_phone": user.office_phone} if request.method == "GET" else None)
    if not form.validate_on_submit():
        return render_template("accounts/change_contact.html", form=form), 422 if form.is_submitted() else 200
    with transaction():
        people.change_contact(actor=user, name=form.name.data, office_phone=form.office_phone.data or "")
    flash(_("Saved."), "success")
    return redirect(url_for("accounts.my_page"), 303)
