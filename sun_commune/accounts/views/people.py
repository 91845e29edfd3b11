"""What county administrators and operators see and decide: officers, requests, organisations, accounts."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import policies, queries, sessions
from sun_commune.accounts.contacts import show_phone
from sun_commune.accounts.forms import DecideForm, ReasonForm
from sun_commune.accounts.models import Organisation, Role, User
from sun_commune.accounts.services import people
from sun_commune.accounts.views.doors import blueprint, place_name
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError
from sun_commune.core.text import clean_line


@blueprint.get("/people")
@access.roles(Role.COUNTY_ADMIN, Role.OPERATOR)
def list_people() -> str:
    user = sessions.actor()
    served = user.places(Role.COUNTY_ADMIN, Role.OPERATOR)
    name = clean_line(request.args.get("q"))[:60]
    counties = user.places(Role.COUNTY_ADMIN)
    return render_template(
        "accounts/list_people.html",
        page=queries.officers(served, name=name, after=request.args.get("after", "")),
        q=name,
        requests=[duty for duty in queries.requested_duties(counties) if policies.can_decide_duty(user, duty)],
        organisations=queries.waiting_organisations() if counties else [],
        invitations=queries.open_invitations(user),
        place_name=place_name,
    )


@blueprint.route("/people/<code>", methods=["GET", "POST"])
@access.roles(Role.COUNTY_ADMIN, Role.OPERATOR)
def show_person(code: str) -> Any:
    """The account; its form disables or enables it."""
    actor, person = sessions.actor(), queries.get_by_code(User, code)
    access.require(policies.can_see_person(actor, person))
    form = ReasonForm()
    status = 422 if form.is_submitted() else 200
    if form.is_submitted():
        access.require(policies.can_switch_user(actor, person))
    if form.validate_on_submit():
        act = people.disable_user if person.is_enabled else people.enable_user
        # The button says which act was meant: a page left open must not undo what somebody did meanwhile.
        if request.form.get("act") == act.__name__:
            try:
                with transaction():
                    act(actor=actor, person=person, reason=form.reason.data or "")
            except SunError as error:
                form.take_error(error)
                return _show_person(actor, person, form), 422
        flash(_("Saved."), "success")
        return redirect(url_for("accounts.show_person", code=code), 303)
    return _show_person(actor, person, form), status


def _show_person(actor: User, person: User, form: ReasonForm) -> str:
    return render_template(
        "accounts/show_person.html",
        person=person,
        phone=show_phone(person.phone),
        form=form,
        duties=[
            (duty, place_name(duty.place_code), policies.can_end_duty(actor, duty)) for duty in reversed(person.duties)
        ],
        may_switch=policies.can_switch_user(actor, person),
    )


@blueprint.route("/organisations/<code>", methods=["GET", "POST"])
@access.roles(Role.COUNTY_ADMIN, Role.OPERATOR)
def verify_organisation(code: str) -> Any:
    actor, organisation = sessions.actor(), queries.get_by_code(Organisation, code)
    access.require(policies.can_see_organisation(actor, organisation))
    form = DecideForm()
    may_decide = policies.can_verify_organisation(actor, organisation)
    person = queries.contact_person(organisation)
    values = {"form": form, "organisation": organisation, "person": person, "may_decide": may_decide}
    if form.is_submitted():
        access.require(may_decide)
    if not form.validate_on_submit():
        return render_template("accounts/verify_organisation.html", **values), 422 if form.is_submitted() else 200
    try:
        with transaction():
            if form.decision.data == "yes":
                people.verify_organisation(actor=actor, organisation=organisation)
            else:
                people.refuse_organisation(actor=actor, organisation=organisation, reason=form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return render_template("accounts/verify_organisation.html", **values), 409 if error.field is None else 422
    flash(_("Decided."), "success")
    return redirect(url_for("accounts.list_people"), 303)
