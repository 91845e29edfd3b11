"""Passwords: forgotten, set anew by a link, changed."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from sun_commune.accounts import passwords, queries, sessions
from sun_commune.accounts.contacts import normalise_contact
from sun_commune.accounts.forms import AskResetForm, ChangePasswordForm, NewPasswordForm
from sun_commune.accounts.services import keys
from sun_commune.accounts.services.registration import hash_new_password
from sun_commune.accounts.throttles import PASSWORD_USER, count
from sun_commune.accounts.views.doors import blueprint, client_network
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError


@blueprint.route("/forgot", methods=["GET", "POST"])
@access.public
def ask_reset() -> Any:
    form = AskResetForm()
    if not form.validate_on_submit():
        return render_template("accounts/ask_reset.html", form=form), 422 if form.is_submitted() else 200
    contact, typed = normalise_contact(form.contact.data), str(form.contact.data)
    with transaction(audited=False):
        allowed = keys.count_reset(contact=contact, typed=typed, address=client_network())
    if not allowed:
        form.form_errors.append(_("Too many links were asked for. Try again in an hour."))
        return render_template("accounts/ask_reset.html", form=form), 429
    with transaction():
        keys.ask_reset(contact=contact)
    return redirect(url_for("accounts.reset_asked"), 303)


@blueprint.get("/forgot/sent")
@access.public
def reset_asked() -> str:
    return render_template("accounts/reset_asked.html")


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@access.public
def reset_password(token: str) -> Any:
    if queries.find_reset(sessions.hash_token(token)) is None:
        return render_template("accounts/reset_over.html"), 410
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return render_template("accounts/reset_password.html", form=form), 422 if form.is_submitted() else 200
    try:
        password_hash = hash_new_password(form.password.data)
        with transaction():
            keys.reset_password(token=token, password_hash=password_hash)
    except SunError as error:
        form.take_error(error)
        return render_template("accounts/reset_password.html", form=form), 422
    sessions.forget()
    flash(_("Your new password is set. Sign in with it."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.route("/my/password", methods=["GET", "POST"])
@access.signed_in
def change_password() -> Any:
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return render_template("accounts/change_password.html", form=form), 422 if form.is_submitted() else 200
    with transaction(audited=False):
        allowed = count(PASSWORD_USER, sessions.actor().code)
    if not allowed:
        form.form_errors.append(_("Too many attempts. Wait a quarter of an hour, or set a new password."))
        return render_template("accounts/change_password.html", form=form), 429
    user = sessions.actor()
    if not passwords.fits(user.password_hash, form.old_password.data):
        form.old_password.errors = [_("This is not your password.")]
        return render_template("accounts/change_password.html", form=form), 422
    try:
        password_hash = hash_new_password(form.password.data, user.name, user.phone, user.email)
        with transaction():
            token = keys.change_password(actor=user, password_hash=password_hash)
    except SunError as error:
        form.take_error(error)
        return render_template("accounts/change_password.html", form=form), 422
    sessions.remember(user, token)
    flash(_("Your password is changed. Everywhere else you are signed out."), "success")
    return redirect(url_for("accounts.my_page"), 303)
