"""Advances: handed out by a voucher of their own, settled by invoices, the rest brought back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.core import access
from sun_commune.core.clock import today
from sun_commune.core.errors import Missing, SunError
from sun_commune.ledger import advances, budgets, policies, queries, services
from sun_commune.ledger.advances import Advance
from sun_commune.ledger.forms import AdvanceForm, ReturnForm, SettlementForm
from sun_commune.ledger.views.common import (
    act_once,
    blueprint,
    clean_code,
    fund_of,
    read_papers,
    said_of_payment,
    status_of,
)
from sun_commune.ledger.views.vouchers import get_voucher

USUAL_DAYS = 30


@blueprint.route("/advances/new", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def draft_advance() -> Any:
    """Ask to hand money out before there is an invoice."""
    form = AdvanceForm()
    if not form.validate_on_submit():
        if request.method == "GET":
            form.need_code.data, form.spent_on.data = clean_code(request.args.get("need")), today()
            form.due_on.data = today() + timedelta(days=USUAL_DAYS)
        return _show_draft(form), 422 if form.is_submitted() else 200
    user = sessions.actor()
    try:
        papers = read_papers(form)

        def act() -> str:
            voucher = services.draft_advance(
                user,
                need_code=fund_of(form.need_code.data),
                **said_of_payment(form),
                due_on=form.due_on.data or today(),
                **papers.store(user.id),
            )
            return url_for("ledger.show_voucher", code=voucher.code)

        location = act_once(form, act, papers.hashes)
    except SunError as error:
        form.take_error(error)
        return _show_draft(form), status_of(error)
    flash(_("The voucher is written. A second person has to approve it before money goes out."), "success")
    return redirect(location, 303)


def _show_draft(form: AdvanceForm) -> str:
    need_code = fund_of(form.need_code.data)
    known = bool(need_code) and queries.find_stamp(need_code) is not None
    return render_template(
        "ledger/draft_advance.html",
        form=form,
        available=queries.fund_available(need_code) if known else None,
        planned=budgets.planned_and_spent(need_code) if known and budgets.budget_in_force(need_code) else [],
    )


def get_advance(code: str) -> Advance:
    """An advance that was approved, of a voucher that the person may settle."""
    voucher = get_voucher(code)
    access.require(policies.can_settle_advance(sessions.actor(), voucher))
    advance = advances.find_advance(voucher.code)
    if advance is None:
        raise Missing
    return advance


@blueprint.route("/advances/<code>/settle", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def settle_advance(code: str) -> Any:
    """Hand in an invoice that shows what the advance was spent on."""
    advance, form = get_advance(code), SettlementForm()
    if not form.validate_on_submit():
        if request.method == "GET":
            form.spent_on.data = today()
        return _show_settle(advance, form), 422 if form.is_submitted() else 200
    user = sessions.actor()
    try:
        papers = read_papers(form)

        def act() -> str:
            voucher = services.draft_settlement(
                user,
                advance_code=advance.code,
                **said_of_payment(form),
                invoice_number=form.invoice_number.data or "",
                **papers.store(user.id),
            )
            return url_for("ledger.show_voucher", code=voucher.code)

        location = act_once(form, act, papers.hashes)
    except SunError as error:
        form.take_error(error)
        return _show_settle(advance, form), status_of(error)
    flash(_("The invoice is handed in. A second person has to approve it before it counts as spent."), "success")
    return redirect(location, 303)


def _show_settle(advance: Advance, form: SettlementForm) -> str:
    waiting = advances.settling(advance.code)
    return render_template("ledger/settle_advance.html", advance=advance, form=form, waiting_fen=waiting)


@blueprint.route("/advances/<code>/return", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def return_advance(code: str) -> Any:
    """Book what came back to the charity's account."""
    advance, form = get_advance(code), ReturnForm()
    waiting = advances.settling(advance.code)
    if not form.validate_on_submit():
        if request.method == "GET":
            form.amount_fen.data, form.returned_on.data = max(1, advance.open_fen - waiting), today()
        status = 422 if form.is_submitted() else 200
        return render_template("ledger/return_advance.html", advance=advance, form=form, waiting_fen=waiting), status
    user = sessions.actor()
    try:

        def act() -> str:
            services.return_advance(
                user,
                uid=services.new_uid(),
                advance_code=advance.code,
                amount_fen=int(form.amount_fen.data or 0),
                returned_on=form.returned_on.data or today(),
                bank_reference=form.bank_reference.data or "",
            )
            return url_for("ledger.show_voucher", code=advance.code)

        location = act_once(form, act)
    except SunError as error:
        form.take_error(error)
        shown = render_template("ledger/return_advance.html", advance=advance, form=form, waiting_fen=waiting)
        return shown, status_of(error)
    flash(_("Booked: the rest of the advance is back in the fund."), "success")
    return redirect(location, 303)
