"""The treasurer's list of orders, and what needs a look."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.core import access
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, SunError
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.payments import policies, queries, services
from sun_commune.payments.forms import SettleOrderForm
from sun_commune.payments.gateways import current_gateways
from sun_commune.payments.labels import GATEWAYS
from sun_commune.payments.models import OrderState
from sun_commune.payments.views.doors import blueprint


@blueprint.get("/treasury/orders")
@access.roles(*policies.READERS)
def list_orders() -> str:
    wanted = request.args.get("state", "")
    state = OrderState(wanted) if wanted in set(OrderState) else None
    return render_template(
        "payments/list_orders.html",
        page=queries.list_orders(state, after=request.args.get("after", "")[:20]),
        state=state,
        states=list(OrderState),
        flagged=queries.list_notices(),
        names=GATEWAYS,
        is_on=bool(current_gateways()),
        may_settle=policies.can_settle_order,
        user=sessions.actor(),
    )


@blueprint.route("/treasury/orders/<code>/settle", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def settle_order(code: str) -> Any:
    """Say where money that could not be booked lies now."""
    order = queries.find_order(code)
    if not policies.can_settle_order(current_user, order):
        raise NotAllowed
    form, status = SettleOrderForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                _settle_once(form, code)
            except SunError as error:
                db.session.rollback()
                form.take_error(error)
                status = 409 if isinstance(error, Conflict) else 422
            else:
                flash(_("Settled."), "success")
                return redirect(url_for("payments.list_orders"), 303)
    order = queries.find_order(code)
    return render_template("payments/settle_order.html", order=order, form=form, names=GATEWAYS), status


def _settle_once(form: SettleOrderForm, code: str) -> None:
    user_id, key, body = current_user.id, form.once.data or "", body_hash(request.form.to_dict(flat=False))
    with transaction():
        if begin_once(user_id=user_id, key=key, body_sha256=body):
            return
        services.settle_order(sessions.actor(), queries.find_order(code), note=form.note.data or "")
        finish_once(user_id=user_id, key=key, location=url_for("payments.list_orders"))
