"""Joining. The page after it is the same whether or not the phone had an account."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts.credit_codes import normalise_credit_code
from sun_commune.accounts.forms import RegisterForm, RegisterOrganisationForm
from sun_commune.accounts.models import OrganisationKind
from sun_commune.accounts.services import registration
from sun_commune.accounts.services.registration import NewOrganisation, NewUser
from sun_commune.accounts.throttles import REGISTER_ADDRESS, count
from sun_commune.accounts.views.doors import blueprint, client_network, local_path
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError
from sun_commune.core.i18n import current_lang

PAGE = "accounts/register.html"


@blueprint.route("/register", methods=["GET", "POST"])
@access.public
def register() -> Any:
    form = RegisterOrganisationForm() if request.args.get("as") == "organisation" else RegisterForm()
    if not form.validate_on_submit():
        return render_template(PAGE, form=form), 422 if form.is_submitted() else 200
    with transaction(audited=False):
        allowed = count(REGISTER_ADDRESS, client_network())
    if not allowed:
        form.form_errors.append(_("Too many accounts were opened from here. Try again in an hour."))
        return render_template(PAGE, form=form), 429
    try:
        new = new_user(form)
        with transaction():
            registration.register_donor(new=new, organisation=_organisation(form), password=form.password.data)
    except SunError as error:
        form.take_error(error)
        return render_template(PAGE, form=form), 422
    return redirect(url_for("accounts.registered", next=local_path(request.args.get("next"))), 303)


@blueprint.get("/register/done")
@access.public
def registered() -> str:
    return render_template("accounts/registered.html", next=local_path(request.args.get("next")))


def new_user(form: RegisterForm, office_phone: str = "") -> NewUser:
    """What the form says, the password hashed. Raises RuleBroken for a weak one."""
    own_words = (form.name.data, form.phone.normal, form.email.normal)
    return NewUser(
        name=form.name.data,
        phone=form.phone.normal,
        email=form.email.normal,
        password_hash=registration.hash_new_password(form.password.data, *own_words),
        locale=current_lang(),
        office_phone=office_phone,
    )


def _organisation(form: RegisterForm) -> NewOrganisation | None:
    if not isinstance(form, RegisterOrganisationForm):
        return None
    code = normalise_credit_code(form.credit_code.data) or ""
    return NewOrganisation(kind=OrganisationKind(form.kind.data), name=form.organisation_name.data, credit_code=code)
