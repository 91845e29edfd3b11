"""Closing the own account: what goes, what stays, the password, done."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from sun_commune.accounts import passwords, policies, sessions
from sun_commune.accounts.forms import CloseAccountForm
from sun_commune.accounts.services import closing
from sun_commune.accounts.throttles import PASSWORD_USER, count
from sun_commune.accounts.views.doors import blueprint
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError


@blueprint.route("/my/closing", methods=["GET", "POST"])
@access.signed_in
def close_account() -> Any:
    user = sessions.actor()
    access.require(policies.can_close_account(user))
    form = CloseAccountForm()
    if not form.validate_on_submit():
        return _page(form), 422 if form.is_submitted() else 200
    with transaction(audited=False):
        allowed = count(PASSWORD_USER, user.code)
    if not allowed:
        form.form_errors.append(_("Too many attempts. Wait a quarter of an hour, or set a new password."))
        return _page(form), 429
    if not passwords.fits(user.password_hash, form.old_password.data):
        form.old_password.errors = [_("This is not your password.")]
        return _page(form), 422
    try:
        with transaction():
            closing.close_account(actor=user, wants_anonymity=form.wants_anonymity.data)
    except SunError as error:
        form.take_error(error)
        return _page(form), 422
    sessions.forget()
    flash(_("Your account is closed and your data are removed. Thank you for what you gave."), "success")
    return redirect(url_for("portal.home"), 303)


def _page(form: CloseAccountForm) -> str:
    return render_template("accounts/close_account.html", form=form)
