"""The register of receipts: its list and file, voids, new slips in their place, the fiscal receipt's fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role, User
from sun_commune.core import access
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, SunError
from sun_commune.core.forms import OnceForm
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.core.text import to_half_width
from sun_commune.ledger.models import Book
from sun_commune.receipts import policies, queries, register, services, words
from sun_commune.receipts.forms import ConfirmForm, OfficialForm, VoidForm
from sun_commune.receipts.models import Receipt
from sun_commune.receipts.queries import slip_of
from sun_commune.receipts.register import RegisterFilters
from sun_commune.receipts.services import OfficialFields
from sun_commune.receipts.views.doors import blueprint, clean_code, find_receipt, send_csv, slip_values


@blueprint.get("/treasury/receipts")
@access.roles(*policies.READERS)
def list_receipts() -> str:
    """A year's series: no number missing, and what is void."""
    filters = _filters()
    page = register.list_register(filters, after=_serial("after"), before=_serial("before"))
    years = register.years()
    return render_template(
        "receipts/list_receipts.html",
        page=page,
        filters_now=filters,
        groups=_groups(filters, years),
        series=register.series_of(filters.year),
        years=years,
        names=register.names_of([slip.standing.void.voided_by for slip in page.rows if slip.standing.void]),
        newer_url=_address(filters, before=page.before) if page.before else None,
        older_url=_address(filters, after=page.after) if page.after else None,
        csv_url=url_for("receipts.download_register", **filters.active()),  # type: ignore[arg-type]  # strings alone
        words=words,
    )


@blueprint.get("/treasury/receipts.csv")
@access.roles(*policies.READERS)
def download_register() -> Response:
    """The register as a file, with the same filters."""
    filters = _filters()
    return send_csv(register.stream_register(filters), f"sun-commune-receipts-{filters.year}.csv")


def _filters() -> RegisterFilters:
    """From the address; what is no value of a filter is as if it were not there."""
    given = {name: to_half_width(value).strip()[:40] for name, value in request.args.items()}
    year = given.get("year", "")
    return RegisterFilters(
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else today().year,
        state=given["state"] if given.get("state") in register.STATES else "",
        book=given["book"] if given.get("book") in {book.value for book in Book} else "",
        q=clean_code(given.get("q"), 40),
    )


