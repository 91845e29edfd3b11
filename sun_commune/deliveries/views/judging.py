"""When something is wrong: either side disputes, the county settles; the county hides a photo."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from sun_commune.accounts.models import Role, User
from sun_commune.core import access
from sun_commune.deliveries import forms, policies, queries, services
from sun_commune.deliveries.models import Settlement, ValueBasis
from sun_commune.deliveries.states import DeliveryAct, Party
from sun_commune.deliveries.views import words
from sun_commune.deliveries.views.doors import answer, blueprint, claim_url, may_act, moved_on, open_delivery
from sun_commune.deliveries.views.receiving import reference_value
from sun_commune.needs.models import LineKind

METHODS = ["GET", "POST"]


@blueprint.route("/deliveries/<code>/dispute", methods=METHODS)
@access.signed_in
def dispute_delivery(code: str) -> Any:
    view = open_delivery(code, Party.DONOR, Party.VILLAGE, Party.TREASURER)
    form = forms.DisputeForm()
    if not form.is_submitted() and not may_act(view, DeliveryAct.DISPUTE):
        return moved_on(view.claim.code)

    def act(actor: User) -> str:
        services.dispute_delivery(actor, view.delivery, reason=form.reason.data)
        return claim_url(view.claim.code)

    return answer(form, act, _("The county has been told and looks into it."), "dispute_delivery",
                  view=view, words=words)  # fmt: skip


@blueprint.route("/deliveries/<code>/settle", methods=METHODS)
@access.roles(Role.COUNTY_ADMIN)
def settle_dispute(code: str) -> Any:
    view = open_delivery(code, Party.COUNTY)
    access.require(policies.can_settle(current_user, view.need, view.donor, view.delivery))
    form = forms.SettleForm()
    if view.need_line.kind is LineKind.MONEY:
        form.outcome.choices = forms.choices((Settlement.RETURNED, Settlement.RELEASED))
    if not form.is_submitted():
        if not may_act(view, DeliveryAct.SEND_BACK):
            return moved_on(view.claim.code)
        row = view.delivery
        form.quantity.data = row.received_quantity or row.quantity
        form.value_fen.data = row.value_fen or reference_value(view, form.quantity.data)
        form.value_basis.data = (row.value_basis or ValueBasis.MARKET).value

    def act(actor: User) -> str:
        is_upheld = form.outcome.data == Settlement.ACCEPTED.value
        is_goods, basis = view.need_line.kind is LineKind.GOODS, form.value_basis.data
        services.settle_dispute(
            actor,
            view.delivery,
            outcome=Settlement(form.outcome.data),
            text=form.text.data,
            quantity=form.quantity.data if is_upheld else None,
            value_fen=form.value_fen.data if is_upheld and is_goods else None,
            value_basis=ValueBasis(basis) if basis and is_upheld and is_goods else None,
        )
        return claim_url(view.claim.code)

    return answer(form, act, _("The dispute is settled; both sides have been told."), "settle_dispute",
                  view=view, words=words)  # fmt: skip


@blueprint.route("/deliveries/<code>/hide-photo", methods=METHODS)
@access.roles(Role.COUNTY_ADMIN)
def hide_photo(code: str) -> Any:
    view = queries.view_delivery(code)
    access.require(policies.can_hide_photo(current_user, view.need))
    form = forms.HidePhotoForm()

    def act(actor: User) -> str:
        services.hide_photo(actor, view.delivery, reason=form.reason.data)
        return claim_url(view.claim.code)

    return answer(form, act, _("The photo is hidden."), "hide_photo", view=view, words=words)
