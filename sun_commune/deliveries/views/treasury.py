"""The treasurer's side: what donors report, and recording what has arrived in the account."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune.accounts.models import Role, User
from sun_commune.core import access
from sun_commune.core.clock import today
from sun_commune.deliveries import forms, policies, queries, services
from sun_commune.deliveries.views import words
from sun_commune.deliveries.views.doors import answer, blueprint


@blueprint.route("/treasury/payments", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def record_payment() -> Any:
    form = forms.RecordPaymentForm()
    if not form.is_submitted():
        form.payment_code.data = request.args.get("payment_code", "")[:20]
        form.arrived_on.data = today()

    def act(actor: User) -> str:
        services.record_payment(
            actor,
            payment_code=form.payment_code.data,
            amount_fen=form.amount_fen.data,
            arrived_on=form.arrived_on.data,
            bank_reference=form.bank_reference.data,
        )
        return url_for("deliveries.record_payment")

    reported = [
        row for row in queries.list_reported(current_user.places(Role.TREASURER))
        if policies.can_record_payment(current_user, row.need, row.donor)
    ]  # fmt: skip
    return answer(form, act, _("Recorded. The money stands in the public ledger now."), "record_payment",
                  reported=reported, words=words)  # fmt: skip
