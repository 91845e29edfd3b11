"""Taking an entry back: asked for by one treasurer, decided by a second person."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import Missing, SunError
from sun_commune.ledger import desk, policies, queries, services
from sun_commune.ledger.forms import ConfirmForm, ReasonForm
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Correction
from sun_commune.ledger.views.common import blueprint, clean_code, status_of


def get_transfer(uid: str) -> Transfer:
    transfer = queries.find_transfer(clean_code(uid))
    if transfer is None:
        raise Missing
    access.require(policies.can_see_correction(sessions.actor(), transfer))
    return transfer


@blueprint.route("/entries/<uid>/reverse", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def reverse_transfer(uid: str) -> Any:
    """Ask for a reversal; a second person decides on the next page."""
    transfer, form = get_transfer(uid), ReasonForm()
    access.require(policies.can_ask_correction(sessions.actor(), transfer))
    if not form.validate_on_submit():
        return _show_reverse(transfer, form), 422 if form.is_submitted() else 200
    try:
        with transaction():
            services.ask_correction(sessions.actor(), transfer, form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return _show_reverse(transfer, form), status_of(error)
    flash(_("Asked for. A second person has to agree before the entry is taken back."), "success")
    return redirect(url_for("ledger.show_correction", uid=transfer.uid), 303)


def _show_reverse(transfer: Transfer, form: ReasonForm) -> str:
    return render_template("ledger/reverse_transfer.html", transfer=transfer, form=form)


@blueprint.get("/entries/<uid>/correction")
@access.roles(*policies.READERS)
def show_correction(uid: str) -> str:
    transfer = get_transfer(uid)
    return _show_correction(transfer, get_correction(transfer), ConfirmForm(), ReasonForm())


def get_correction(transfer: Transfer) -> Correction:
    wish = desk.correction_of(transfer)
    if wish is None:
        raise Missing
    return wish


def _show_correction(transfer: Transfer, wish: Correction, approval: ConfirmForm, refusal: ReasonForm) -> str:
    user = sessions.actor()
    return render_template(
        "ledger/show_correction.html",
        transfer=transfer,
        wish=wish,
        form=approval if approval.errors else refusal,
        refusal=refusal,
        may_decide=policies.can_decide_correction(user, wish, transfer),
        is_maker=user.id == wish.maker_id,
        names=desk.names_of(wish.maker_id, wish.checker_id),
        reversal=queries.reversal_of(transfer.id),
    )


@blueprint.post("/entries/<uid>/correction/approve")
@access.roles(*policies.DECIDERS)
def approve_correction(uid: str) -> Any:
    transfer, form = get_transfer(uid), ConfirmForm()
    wish = get_correction(transfer)
    try:
        with transaction():
            services.approve_correction(sessions.actor(), wish)
    except SunError as error:
        form.take_error(error)
        return _show_correction(transfer, wish, form, ReasonForm(formdata=None)), status_of(error)
    flash(_("The entry is taken back; the reversal stands on the public ledger."), "success")
    return redirect(url_for("ledger.show_correction", uid=transfer.uid), 303)


@blueprint.post("/entries/<uid>/correction/refuse")
@access.roles(*policies.DECIDERS)
def refuse_correction(uid: str) -> Any:
    transfer, form = get_transfer(uid), ReasonForm()
    wish = get_correction(transfer)
    if not form.validate_on_submit():
        return _show_correction(transfer, wish, ConfirmForm(formdata=None), form), 422
    try:
        with transaction():
            services.refuse_correction(sessions.actor(), wish, form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return _show_correction(transfer, wish, ConfirmForm(formdata=None), form), status_of(error)
    flash(_("Refused: the entry stands."), "success")
    return redirect(url_for("ledger.show_correction", uid=transfer.uid), 303)
