"""Pages of households, for the offices alone. Every page is sent with no-store; private values show once, masked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.accounts.models import VILLAGE_ROLES, Role
from sun_commune.core import access, clock
from sun_commune.core.db import transaction
from sun_commune.core.errors import Missing, RuleBroken
from sun_commune.core.i18n import current_lang
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.households import policies, queries, services
from sun_commune.households.forms import ConsentForm, EditHouseholdForm, RegisterHouseholdForm, UnmaskForm
from sun_commune.households.models import ConsentPurpose, Household, SupportLabel
from sun_commune.places import queries as places
from sun_commune.uploads import services as uploads
from sun_commune.uploads.documents import PreparedDocument, prepare_document
from sun_commune.uploads.serving import send_document

blueprint = Blueprint("households", __name__)
village_staff = access.roles(*VILLAGE_ROLES)
offices = access.roles(*VILLAGE_ROLES, Role.TOWNSHIP_REVIEWER, Role.COUNTY_ADMIN)


@blueprint.after_request
def _never_keep(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/households")
@village_staff
def list_households() -> str:
    page = max(1, min(request.args.get("page", 1, int), 10_000))
    rows = queries.list_of_villages(sessions.actor().places(*VILLAGE_ROLES), page=page)
    return render_template(
        "households/list_households.html", households=rows[: queries.PAGE_SIZE], page=page,
        has_more=len(rows) > queries.PAGE_SIZE, purposes=list(ConsentPurpose), day=clock.today(),
    )  # fmt: skip


@blueprint.route("/households/new", methods=["GET", "POST"])
@village_staff
def register_household() -> Any:
    form = RegisterHouseholdForm()
    villages = sessions.actor().places(*VILLAGE_ROLES)
    form.village.choices = [(code, places.full_name(code, current_lang())) for code in villages]
    if form.validate_on_submit():
        try:
            return redirect(_register(form), 303)
        except RuleBroken as error:
            form.take_error(error)
    status = 422 if request.method == "POST" else 200
    return render_template("households/register_household.html", form=form), status


def _register(form: RegisterHouseholdForm) -> str:
    document = _prepare(form.document.data)
    with transaction():
        actor = sessions.actor()
        earlier = begin_once(user_id=actor.id, key=form.once.data or "", body_sha256=_body())
        if earlier is not None:
            return earlier
        household = services.register_household(
            actor, village_code=form.village.data, private=form.private(),
            members_count=form.members, consent=form.consent(_store(document)),
        )  # fmt: skip
        location = url_for("households.show_household", code=household.code)
        finish_once(user_id=actor.id, key=form.once.data or "", location=location)
    flash(_("The household is registered. Record what else the family agrees to."), "success")
    return location


def _prepare(file: FileStorage | None) -> PreparedDocument | None:
    if file is None or not file.filename:
        return None
    return prepare_document(file.read(), most_megabytes=config.current().upload_megabytes)


def _store(document: PreparedDocument | None) -> int | None:
    if document is None:
        return None
    return uploads.store_document(actor_id=sessions.actor().id, document=document).id


def _body() -> str:
    return body_hash(request.form.to_dict(flat=False))


def _household(code: str) -> Household:
    household = queries.get_household(code)
    access.require(policies.can_see_household(current_user, household))
    return household


@blueprint.get("/households/<code>")
@offices
def show_household(code: str) -> str:
    return _page(_household(code))


def _page(household: Household, *, consent: ConsentForm | None = None, unmask: UnmaskForm | None = None) -> str:
    return render_template(
        "households/show_household.html",
        household=household,
        masked=services.masked_fields(household),
        place=places.full_name(household.village_code, current_lang()),
        consent_form=consent or ConsentForm(formdata=None),
        unmask_form=unmask or UnmaskForm(formdata=None),
        form=consent or unmask,
        purposes=list(ConsentPurpose),
        day=clock.today(),
        can=policies,
    )


@blueprint.route("/households/<code>/edit", methods=["GET", "POST"])
@village_staff
def edit_household(code: str) -> Any:
    household = _household(code)
    access.require(policies.can_edit_household(current_user, household))
    form = EditHouseholdForm(data={"members_count": household.members_count})
    if form.validate_on_submit():
        try:
            with transaction():
                services.edit_household(sessions.actor(), household, changed=form.changed(), members_count=form.members)
            flash(_("The household's record is changed."), "success")
            return redirect(url_for("households.show_household", code=code), 303)
        except RuleBroken as error:
            form.take_error(error)
    status = 422 if request.method == "POST" else 200
    return render_template("households/edit_household.html", form=form, household=household), status


@blueprint.post("/households/<code>/consents")
@village_staff
def give_consent(code: str) -> Any:
    household = _household(code)
    access.require(policies.can_record_consent(current_user, household))
    form = ConsentForm()
    if form.validate():
        try:
            return redirect(_give_consent(household, form), 303)
        except RuleBroken as error:
            form.take_error(error)
    return _page(household, consent=form), 422


def _give_consent(household: Household, form: ConsentForm) -> str:
    document = _prepare(form.document.data)
    location = url_for("households.show_household", code=household.code)
    with transaction():
        actor = sessions.actor()
        if begin_once(user_id=actor.id, key=form.once.data or "", body_sha256=_body()) is None:
            services.give_consent(
                actor, household, purpose=ConsentPurpose(form.purpose.data), given_on=form.given_on.data,
                expires_on=form.expires_on.data, is_by_guardian=form.is_by_guardian.data, document_id=_store(document),
            )  # fmt: skip
            finish_once(user_id=actor.id, key=form.once.data or "", location=location)
    flash(_("The consent is recorded."), "success")
    return location


@blueprint.post("/households/<code>/consents/withdraw")
@offices
def withdraw_consent(code: str) -> Any:
    household = _household(code)
    access.require(policies.can_withdraw_consent(current_user, household))
    purpose = request.form.get("purpose", "")
    if purpose not in set(ConsentPurpose):
        raise Missing
    with transaction():
        services.withdraw_consent(sessions.actor(), household, purpose=ConsentPurpose(purpose))
    flash(_("The consent is over, and what it allowed is hidden as of now."), "success")
    return redirect(url_for("households.show_household", code=code), 303)


@blueprint.get("/households/<code>/consents/<int:number>/document")
@offices
def show_consent_document(code: str, number: int) -> Response:
    """The scan holds a name and a signature: for those who may unmask."""
    household = _household(code)
    access.require(policies.can_unmask_household(current_user, household))
    return send_document(queries.get_document(household, number), f"consent-{household.code}-{number}")


@blueprint.post("/households/<code>/unmask")
@offices
def unmask_household(code: str) -> Any:
    """Answers the POST itself with the values: nothing to reload, link to or keep."""
    household = _household(code)
    access.require(policies.can_unmask_household(current_user, household))
    form = UnmaskForm()
    try:
        with transaction():
            private = services.unmask_household(sessions.actor(), household, form.reason.data or "")
    except RuleBroken as error:
        form.take_error(error)
        return _page(household, unmask=form), 422
    support = SupportLabel(private.support_label or SupportLabel.NONE)
    return render_template("households/unmask_household.html", household=household, private=private, support=support)
