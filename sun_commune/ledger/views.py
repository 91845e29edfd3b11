"""``/treasury``: vouchers and corrections. One person writes, another decides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.core import access
from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, Missing, NotAllowed, SunError
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.ledger import desk, policies, queries, services
from sun_commune.ledger.forms import ConfirmForm, ReasonForm, VoucherForm
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Correction, PayeeKind, SpendingCategory, Voucher
from sun_commune.uploads import documents, serving
from sun_commune.uploads import services as uploads

blueprint = Blueprint("ledger", __name__, url_prefix="/treasury")


def status_of(error: SunError) -> int:
    if isinstance(error, NotAllowed):
        return 403
    return 409 if isinstance(error, Conflict) else 422


@blueprint.get("/vouchers")
@access.roles(*policies.READERS)
def list_vouchers() -> str:
    """What waits for a second person, what was decided, and which funds hold money."""
    user = sessions.actor()
    waiting, decided = desk.waiting_vouchers(user), desk.decided_vouchers(user, after=_code(request.args.get("after")))
    return render_template(
        "ledger/list_vouchers.html",
        waiting=waiting,
        decided=decided,
        corrections=desk.waiting_corrections(user),
        funds=desk.funds_with_money(user) if policies.can_draft_voucher(user) else [],
        may_draft=policies.can_draft_voucher(user),
        run=queries.latest_run(),
    )


@blueprint.route("/vouchers/new", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def draft_voucher() -> Any:
    form = VoucherForm()
    if not form.validate_on_submit():
        if request.method == "GET":
            form.need_code.data, form.spent_on.data = _code(request.args.get("need")), today()
        return _show_draft(form), 422 if form.is_submitted() else 200
    user, key = sessions.actor(), form.once.data or ""
    try:
        most = config.current().upload_megabytes
        paper = documents.prepare_document(form.document.data.read(), most_megabytes=most)
        with transaction():
            body = body_hash({**request.form.to_dict(flat=False), "document": paper.sha256})
            location = begin_once(user_id=user.id, key=key, body_sha256=body)
            if location is None:
                upload = uploads.store_document(actor_id=user.id, document=paper)
                voucher = services.draft_voucher(
                    user,
                    need_code=_code(form.need_code.data),
                    payee_name=form.payee_name.data or "",
                    payee_kind=PayeeKind(form.payee_kind.data),
                    category=SpendingCategory(form.category.data),
                    purpose=form.purpose.data or "",
                    amount_fen=int(form.amount_fen.data or 0),
                    spent_on=form.spent_on.data or today(),
                    document_id=upload.id,
                )
                location = url_for("ledger.show_voucher", code=voucher.code)
                finish_once(user_id=user.id, key=key, location=location)
    except SunError as error:
        form.take_error(error)
        return _show_draft(form), status_of(error)
    flash(_("The voucher is written. A second person has to approve it before money goes out."), "success")
    return redirect(location, 303)


def _show_draft(form: VoucherForm) -> str:
    need_code = _code(form.need_code.data)
    known = queries.find_stamp(need_code) is not None
    return render_template(
        "ledger/draft_voucher.html", form=form, available=queries.fund_available(need_code) if known else None
    )


def _code(text: str | None) -> str:
    return "".join(char for char in (text or "").upper() if char.isascii() and (char.isalnum() or char == "-"))[:20]


def get_voucher(code: str) -> Voucher:
    voucher = queries.find_voucher(_code(code))
    if voucher is None:
        raise Missing
    access.require(policies.can_see_voucher(sessions.actor(), voucher))
    return voucher


@blueprint.get("/vouchers/<code>")
@access.roles(*policies.READERS)
def show_voucher(code: str) -> str:
    return _show_voucher(get_voucher(code), ConfirmForm(), ReasonForm())


def _show_voucher(voucher: Voucher, approval: ConfirmForm, refusal: ReasonForm) -> str:
    user = sessions.actor()
    return render_template(
        "ledger/show_voucher.html",
        voucher=voucher,
        form=approval if approval.errors else refusal,
        refusal=refusal,
        sees_private=policies.can_see_private_half(user, voucher),
        may_decide=policies.can_decide_voucher(user, voucher),
        is_maker=user.id == voucher.maker_id,
        names=desk.names_of(voucher.maker_id, voucher.checker_id),
        balance=queries.fund_balance(voucher.need_code),
        used_before=desk.used_before(voucher),
    )


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
    voucher, form = get_voucher(code), ConfirmForm()
    try:
        with transaction():
            services.approve_voucher(sessions.actor(), voucher)
    except SunError as error:
        form.take_error(error)
        return _show_voucher(voucher, form, ReasonForm(formdata=None)), status_of(error)
    flash(_("Approved: the spending stands on the public ledger."), "success")
    return redirect(url_for("ledger.show_voucher", code=voucher.code), 303)


@blueprint.post("/vouchers/<code>/refuse")
@access.roles(*policies.DECIDERS)
def refuse_voucher(code: str) -> Any:
    voucher, form = get_voucher(code), ReasonForm()
    if not form.validate_on_submit():
        return _show_voucher(voucher, ConfirmForm(formdata=None), form), 422
    try:
        with transaction():
            services.refuse_voucher(sessions.actor(), voucher, form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return _show_voucher(voucher, ConfirmForm(formdata=None), form), status_of(error)
    flash(_("Refused. Its money is free again for this need."), "success")
    return redirect(url_for("ledger.show_voucher", code=voucher.code), 303)


def get_transfer(uid: str) -> Transfer:
    transfer = queries.find_transfer(_code(uid))
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
