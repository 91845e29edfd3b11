"""The donor's side: report a transfer, send goods, agree on a day, say that it is done, call it off."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core import access
from sun_commune.deliveries import forms, queries, services
from sun_commune.deliveries.models import DeliveryMethod
from sun_commune.deliveries.states import GOODS, MONEY, WORK, DeliveryAct, Party
from sun_commune.deliveries.views import words
from sun_commune.deliveries.views.doors import answer, blueprint, claim_url, may_act, moved_on, open_delivery, open_line
from sun_commune.needs.models import LineKind

METHODS = ["GET", "POST"]


def _open(code: str, position: int, kinds: frozenset[LineKind]) -> Any:
    view, line = open_line(code, position)
    access.require(line.need_line.kind in kinds)
    return view, line


@blueprint.route("/claims/<code>/lines/<int:position>/report", methods=METHODS)
@access.signed_in
def report_payment(code: str, position: int) -> Any:
    view, line = _open(code, position, MONEY)
    form = forms.ReportPaymentForm()
    if not form.is_submitted():
        form.quantity.data = line.to_send

    def act(actor: User) -> str:
        services.report_payment(actor, line.claim_line, amount_fen=form.quantity.data)
        return claim_url(code)

    return answer(form, act, _("Thank you. The treasurer looks for it in the account."), "report_payment",
                  view=view, line=line, words=words, settings=config.current())  # fmt: skip


@blueprint.route("/claims/<code>/lines/<int:position>/send", methods=METHODS)
@access.signed_in
def send_goods(code: str, position: int) -> Any:
    view, line = _open(code, position, GOODS)
    form = forms.SendGoodsForm()
    if not form.is_submitted():
        form.quantity.data = line.to_send or None

    def act(actor: User) -> str:
        delivery = services.send_goods(
            actor,
            line.claim_line,
            quantity=form.quantity.data,
            method=DeliveryMethod(form.method.data),
            courier=form.courier.data or "",
            tracking_number=form.tracking_number.data or "",
            planned_on=form.planned_on.data,
        )
        return f"{claim_url(code)}#{delivery.code}"

    return answer(form, act, _("Recorded. Please write the delivery's code on the parcel."), "send_goods",
                  view=view, line=line, words=words, office=queries.find_office(view.need.village_code))  # fmt: skip


@blueprint.route("/claims/<code>/lines/<int:position>/agree", methods=METHODS)
@access.signed_in
def agree_work(code: str, position: int) -> Any:
    view, line = _open(code, position, WORK)
    form = forms.AgreeWorkForm()
    if not form.is_submitted():
        form.quantity.data = line.to_send or None

    def act(actor: User) -> str:
        services.agree_work(actor, line.claim_line, quantity=form.quantity.data, planned_on=form.planned_on.data)
        return claim_url(code)

    return answer(form, act, _("The day is recorded."), "agree_work",
                  view=view, line=line, words=words, office=queries.find_office(view.need.village_code))  # fmt: skip


def _donor_act(code: str, act: DeliveryAct, service: Any, done: str, template: str) -> Any:
    view = open_delivery(code, Party.DONOR)
    form = forms.ActForm()
    if not form.is_submitted() and not may_act(view, act):
        return moved_on(view.claim.code)

    def run(actor: User) -> str:
        service(actor, view.delivery)
        return claim_url(view.claim.code)

    return answer(form, run, done, template, view=view, words=words)


@blueprint.route("/deliveries/<code>/done", methods=METHODS)
@access.signed_in
def mark_done(code: str) -> Any:
    done = _("Recorded. The village confirms it next.")
    return _donor_act(code, DeliveryAct.MARK_DONE, services.mark_done, done, "mark_done")


@blueprint.route("/deliveries/<code>/cancel", methods=METHODS)
@access.signed_in
def cancel_delivery(code: str) -> Any:
    done = _("The delivery is called off. Your promise stands.")
    return _donor_act(code, DeliveryAct.CANCEL, services.cancel_delivery, done, "cancel_delivery")
