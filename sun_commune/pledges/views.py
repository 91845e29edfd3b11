"""Pages on which a donor takes on a need: choose, check, pledge, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from sun_commune.accounts import sessions
from sun_commune.core import access
from sun_commune.core.clock import now
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, NotAllowed, SunError
from sun_commune.core.labels import label
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.lanes import queries as lanes
from sun_commune.needs.models import LineKind, Need
from sun_commune.needs.states import IN_PROGRESS
from sun_commune.pledges import forms, policies, queries, services
from sun_commune.pledges.labels import donor_words, reason_words
from sun_commune.pledges.models import Claim, ClaimState, Shown

blueprint = Blueprint("pledges", __name__)
blueprint.add_app_template_filter(donor_words, "donor_words")
blueprint.add_app_template_filter(reason_words, "reason_words")


def _status(error: SunError) -> int:
    return 409 if isinstance(error, Conflict) else 422


@blueprint.route("/needs/<code>/claim", methods=["GET", "POST"])
@access.public
def claim_need(code: str) -> Any:
    """Choose how much of which line. Open to visitors: they sign in when they go on, and lose nothing."""
    need = queries.need_by_code(code)
    access.require(policies.can_see_claiming(need))
    _refuse_party(need)
    hold = queries.live_hold(current_user.id, need.id, now())
    lines = queries.chosen_lines(need, hold)
    money_lanes = lanes.present()
    takes_money = money_lanes.account is not None
    free = [chosen for chosen in lines if _is_free(chosen, takes_money=takes_money)]
    page = {"need": need, "lines": lines, "hold": hold, "takes_money": takes_money, "lanes": money_lanes}
    if not free or need.state not in IN_PROGRESS:
        return render_template("pledges/claim_closed.html", **page), 409 if request.method == "POST" else 200
    if request.method == "GET":
        values = request.args if request.args else MultiDict(forms.held_values(lines))
        form = forms.claim_form(free, formdata=values or None)
        return render_template("pledges/claim_need.html", form=form, **page)
    form = forms.claim_form(free)
    if not form.validate() or form.refuse_too_much():
        return render_template("pledges/claim_need.html", form=form, **page), 422
    if not current_user.is_authenticated:
        flash(_("Please sign in to go on. What you chose stays."))
        return redirect(url_for("accounts.sign_in", next=_claim_url(code, form.typed())), 303)
    try:
        return redirect(_hold_once(form, need.id), 303)
    except SunError as error:
        form.take_error(error)
        page["lines"] = queries.chosen_lines(need, hold)  # what is left now, after the refusal
        return render_template("pledges/claim_need.html", form=form, **page), _status(error)


def _hold_once(form: forms.ClaimForm, need_id: int) -> str:
    donor_id, wanted = sessions.actor().id, form.wanted()
    key, body = form.once.data or "", body_hash(request.form.to_dict(flat=False))
    with transaction():
        earlier = begin_once(user_id=donor_id, key=key, body_sha256=body)
        if earlier is not None:
            return earlier
        held = services.hold_lines(donor_id=donor_id, need_id=need_id, wanted=wanted)
        location = url_for(".check_claim", code=held.code)
        finish_once(user_id=donor_id, key=key, location=location)
    return location


def _claim_url(code: str, filled_in: Mapping[str, Any]) -> str:
    """The page of the choice, with these fields filled in."""
    return url_for(".claim_need", code=code, **filled_in)


def _is_free(chosen: queries.ChosenLine, *, takes_money: bool) -> bool:
    """Something is left of it, and money only where a charity may take it."""
    return chosen.left > 0 and (chosen.line.kind is not LineKind.MONEY or takes_money)


def _refuse_party(need: Need) -> None:
    if current_user.is_authenticated and not policies.can_claim_need(current_user, need):
        raise NotAllowed(_("You wrote, reviewed or published this need or serve its village, so others must claim it."))


@blueprint.route("/claims/<code>/check", methods=["GET", "POST"])
@access.signed_in
def check_claim(code: str) -> Any:
    """The answers once more, with the day, the name and a message; then the pledge."""
    claim = queries.claim_by_code(code)
    access.require(policies.can_check_claim(current_user, claim))
    form = _pledge_form(claim)
    if request.method == "POST" and form.validate():
        try:
            return redirect(_pledge_once(form, claim), 303)
        except SunError as error:
            form.take_error(error)
            return _check_page(claim, form, _status(error))
    if request.method == "GET" and claim.state is not ClaimState.HELD:
        return redirect(url_for("deliveries.show_claim", code=code))
    return _check_page(claim, form, 422 if request.method == "POST" else 200)


def _pledge_form(claim: Claim) -> forms.PledgeForm:
    lines = queries.chosen_lines(queries.need_of(claim), claim)
    form = forms.PledgeForm(data={"due_on": queries.default_due_on(lines), "shown": Shown.MASKED})
    form.shown.choices = [
        (shown.value, f"{label(shown)} · {donor_words(services.shown_name(claim.donor_id, shown))}") for shown in Shown
    ]
    return form


def _pledge_once(form: forms.PledgeForm, claim: Claim) -> str:
    actor, code = sessions.actor(), claim.code
    user_id, key, body = actor.id, form.once.data or "", body_hash(request.form.to_dict(flat=False))
    with transaction():
        earlier = begin_once(user_id=user_id, key=key, body_sha256=body)
        if earlier is not None:
            return earlier
        services.pledge_claim(
            actor, claim, due_on=cast("date", form.due_on.data), shown=form.shown.data, message=form.message.data or ""
        )
        location = url_for("deliveries.show_claim", code=code)
        finish_once(user_id=user_id, key=key, location=location)
    flash(_("Thank you. Your pledge stands, and the village has been told."), "success")
    return location


def _check_page(claim: Claim, form: forms.PledgeForm, status: int) -> tuple[str, int]:
    need = queries.need_of(claim)
    lines = [chosen for chosen in queries.chosen_lines(need, claim) if chosen.quantity]
    is_held = claim.state is ClaimState.HELD and claim.held_until is not None and claim.held_until > now()
    template = "pledges/check_claim.html" if is_held else "pledges/hold_ended.html"
    values = {"claim": claim, "need": need, "lines": lines, "form": form}
    again = _claim_url(need.code, forms.held_values(lines))
    return render_template(template, again=again, **values), status


@blueprint.route("/claims/<code>/cancel", methods=["GET", "POST"])
@access.signed_in
def cancel_claim(code: str) -> Any:
    """Take the claim back, before anything is under way."""
    claim = queries.claim_by_code(code)
    access.require(policies.can_cancel_claim(current_user, claim))
    form = forms.CancelForm()
    need = queries.need_of(claim)
    lines = [chosen for chosen in queries.chosen_lines(need, claim) if chosen.quantity]
    page = {"claim": claim, "need": need, "lines": lines, "form": form}
    if not form.is_submitted():
        return render_template("pledges/cancel_claim.html", **page)
    if not form.validate():
        return render_template("pledges/cancel_claim.html", **page), 422
    actor, need_code = sessions.actor(), need.code
    try:
        with transaction():
            services.cancel_claim(actor, claim, form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return render_template("pledges/cancel_claim.html", **page), _status(error)
    flash(_("The claim is cancelled; what it held is free again."), "success")
    return redirect(url_for("portal.show_need", code=need_code), 303)
