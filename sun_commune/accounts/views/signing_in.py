"""Sign in, sign out."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune.accounts import second_step, sessions
from sun_commune.accounts.contacts import normalise_contact
from sun_commune.accounts.forms import CodeForm, SignInForm
from sun_commune.accounts.models import User
from sun_commune.accounts.services import signing_in
from sun_commune.accounts.views.doors import blueprint, client_network, local_path, next_page
from sun_commune.accounts.views.second_factor import ask_code, welcome
from sun_commune.core import access
from sun_commune.core.db import transaction


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access.public
def sign_in() -> Any:
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(next_page())
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form), 422 if form.is_submitted() else 200
    contact, typed = normalise_contact(form.contact.data), str(form.contact.data)
    with transaction(audited=False):
        allowed = signing_in.count_attempt(contact=contact, typed=typed, address=client_network())
    if not allowed:
        form.form_errors.append(_("Too many attempts. Wait a quarter of an hour, or set a new password."))
        return render_template("accounts/sign_in.html", form=form), 429
    checked = signing_in.check_password(contact=contact, password=form.password.data)
    with transaction():
        opened = signing_in.open_sign_in(checked=checked)
        if opened and contact:
            signing_in.forgive_attempts(contact=contact, address=client_network())
    if opened is None:
        form.form_errors.append(_("Phone or e-mail and password do not fit together."))
        return render_template("accounts/sign_in.html", form=form), 422
    user, token = opened
    return welcome(user, token, form.kept.data) if token else _ask_second_step(user, form.kept.data)


def _ask_second_step(user: User, kept_text: str | None) -> Any:
    second_step.begin(user)
    if not kept_text:
        return redirect(url_for("accounts.give_code", next=local_path(request.args.get("next"))), 303)
    form = CodeForm(formdata=None)  # text that was typed before goes on with the form: it is too long for an address
    form.kept.data = kept_text
    return ask_code(form)


@blueprint.post("/sign-out")
@access.public
def sign_out() -> Any:
    """Public: whose sign-in has already ended reaches the same page."""
    if current_user.is_authenticated:
        with transaction():
            signing_in.sign_out(actor=sessions.actor(), token=current_user.token)
    sessions.forget()
    flash(_("You are signed out."))
    return redirect(url_for("accounts.sign_in"), 303)
