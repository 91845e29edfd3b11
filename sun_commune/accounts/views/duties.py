"""A duty: asked for, decided, ended."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import policies, queries, sessions
from sun_commune.accounts.forms import DecideForm, ReasonForm, RequestDutyForm
from sun_commune.accounts.models import Duty, Role
from sun_commune.accounts.services import duties
from sun_commune.accounts.views.doors import blueprint, place_name
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError
from sun_commune.core.once import begin_once, body_hash, finish_once


@blueprint.route("/my/duties/request", methods=["GET", "POST"])
@access.signed_in
def request_duty() -> Any:
    form = RequestDutyForm()
    code = form.resolve_place(12, g.lang) if form.validate_on_submit() else None
    if code is None:
        return render_template("accounts/request_duty.html", form=form), 422 if form.is_submitted() else 200
    user, key = sessions.actor(), form.once.data or ""
    done = url_for("accounts.my_page")
    try:
        with transaction():
            body = body_hash(request.form.to_dict(flat=False))
            if begin_once(user_id=user.id, key=key, body_sha256=body) is None:
                duties.request_duty(
                    actor=user,
                    role=Role(form.role.data),
                    place_code=code,
                    starts_on=form.starts_on.data,
                    ends_on=form.ends_on.data,
                    office_phone=form.office_phone.data,
                )
                finish_once(user_id=user.id, key=key, location=done)
    except SunError as error:
        form.take_error(error)
        return render_template("accounts/request_duty.html", form=form), 422
    flash(_("Your request is with the county administrator. You will find the answer in your inbox."), "success")
    return redirect(done, 303)


@blueprint.route("/duties/<code>/decide", methods=["GET", "POST"])
@access.roles(Role.COUNTY_ADMIN, Role.OPERATOR)
def decide_duty(code: str) -> Any:
    duty = queries.get_by_code(Duty, code)
    access.require(policies.can_decide_duty(sessions.actor(), duty))
    form = DecideForm()
    if not form.validate_on_submit():
        return _show("accounts/decide_duty.html", form, duty), 422 if form.is_submitted() else 200
    try:
        with transaction():
            if form.decision.data == "yes":
                duties.approve_duty(actor=sessions.actor(), duty=duty)
            else:
                duties.refuse_duty(actor=sessions.actor(), duty=duty, reason=form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return _show("accounts/decide_duty.html", form, duty), 409 if error.field is None else 422
    flash(_("Decided."), "success")
    return redirect(url_for("accounts.list_people"), 303)


@blueprint.route("/duties/<code>/end", methods=["GET", "POST"])
@access.signed_in
def end_duty(code: str) -> Any:
    duty = queries.get_by_code(Duty, code)
    access.require(policies.can_end_duty(sessions.actor(), duty))
    form = ReasonForm()
    if not form.validate_on_submit():
        return _show("accounts/end_duty.html", form, duty), 422 if form.is_submitted() else 200
    own = duty.user_id == sessions.actor().id
    try:
        with transaction():
            duties.end_duty(actor=sessions.actor(), duty=duty, reason=form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return _show("accounts/end_duty.html", form, duty), 409 if error.field is None else 422
    flash(_("The duty has ended."), "success")
    return redirect(url_for("accounts.my_page" if own else "accounts.list_people"), 303)


def _show(template: str, form: ReasonForm, duty: Duty) -> str:
    return render_template(template, form=form, duty=duty, place=place_name(duty.place_code))
