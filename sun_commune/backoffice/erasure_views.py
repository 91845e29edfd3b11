"""Erasing a household: ask, take back, look at what will go, carry it out. One page shows each stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune.accounts import queries as accounts
from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role, User
from sun_commune.backoffice.blueprint import blueprint
from sun_commune.backoffice.forms import AskErasureForm, EraseForm
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.forms import OnceForm
from sun_commune.core.i18n import current_lang
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.households import erasing, policies
from sun_commune.households import queries as households
from sun_commune.households.models import Asker, Household
from sun_commune.needs import queries as needs
from sun_commune.places import queries as places

askers = access.roles(Role.FIRST_SECRETARY, Role.COUNTY_ADMIN)


def _household(code: str) -> Household:
    household = households.get_household(code)
    access.require(policies.can_request_erasure(current_user, household))
    return household


@blueprint.route("/households/<code>/erasure", methods=["GET", "POST"])
@askers
def request_erasure(code: str) -> Any:
    household = _household(code)
    form = AskErasureForm()
    if not form.validate_on_submit():
        return _page(household, form), 422 if form.is_submitted() else 200

    def ask(actor: User) -> None:
        erasing.request_erasure(actor, household, asker=Asker(form.asker.data), asked_on=form.asked_on.data)

    return _act(household, form, ask, _("The request is recorded. Somebody else of the county carries it out."))


@blueprint.post("/households/<code>/erasure/withdrawal")
@askers
def take_back_erasure(code: str) -> Any:
    household = _household(code)
    said = _("The request is taken back. Nothing was erased.")
    return _act(household, EraseForm(), lambda actor: erasing.take_back_erasure(actor, household), said)


@blueprint.post("/households/<code>/erasure/act")
@askers
def erase_household(code: str) -> Any:
    household = _household(code)
    said = _("The family's data are erased.")
    return _act(household, EraseForm(), lambda actor: erasing.erase_household(actor, household), said)


def _act(household: Household, form: OnceForm, act: Callable[[User], None], said: str) -> Any:
    """Do it once; what a feature refuses is shown on the page, and nothing is stored."""
    location = url_for("backoffice.request_erasure", code=household.code)
    key = form.once.data or ""
    try:
        with transaction():
            actor = sessions.actor()
            earlier = begin_once(user_id=actor.id, key=key, body_sha256=body_hash(request.form.to_dict(flat=False)))
            if earlier is None:
                act(actor)
                finish_once(user_id=actor.id, key=key, location=location)
    except (RuleBroken, Conflict) as error:
        form.take_error(error)
        return _page(household, form), 409 if isinstance(error, Conflict) else 422
    flash(said, "success")
    return redirect(location, 303)


def _page(household: Household, form: OnceForm | None = None) -> str:
    erasure = households.find_erasure(household)
    people = {erasure.requested_by, erasure.done_by} if erasure else set()
    return render_template(
        "backoffice/request_erasure.html",
        household=household,
        place=places.full_name(household.village_code, current_lang()),
        erasure=erasure,
        names=accounts.names_of({person for person in people if person}),
        may_carry_out=erasure is not None and policies.can_carry_out(current_user, household, erasure),
        needs=needs.list_of_household(household.id),
        form=form,
        ask_form=form if isinstance(form, AskErasureForm) else AskErasureForm(formdata=None),
        erase_form=EraseForm(formdata=None),
    )
