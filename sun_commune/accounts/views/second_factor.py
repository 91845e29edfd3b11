"""The second step of signing in: turned on, turned off, and asked for."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import one_time_codes, passwords, policies, queries, resume, second_step, sessions
from sun_commune.accounts.forms import CodeForm, EnrolForm, RemoveSecondFactorForm
from sun_commune.accounts.models import User
from sun_commune.accounts.services import second_factor
from sun_commune.accounts.throttles import PASSWORD_USER, count
from sun_commune.accounts.views.doors import blueprint, local_path, next_page
from sun_commune.core import access, sealing
from sun_commune.core.clock import now
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError

MY_FACTOR = "/my/second-step"


@blueprint.route(MY_FACTOR, methods=["GET", "POST"])
@access.signed_in
def enrol_second_factor() -> Any:
    """The secret travels sealed in the form: nothing is stored until a code shows that the app has it."""
    user = sessions.actor()
    if queries.find_second_factor(user.id) is not None:
        return redirect(url_for("accounts.remove_second_factor"))
    form = EnrolForm()
    secret = _offered(form.offer.data, user) or one_time_codes.new_secret()
    if not form.validate_on_submit():
        return _offer(form, secret), 422 if form.is_submitted() else 200
    refusal = _refuse_password(form, user)
    if refusal:
        return _offer(form, secret), refusal
    step = one_time_codes.find_step(secret, one_time_codes.clean_code(form.code.data), now())
    if step is None:
        form.code.errors = [_("This code does not fit. Check the clock of your phone, and type the newest code.")]
        return _offer(form, secret), 422
    codes = one_time_codes.new_recovery_codes()
    hashes = [passwords.hash_password(one_time_codes.clean_code(code)) for code in codes]
    try:
        with transaction():
            token = second_factor.enrol(actor=user, secret=secret, step=step, recovery_hashes=hashes)
    except SunError as error:
        flash(str(error), "warning")
        return redirect(url_for("accounts.remove_second_factor"))
    sessions.remember(user, token)
    return render_template("accounts/recovery_codes.html", codes=codes)


def _offer(form: EnrolForm, secret: str) -> str:
    """The page with the picture. The form carries the very secret that is shown, so that a wrong code costs nothing."""
    user = sessions.actor()
    form.offer.data = base64.b64encode(sealing.seal(secret, _context(user))).decode()
    form.password.data = form.code.data = None
    address = one_time_codes.app_address(secret, issuer=_("Sun Commune"), account=user.name)
    return render_template(
        "accounts/enrol_second_factor.html",
        form=form,
        picture=one_time_codes.picture_of(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        is_required=policies.must_have_second_factor(user),
    )


def _offered(text: str | None, user: User) -> str | None:
    try:
        return sealing.unseal(base64.b64decode(text or "", validate=True), _context(user))
    except (binascii.Error, ValueError, sealing.Unreadable):
        return None


def _context(user: User) -> str:
    return f"offer of a second factor {user.code}"


@blueprint.route(f"{MY_FACTOR}/off", methods=["GET", "POST"])
@access.signed_in
def remove_second_factor() -> Any:
    user = sessions.actor()
    if queries.find_second_factor(user.id) is None:
        return redirect(url_for("accounts.enrol_second_factor"))
    form = RemoveSecondFactorForm()
    if not form.validate_on_submit():
        return _show_factor(form, user), 422 if form.is_submitted() else 200
    refusal = _refuse_password(form, user) or _refuse_codes(form, user)
    if refusal:
        return _show_factor(form, user), refusal
    proof = second_factor.check_code(user=user, typed=form.code.data)
    try:
        with transaction():
            token = second_factor.remove(actor=user, proof=proof)
    except SunError as error:
        form.take_error(error)
        return _show_factor(form, user), 422
    sessions.remember(user, token)
    flash(_("The second step is off. Everywhere else you are signed out."), "success")
    return redirect(url_for("accounts.my_page"), 303)


def _show_factor(form: RemoveSecondFactorForm, user: User) -> str:
    return render_template(
        "accounts/remove_second_factor.html",
        form=form,
        is_required=policies.must_have_second_factor(user),
        codes_left=len(queries.unused_recovery_codes(user.id)),
    )


def _refuse_password(form: EnrolForm | RemoveSecondFactorForm, user: User) -> int:
    """The status of a refusal, its words on the form; 0 if the password is right."""
    with transaction(audited=False):
        allowed = count(PASSWORD_USER, user.code)
    if not allowed:
        form.form_errors.append(_("Too many attempts. Wait a quarter of an hour, or set a new password."))
        return 429
    if not passwords.fits(sessions.actor().password_hash, form.password.data):
        form.password.errors = [_("This is not your password.")]
        return 422
    return 0


def _refuse_codes(form: CodeForm | RemoveSecondFactorForm, user: User) -> int:
    """429 after too many tries, and 0 else."""
    with transaction(audited=False):
        allowed = second_factor.count_code(user=user)
    if allowed:
        return 0
    form.form_errors.append(_("Too many codes were tried. Wait a quarter of an hour."))
    return 429


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@access.public
def give_code() -> Any:
    """The second step. Public: it opens the sign-in."""
    waiting = second_step.waiting()
    if waiting is None:
        flash(_("Enter your password first; then the code is asked for."))
        return redirect(url_for("accounts.sign_in", next=local_path(request.args.get("next"))))
    user, auth_epoch = waiting
    form = CodeForm()
    if not form.validate_on_submit():
        return ask_code(form), 422 if form.is_submitted() else 200
    refusal = _refuse_codes(form, user)
    if refusal:
        return ask_code(form), refusal
    proof = second_factor.check_code(user=user, typed=form.code.data)
    with transaction():
        token = second_factor.open_sign_in(user=user, auth_epoch=auth_epoch, proof=proof)
    if token is None:
        form.code.errors = [_("This code is wrong, or was used before. Wait for the next one.")]
        return ask_code(form), 422
    return welcome(user, token, form.kept.data)


def ask_code(form: CodeForm) -> str:
    form.code.data = None
    return render_template("accounts/give_code.html", form=form)


def welcome(user: User, token: str, kept_text: str | None) -> Any:
    """The sign-in counts from now on; go where the person wanted to."""
    kept = resume.open_seal(kept_text)
    sessions.remember(user, token)
    return resume.greet(kept, user.id) if kept is not None else redirect(next_page(), 303)
