"""Invitations: made, shown to their maker, withdrawn, accepted."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune import config
from sun_commune.accounts import policies, queries, sessions
from sun_commune.accounts.forms import AcceptForm, InviteForm, JoinByInvitationForm
from sun_commune.accounts.models import SCOPE_DIGITS, Invitation, Role, User
from sun_commune.accounts.services import invitations, registration
from sun_commune.accounts.views.doors import blueprint, place_name
from sun_commune.accounts.views.registration import new_user
from sun_commune.core import access
from sun_commune.core.addresses import absolute
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError
from sun_commune.core.once import begin_once, body_hash, finish_once

ACCEPT_PAGE = "accounts/accept_invitation.html"


@blueprint.route("/people/invite", methods=["GET", "POST"])
@access.roles(Role.COUNTY_ADMIN, Role.OPERATOR)
def invite_officer() -> Any:
    user = sessions.actor()
    form = InviteForm(roles=policies.roles_to_grant(user))
    place_code = _scope(form, user) if form.validate_on_submit() else None
    if place_code is None:
        return render_template("accounts/invite_officer.html", form=form), 422 if form.is_submitted() else 200
    key = form.once.data or ""
    try:
        with transaction():
            location = begin_once(
                user_id=user.id, key=key, body_sha256=body_hash(request.form.to_dict(flat=False))
            ) or _invite(user, form, place_code, key)
    except SunError as error:
        form.take_error(error)
        return render_template("accounts/invite_officer.html", form=form), 422
    return redirect(location, 303)


def _scope(form: InviteForm, user: User) -> str | None:
    """The place that the invitation is for. City-wide roles need none to be typed."""
    digits = SCOPE_DIGITS[Role(form.role.data)]
    if digits == 4:
        return config.current().city
    return form.resolve_place(digits, g.lang, within=user.places(Role.COUNTY_ADMIN, Role.OPERATOR))


def _invite(user: User, form: InviteForm, place_code: str, key: str) -> str:
    invitation = invitations.invite_officer(
        actor=user,
        role=Role(form.role.data),
        place_code=place_code,
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
    )
    location = url_for("accounts.show_invitation", code=invitation.code)
    finish_once(user_id=user.id, key=key, location=location)
    return location


@blueprint.get("/people/invitations/<code>")
@access.roles(Role.COUNTY_ADMIN, Role.OPERATOR)
def show_invitation(code: str) -> str:
    """The link, for its maker to hand over."""
    invitation = queries.get_by_code(Invitation, code)
    access.require(policies.can_see_invitation(sessions.actor(), invitation))
    path = url_for("accounts.accept_invitation", token=invitations.token_of(code))
    return render_template(
        "accounts/show_invitation.html",
        invitation=invitation,
        place=place_name(invitation.place_code),
        invitation_url=absolute(path),
        is_open=queries.find_invitation(invitation.token_hash) is not None,
    )


@blueprint.post("/people/invitations/<code>/withdraw")
@access.roles(Role.COUNTY_ADMIN, Role.OPERATOR)
def withdraw_invitation(code: str) -> Any:
    invitation = queries.get_by_code(Invitation, code)
    access.require(policies.can_see_invitation(sessions.actor(), invitation))
    with transaction():
        invitations.withdraw_invitation(actor=sessions.actor(), invitation=invitation)
    flash(_("The invitation is withdrawn; its link does not work any more."), "success")
    return redirect(url_for("accounts.list_people"), 303)


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
@access.public
def accept_invitation(token: str) -> Any:
    """Public: the link is the right. Who has an account signs in first; who has none opens one here."""
    invitation = queries.find_invitation(sessions.hash_token(token))
    if invitation is None:
        return render_template("accounts/invitation_over.html"), 410
    form = AcceptForm() if current_user.is_authenticated else JoinByInvitationForm()
    values = {
        "form": form,
        "role": invitation.role,
        "place": place_name(invitation.place_code),
        "starts_on": invitation.starts_on,
        "ends_on": invitation.ends_on,
        "wants_phone": SCOPE_DIGITS[invitation.role] == 12,
    }
    if not form.validate_on_submit():
        return render_template(ACCEPT_PAGE, **values), 422 if form.is_submitted() else 200
    try:
        user, sign_in_token = _accept(form, token)
    except SunError as error:
        form.take_error(error)
        return render_template(ACCEPT_PAGE, **values), 422
    sessions.remember(user, sign_in_token)
    flash(_("Welcome. Your duty is granted."), "success")
    return redirect(url_for("accounts.my_page"), 303)


def _accept(form: AcceptForm | JoinByInvitationForm, token: str) -> tuple[User, str]:
    """One act: the account, if there was none, the duty, and a new sign-in for the right that has grown."""
    office_phone = form.office_phone.data or ""
    new = new_user(form, office_phone) if isinstance(form, JoinByInvitationForm) else None
    with transaction():
        if new is None:
            user = sessions.actor()
        else:
            user = registration.open_user(new=new, actor_id=None, reason=registration.PRIVACY_AGREED)
        invitations.accept_invitation(actor=user, token=token, office_phone=office_phone)
        return user, sessions.open_sign_in(user)
