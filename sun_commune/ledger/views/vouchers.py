"""Payments out of a fund or the pool, and the desk on which everything waits."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.core import access
from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.core.errors import Missing, SunError
from sun_commune.ledger import advances, budgets, desk, flags, parcels, policies, queries, services
from sun_commune.ledger.forms import ApproveForm, ConfirmForm, ParcelForm, ReasonForm, VoucherForm
from sun_commune.ledger.papers import FlagKind, Voucher, VoucherState
from sun_commune.ledger.views.common import (
    act_once,
    blueprint,
    clean_code,
    fund_of,
    read_papers,
    said_of_payment,
    status_of,
)
from sun_commune.uploads import serving


@blueprint.get("/vouchers")
@access.roles(*policies.READERS)
def list_vouchers() -> str:
    """What waits for a second person, advances that are out, what was decided, and which funds hold money."""
    user = sessions.actor()
    after = clean_code(request.args.get("after"))
    return render_template(
        "ledger/list_vouchers.html",
        waiting=desk.waiting_vouchers(user),
        decided=desk.decided_vouchers(user, after=after),
        corrections=desk.waiting_corrections(user),
        budgets=desk.waiting_budgets(user),
        advances=desk.open_advances(user),
        funds=desk.funds_with_money(user) if policies.can_draft_voucher(user) else [],
        pool_fen=queries.fund_available("") if policies.can_draft_voucher(user) else 0,
        may_draft=policies.can_draft_voucher(user),
        run=queries.latest_run(),
    )


@blueprint.route("/vouchers/new", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def draft_voucher() -> Any:
    form = VoucherForm()
    if not form.validate_on_submit():
        if request.method == "GET":
            form.need_code.data, form.spent_on.data = clean_code(request.args.get("need")), today()
        return _show_draft(form), 422 if form.is_submitted() else 200
    user = sessions.actor()
    try:
        papers = read_papers(form)

        def act() -> str:
            voucher = services.draft_voucher(
                user,
                need_code=fund_of(form.need_code.data),
                **said_of_payment(form),
                invoice_number=form.invoice_number.data or "",
                **papers.store(user.id),
            )
            return url_for("ledger.show_voucher", code=voucher.code)

        location = act_once(form, act, papers.hashes)
    except SunError as error:
        form.take_error(error)
        return _show_draft(form), status_of(error)
    flash(_("The voucher is written. A second person has to approve it before money goes out."), "success")
    return redirect(location, 303)


def _show_draft(form: VoucherForm) -> str:
    need_code = fund_of(form.need_code.data)
    known = queries.find_stamp(need_code) is not None
    return render_template(
        "ledger/draft_voucher.html",
        form=form,
        available=queries.fund_available(need_code) if known else None,
        planned=budgets.planned_and_spent(need_code) if known and budgets.budget_in_force(need_code) else [],
    )


def get_voucher(code: str) -> Voucher:
    voucher = queries.find_voucher(clean_code(code))
    if voucher is None:
        raise Missing
    access.require(policies.can_see_voucher(sessions.actor(), voucher))
    return voucher


@blueprint.get("/vouchers/<code>")
@access.roles(*policies.READERS)
def show_voucher(code: str) -> str:
    return _show_voucher(get_voucher(code), ApproveForm(), ReasonForm())


def _show_voucher(
    voucher: Voucher, approval: ApproveForm, refusal: ReasonForm, *, naming: ParcelForm | None = None
) -> str:
    user = sessions.actor()
    named, others = parcels.parcels_of(voucher)
    sees_private = policies.can_see_private_half(user, voucher)
    is_open = voucher.state is VoucherState.DRAFTED
    found = flags.find_flags(voucher) if is_open and sees_private else []
    approval.seen.data = " ".join(flag.kind.value for flag in found)
    return render_template(
        "ledger/show_voucher.html",
        voucher=voucher,
        form=approval if approval.errors else naming or refusal,
        named=named,
        naming=ParcelForm(formdata=None).offer(others) if others and policies.can_name_parcels(user, voucher) else None,
        may_name=policies.can_name_parcels(user, voucher),
        approval=approval,
        refusal=refusal,
        sees_private=sees_private,
        may_decide=policies.can_decide_voucher(user, voucher),
        may_settle=policies.can_settle_advance(user, voucher),
        is_maker=user.id == voucher.maker_id,
        names=desk.names_of(voucher.maker_id, voucher.checker_id),
        balance=queries.fund_balance(voucher.need_code),
        flags=found,
        stored=flags.stored_flags(voucher) if sees_private else [],
        copy=desk.copy_of(voucher) if sees_private else None,
        advance=advances.find_advance(voucher.code),
        settlements=advances.settlements_of(voucher.code),
        returns=advances.returns_of(voucher.code),
        planned=budgets.planned_and_spent(voucher.need_code) if budgets.budget_in_force(voucher.need_code) else [],
    )


@blueprint.post("/vouchers/<code>/parcels")
@access.roles(Role.TREASURER)
def name_parcel(code: str) -> Any:
    """This voucher has paid for what that delivery brings; or it was named in error."""
    voucher, form = get_voucher(code), ParcelForm()
    access.require(policies.can_name_parcels(sessions.actor(), voucher))
    named, others = parcels.parcels_of(voucher)
    if not form.offer([*named, *others]).validate_on_submit():
        return _show_voucher(voucher, ApproveForm(formdata=None), ReasonForm(formdata=None), naming=form), 422
    try:
        with transaction():
            services.name_parcel(
                sessions.actor(), voucher, delivery_code=form.delivery_code.data, is_named=not form.is_wrong.data
            )
    except SunError as error:
        form.take_error(error)
        page = _show_voucher(voucher, ApproveForm(formdata=None), ReasonForm(formdata=None), naming=form)
        return page, status_of(error)
    return redirect(url_for("ledger.show_voucher", code=voucher.code, _anchor="parcels"), 303)


@blueprint.get("/vouchers/<code>/document")
@access.roles(*policies.DECIDERS)
def show_voucher_document(code: str) -> Response:
    """The private paper, as a download."""
    voucher = get_voucher(code)
    access.require(policies.can_see_private_half(sessions.actor(), voucher))
    return serving.send_document(desk.paper_of(voucher), voucher.code)


@blueprint.post("/vouchers/<code>/approve")
@access.roles(*policies.DECIDERS)
def approve_voucher(code: str) -> Any:
    voucher, form = get_voucher(code), ApproveForm()
    if not form.validate_on_submit():
        return _show_voucher(voucher, form, ReasonForm(formdata=None)), 422
    known = {kind.value for kind in FlagKind}
    seen = {FlagKind(word) for word in (form.seen.data or "").split() if word in known}
    try:
        with transaction():
            services.approve_voucher(
                sessions.actor(),
                voucher,
                answer=form.answer.data or "",
                copy_checked=bool(form.copy_checked.data),
                seen=seen,
            )
    except SunError as error:
        form.take_error(error)
        return _show_voucher(voucher, form, ReasonForm(formdata=None)), status_of(error)
    flash(_("Approved: it stands on the public ledger."), "success")
    return redirect(url_for("ledger.show_voucher", code=voucher.code), 303)


@blueprint.post("/vouchers/<code>/refuse")
@access.roles(*policies.DECIDERS)
def refuse_voucher(code: str) -> Any:
    voucher, form = get_voucher(code), ReasonForm()
    if not form.validate_on_submit():
        return _show_voucher(voucher, ApproveForm(formdata=None), form), 422
    try:
        with transaction():
            services.refuse_voucher(sessions.actor(), voucher, form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return _show_voucher(voucher, ApproveForm(formdata=None), form), status_of(error)
    flash(_("Refused. Its money is free again for this need."), "success")
    return redirect(url_for("ledger.show_voucher", code=voucher.code), 303)


@blueprint.post("/vouchers/<code>/withdraw")
@access.roles(Role.TREASURER)
def withdraw_voucher(code: str) -> Any:
    """The maker's own way out of a draft."""
    voucher, form = get_voucher(code), ConfirmForm()
    access.require(policies.can_withdraw(sessions.actor(), voucher))
    try:
        with transaction():
            services.withdraw_voucher(sessions.actor(), voucher)
    except SunError as error:
        form.take_error(error)
        return _show_voucher(voucher, ApproveForm(formdata=None), ReasonForm(formdata=None)), status_of(error)
    flash(_("Withdrawn. Its money is free again for this need."), "success")
    return redirect(url_for("ledger.show_voucher", code=voucher.code), 303)
