"""The blueprint, and what several pages of deliveries share: finding, asking, and doing a form once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from sun_commune.accounts import sessions
from sun_commune.accounts.models import User
from sun_commune.core import access
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Missing, SunError
from sun_commune.core.forms import OnceForm
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.deliveries import policies, queries
from sun_commune.deliveries.queries import ClaimView, DeliveryView, LineView
from sun_commune.deliveries.services.steps import MOVED_ON
from sun_commune.deliveries.states import DeliveryAct, Party

blueprint = Blueprint("deliveries", __name__)


def claim_url(code: str) -> str:
    return url_for("deliveries.show_claim", code=code)


def open_line(code: str, position: int) -> tuple[ClaimView, LineView]:
    """A line of one's own claim; 404 for anybody else."""
    view = queries.view_claim(code)
    access.require(policies.is_donor(current_user, view.claim))
    return view, view.line_at(position)


def open_delivery(code: str, *parties: Party) -> DeliveryView:
    """A delivery for somebody who stands on one of the sides; 404 for anybody else."""
    view = queries.view_delivery(code)
    mine = policies.parties_of(current_user, view.claim, view.need, view.donor)
    access.require(bool(mine & set(parties)))
    return view


def may_act(view: DeliveryView, act: DeliveryAct) -> bool:
    mine = policies.parties_of(current_user, view.claim, view.need, view.donor)
    return act in policies.acts_open_to(mine, view.need_line.kind, view.delivery)


def moved_on(code: str) -> Any:
    """The act is no longer open: back to the claim, with a word."""
    flash(str(MOVED_ON), "warning")
    return redirect(claim_url(code))


def do_once(form: OnceForm, act: Callable[[User], str]) -> Any:
    """Run ``act`` in the one transaction of this form and go where it says; a form sent twice acts once."""
    user_id, key = current_user.id, form.once.data or ""
    body = body_hash(request.form.to_dict(flat=False))
    with transaction():
        earlier = begin_once(user_id=user_id, key=key, body_sha256=body)
        if earlier:
            return redirect(earlier)
        location = act(sessions.actor())
        finish_once(user_id=user_id, key=key, location=location)
    return redirect(location)


def answer(form: OnceForm, act: Callable[[User], str], done: Any, template: str, **values: Any) -> Any:
    """What every form page of deliveries does. POST: act once, say ``done``, go on; a refusal shows the form again
    with all that was typed. GET: show the form."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                response = do_once(form, act)
            except Missing:
                raise
            except SunError as error:
                db.session.rollback()
                form.take_error(error)
            else:
                flash(str(done), "success")
                return response
    return render_template(f"deliveries/{template}.html", form=form, **values), status
