"""The donor's way: choose, go to the provider, come back; and the simulator's page, which stands for a provider's."""

from __future__ import annotations

from typing import Any, cast

import segno
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from sun_commune.accounts import sessions
from sun_commune.core import access
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, Missing, SunError
from sun_commune.core.i18n import current_lang
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.lanes import queries as lanes
from sun_commune.payments import policies, queries, services
from sun_commune.payments.forms import PayClaimForm, SimulateForm
from sun_commune.payments.gateways import current_gateways
from sun_commune.payments.gateways.base import GatewayFailed
from sun_commune.payments.gateways.simulator import Simulator
from sun_commune.payments.labels import GATEWAYS
from sun_commune.payments.models import OrderState, PaymentOrder
from sun_commune.payments.services.orders import money_left
from sun_commune.payments.views.calls import hear
from sun_commune.payments.views.doors import blueprint, gateway_named
from sun_commune.pledges import queries as pledges
from sun_commune.pledges.models import Claim, ClaimState


@blueprint.route("/claims/<code>/pay", methods=["GET", "POST"])
@access.signed_in
def pay_claim(code: str) -> Any:
    """How much, and by whom. Only the donor; only while lane B is open and a gateway is on."""
    claim = pledges.claim_by_code(code)
    access.require(policies.can_pay(current_user, claim))
    form = PayClaimForm()
    form.gateway.choices = [(name, GATEWAYS[name]) for name in current_gateways()]
    if not form.is_submitted():
        left = money_left(claim)
        form.amount_fen.data = left or None
        form.gateway.data = next(iter(current_gateways()), None)
        return _pay_page(claim, form)
    if not form.validate():
        return _pay_page(claim, form, 422)
    try:
        order_code = _open_once(form, claim)
    except SunError as error:
        db.session.rollback()
        form.take_error(error)
        return _pay_page(claim, form, 409 if isinstance(error, Conflict) else 422)
    return redirect(url_for("payments.show_order", code=order_code), 303)


def _open_once(form: PayClaimForm, claim: Claim) -> str:
    user_id, key, body = current_user.id, form.once.data or "", body_hash(request.form.to_dict(flat=False))
    with transaction():
        earlier = begin_once(user_id=user_id, key=key, body_sha256=body)
        if earlier:
            return earlier.rsplit("/", 1)[-1]
        order = services.open_order(
            sessions.actor(), claim, gateway=form.gateway.data, amount_fen=cast("int", form.amount_fen.data)
        )
        order_code = order.code
        finish_once(user_id=user_id, key=key, location=url_for("payments.show_order", code=order_code))
    return order_code


def _pay_page(claim: Claim, form: PayClaimForm, status: int = 200) -> tuple[str, int]:
    left = money_left(claim)
    is_open = bool(current_gateways()) and claim.state is ClaimState.PLEDGED and left > 0
    page = {"claim": claim, "form": form, "left": left, "lanes": lanes.present(), "is_open": is_open}
    page["orders"] = queries.list_orders_of_claim(claim.id)
    return render_template("payments/pay_claim.html", has_simulator="simulator" in current_gateways(), **page), status


@blueprint.get("/payments/<code>")
@access.signed_in
def show_order(code: str) -> str:
    """How far an order is. ``?back=1``: the provider has sent the donor back, which proves nothing yet."""
    order = queries.find_order(code)
    access.require(policies.can_see_order(current_user, order))
    may_pay = policies.can_pay_order(current_user, order) and order.state is OrderState.OPEN
    failed = "" if not may_pay else _prepare(order)
    order = queries.find_order(code)
    gateway = current_gateways().get(order.gateway)
    return render_template(
        "payments/show_order.html",
        order=order,
        claim=db.session.get_one(Claim, order.claim_id),
        gateway_words=GATEWAYS[order.gateway],
        may_pay=may_pay and bool(order.pay_url),
        is_link=gateway is not None and gateway.is_link,
        qr=_qr(order) if may_pay and gateway is not None and not gateway.is_link and order.pay_url else "",
        failed=failed,
        is_back=request.args.get("back") == "1",
        is_donor=policies.can_pay_order(current_user, order),
    )


def _prepare(order: PaymentOrder) -> bool:
    """Ask the provider where to pay, once and outside any transaction; True if it does not answer."""
    gateway = current_gateways().get(order.gateway)
    if order.pay_url or gateway is None:
        return gateway is None
    code, slip = order.code, services.slip_of(order, lang=current_lang())
    db.session.rollback()
    try:
        pay_url = gateway.create(slip)
    except GatewayFailed:
        return True
    with transaction(audited=False):
        services.set_pay_url(code, pay_url)
    return False


def _qr(order: PaymentOrder) -> Markup:
    drawing = segno.make(order.pay_url, error="m", micro=False).svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return Markup(drawing)  # noqa: S704 - drawn here, holds no text of anybody


@blueprint.route("/payments/<code>/simulator", methods=["GET", "POST"])
@access.signed_in
def simulate_payment(code: str) -> Any:
    """Stands for the provider's page, and says so. Its call-back goes the way of a real one, signature and all."""
    order = queries.find_order(code)
    access.require(policies.can_pay_order(current_user, order) and order.gateway == "simulator")
    gateway = gateway_named("simulator")
    if not isinstance(gateway, Simulator):
        raise Missing
    form = SimulateForm()
    if not form.is_submitted():
        return render_template("payments/simulate_payment.html", order=order, form=form)
    if not form.validate():
        return render_template("payments/simulate_payment.html", order=order, form=form), 422
    headers, body = gateway.pay(services.slip_of(order, lang=current_lang()), reference=f"SIM{order.code}")
    db.session.rollback()
    hear(gateway, headers, body)
    flash(_("The simulator has told the site that you paid. No money has moved."), "success")
    return redirect(url_for("payments.show_order", code=code, back="1"), 303)
