"""The village's side: receive, accept, confirm, thank."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune import config
from sun_commune.accounts.models import VILLAGE_ROLES, User
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError
from sun_commune.deliveries import forms, queries, services
from sun_commune.deliveries.models import Condition, ValueBasis
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.deliveries.states import DeliveryAct, Party
from sun_commune.deliveries.views import words
from sun_commune.deliveries.views.doors import answer, blueprint, claim_url, may_act, moved_on, open_delivery
from sun_commune.needs.models import Subject
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.services import store_photo

METHODS = ["GET", "POST"]


def reference_value(view: DeliveryView, quantity: int) -> int | None:
    """Fen of so much at the need's reference price, as the first suggestion."""
    price = view.need_line.unit_price_fen
    return price * quantity if price else None


def _fill_acceptance(form: forms.AcceptFields, view: DeliveryView, quantity: int) -> None:
    form.accepted_quantity.data = quantity
    form.accepted_for.data = view.need.subject.value
    form.value_fen.data = reference_value(view, quantity)
    form.value_basis.data = ValueBasis.MARKET.value


def _accept(actor: User, view: DeliveryView, form: forms.AcceptFields) -> None:
    services.accept_goods(
        actor,
        view.delivery,
        quantity=form.accepted_quantity.data or 0,
        value_fen=form.value_fen.data or 0,
        value_basis=ValueBasis(form.value_basis.data),
        accepted_for=Subject(form.accepted_for.data),
    )


@blueprint.route("/deliveries/<code>/receive", methods=METHODS)
@access.roles(*VILLAGE_ROLES)
def receive_goods(code: str) -> Any:
    view = open_delivery(code, Party.VILLAGE)
    form = forms.ReceiveGoodsForm()
    if not form.is_submitted():
        if not may_act(view, DeliveryAct.RECEIVE):
            return moved_on(view.claim.code)
        form.quantity.data = view.delivery.quantity
        _fill_acceptance(form, view, view.delivery.quantity)
    else:
        _keep_photo(form)

    def act(actor: User) -> str:
        photo = queries.find_own_photo(form.kept_photo.data or "", actor.id)
        services.receive_goods(
            actor,
            view.delivery,
            quantity=form.quantity.data,
            condition=Condition(form.condition.data),
            note=form.note.data or "",
            photo_id=photo.id if photo else None,
            photo_shows_person=form.photo_shows_person.data,
        )
        if form.accept_now.data:
            _accept(actor, view, form)
        return claim_url(view.claim.code)

    return answer(form, act, _("Recorded. Thank you."), "receive_goods", view=view, words=words)


def _keep_photo(form: forms.ReceiveGoodsForm) -> None:
    """Store a chosen photo at once, so that it is not lost when another field is wrong; private until accepted."""
    file = request.files.get("photo")
    if file is None or not file.filename:
        return
    user_id = current_user.id
    try:
        photo = prepare_photo(file.stream.read(), most_megabytes=config.current().upload_megabytes)
        with transaction(audited=False):
            form.kept_photo.data = store_photo(actor_id=user_id, photo=photo).token
    except SunError as error:
        form.photo_error = error


@blueprint.route("/deliveries/<code>/accept", methods=METHODS)
@access.roles(*VILLAGE_ROLES)
def accept_goods(code: str) -> Any:
    view = open_delivery(code, Party.VILLAGE)
    form = forms.AcceptGoodsForm()
    if not form.is_submitted():
        if not may_act(view, DeliveryAct.ACCEPT):
            return moved_on(view.claim.code)
        _fill_acceptance(form, view, view.delivery.received_quantity or view.delivery.quantity)

    def act(actor: User) -> str:
        _accept(actor, view, form)
        return claim_url(view.claim.code)

    return answer(form, act, _("Accepted; it stands in the public ledger now."), "accept_goods", view=view, words=words)


@blueprint.route("/deliveries/<code>/confirm", methods=METHODS)
@access.roles(*VILLAGE_ROLES)
def confirm_work(code: str) -> Any:
    view = open_delivery(code, Party.VILLAGE)
    form = forms.ConfirmWorkForm()
    if not form.is_submitted():
        if not may_act(view, DeliveryAct.CONFIRM):
            return moved_on(view.claim.code)
        form.quantity.data = view.delivery.quantity

    def act(actor: User) -> str:
        services.confirm_work(actor, view.delivery, quantity=form.quantity.data)
        return claim_url(view.claim.code)

    return answer(form, act, _("Confirmed. Thank you."), "confirm_work", view=view, words=words)


@blueprint.route("/deliveries/<code>/thank", methods=METHODS)
@access.roles(*VILLAGE_ROLES)
def thank_donor(code: str) -> Any:
    view = open_delivery(code, Party.VILLAGE)
    form = forms.ThankForm()

    def act(actor: User) -> str:
        services.thank_donor(actor, view.delivery, text=form.text.data)
        return claim_url(view.claim.code)

    return answer(form, act, _("Your thanks are on their way."), "thank_donor", view=view, words=words)