def _serial(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _address(filters: RegisterFilters, **more: str) -> str:
    return url_for("receipts.list_receipts", **filters.active(), **more)  # type: ignore[arg-type]  # strings alone


def _groups(filters: RegisterFilters, years: list[int]) -> list[dict[str, Any]]:
    states = {
        "": _("All"), "standing": _("Not void"), "refunded": _("With a refund"), "voided": _("Void register"),
    }  # fmt: skip
    books = {"": _("Money and goods"), "cash": _("Money"), "goods": _("Goods")}
    shown = sorted({*years, filters.year, today().year}, reverse=True)
    return [
        _group("year", _("Year"), {str(year): str(year) for year in shown}, str(filters.year)),
        _group("state", _("State"), states, filters.state),
        _group("book", _("Kind"), books, filters.book),
    ]


def _group(name: str, legend: str, options: dict[str, str], chosen: str) -> dict[str, Any]:
    return {
        "name": name, "legend": legend, "kind": "select",
        "options": [{"value": key, "label": text, "checked": key == chosen} for key, text in options.items()],
    }  # fmt: skip


@blueprint.get("/treasury/receipts/<number>")
@access.roles(Role.TREASURER)
def keep_receipt(number: str) -> str:
    """One slip with what the treasurer does with it."""
    return _keep_page(find_receipt(number), ConfirmForm(formdata=None))


def _keep_page(receipt: Receipt, form: ConfirmForm) -> str:
    history = queries.official_history(receipt.id)
    values = slip_values(receipt)
    void = values["slip"].standing.void
    return render_template(
        "receipts/keep_receipt.html",
        form=form,
        may_keep=_may_keep(receipt),
        may_replace=void is not None and void.reversal_uid is None and values["after"] is None,
        history=history,
        names=register.names_of([*(row.recorded_by for row in history), void.voided_by if void else None]),
        **values,
    )


def _may_keep(receipt: Receipt) -> bool:
    return policies.can_keep_receipt(sessions.actor(), receipt, queries.donor_of(receipt))


def _open_kept(number: str) -> Receipt:
    """For a treasurer who is not on the donor's side; 404 for the others."""
    receipt = find_receipt(number)
    access.require(_may_keep(receipt))
    return receipt


@blueprint.route("/treasury/receipts/<number>/void", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def void_receipt(number: str) -> Any:
    receipt, form = _open_kept(number), VoidForm()

    def act(actor: User) -> None:
        services.void_receipt(actor, receipt, reason=form.reason.data or "")
        if form.is_replaced.data:
            services.replace_receipt(actor, receipt)

    return _answer(form, receipt, act, _("The slip is void; its number stays in the register."), "void_receipt")


@blueprint.post("/treasury/receipts/<number>/replace")
@access.roles(Role.TREASURER)
def replace_receipt(number: str) -> Any:
    receipt, form = _open_kept(number), ConfirmForm()
    if form.validate():
        try:
            return _do_once(form, receipt, lambda actor: services.replace_receipt(actor, receipt), _("Replaced."))
        except SunError as error:
            form.take_error(error)
    return _keep_page(find_receipt(number), form), 422


@blueprint.route("/treasury/receipts/<number>/official", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def record_official(number: str) -> Any:
    receipt = _open_kept(number)
    history = queries.official_history(receipt.id)
    form = OfficialForm(data=_first_values(receipt) if request.method == "GET" else None)

    def act(actor: User) -> None:
        names = ("credit_code", "invoice_code", "invoice_number", "check_code", "project_code")
        fields = {name: form[name].data or "" for name in names}
        official = OfficialFields(**fields, issued_on=form.issued_on.data)
        services.record_official(actor, receipt, official, reason=form.reason.data or "")

    done = _("Stored. The slip carries the fiscal receipt now.")
    return _answer(form, receipt, act, done, "record_official", history=history)


def _first_values(receipt: Receipt) -> dict[str, Any]:
    """What stands there already; before the first time, the charity's own code."""
    row = queries.latest_officials([receipt.id]).get(receipt.id)
    if row is None:
        return {"credit_code": receipt.charity_credit_code}
    names = ("credit_code", "invoice_code", "invoice_number", "check_code", "project_code", "issued_on")
    return {name: getattr(row, name) for name in names}


def _answer(
    form: OnceForm, receipt: Receipt, act: Callable[[User], None], done: str, template: str, **values: Any
) -> Any:
    status = 200
    if request.method == "POST":
        status = 422
        number = receipt.number
        if form.validate():
            try:
                return _do_once(form, receipt, act, done)
            except SunError as error:
                db.session.rollback()
                form.take_error(error)
                status = 409 if isinstance(error, Conflict) else 422
        receipt = find_receipt(number)
    page = render_template(f"receipts/{template}.html", form=form, slip=slip_of(receipt), words=words, **values)
    return page, status


def _do_once(form: OnceForm, receipt: Receipt, act: Callable[[User], None], done: str) -> Any:
    """Run ``act`` in the one transaction of this form; a form sent twice acts once."""
    location = url_for("receipts.keep_receipt", number=receipt.number)
    user_id, key = sessions.actor().id, form.once.data or ""
    body = body_hash(request.form.to_dict(flat=False))
    with transaction():
        if begin_once(user_id=user_id, key=key, body_sha256=body):
            return redirect(location, 303)
        act(sessions.actor())
        finish_once(user_id=user_id, key=key, location=location)
    flash(done, "success")
    return redirect(location, 303)
