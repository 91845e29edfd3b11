"""A donor's own slips: the list, one slip to print, the year's statement."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune.accounts import sessions
from sun_commune.core import access
from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.core.errors import Missing
from sun_commune.receipts import pdf, policies, queries, services, words
from sun_commune.receipts.forms import NamingForm
from sun_commune.receipts.models import Naming, Receipt
from sun_commune.receipts.views.doors import blueprint, clean_code, find_receipt, send_csv, send_pdf, slip_values

FIRST_YEAR = 2000


@blueprint.get("/my/receipts")
@access.signed_in
def list_my_receipts() -> str:
    return _list_page(NamingForm(formdata=None, data={"naming": queries.wish_of(current_user.id)}))


def _list_page(form: NamingForm) -> str:
    user = sessions.actor()
    page = queries.list_own(user, after=clean_code(request.args.get("after")))
    return render_template(
        "receipts/list_my_receipts.html", page=page, years=queries.years_of(user), form=form, words=words
    )


@blueprint.post("/my/receipts/naming")
@access.signed_in
def choose_naming() -> Any:
    form = NamingForm()
    if not form.validate():
        return _list_page(form), 422
    with transaction():
        services.choose_naming(sessions.actor(), Naming(form.naming.data))
    flash(_("Saved. Slips that were given already stay as they are."), "success")
    return redirect(url_for("receipts.list_my_receipts"), 303)


def open_slip(number: str) -> Receipt:
    """404 for anybody who is neither on the donor's side nor a treasurer."""
    receipt = find_receipt(number)
    access.require(policies.can_see_slip(sessions.actor(), receipt, queries.donor_of(receipt)))
    return receipt


@blueprint.get("/my/receipts/<number>")
@access.signed_in
def show_slip(number: str) -> str:
    """The slip, ready for the printer."""
    return render_template("receipts/show_slip.html", **slip_values(open_slip(number)))


@blueprint.get("/my/receipts/<number>/pdf")
@access.signed_in
def download_slip(number: str) -> Any:
    receipt = open_slip(number)
    if not pdf.is_available():
        return _print_instead(url_for("receipts.show_slip", number=receipt.number))
    values = slip_values(receipt)
    return send_pdf(pdf.slip_pdf(values["slip"], values["rows"]), f"{receipt.number}.pdf")


def _print_instead(page: str) -> Any:
    flash(_("This site makes no PDF files. Print this page instead: your browser can also save it as a PDF."))
    return redirect(page)


@blueprint.get("/my/receipts/of/<uid>")
@access.signed_in
def show_slip_of_entry(uid: str) -> Any:
    """From an entry of the ledger to its slip."""
    receipt = queries.newest_of_entry(clean_code(uid, 40))
    access.require(policies.can_see_slip(sessions.actor(), receipt, queries.donor_of(receipt)))
    return redirect(url_for("receipts.show_slip", number=receipt.number))


@blueprint.get("/my/receipts/<int:year>")
@access.signed_in
def show_statement(year: int) -> str:
    """A year's gifts, money and goods apart."""
    return render_template("receipts/show_statement.html", statement=_statement(year), words=words, user=current_user)


@blueprint.get("/my/receipts/<int:year>/pdf")
@access.signed_in
def download_statement_pdf(year: int) -> Any:
    statement = _statement(year)
    if not pdf.is_available():
        return _print_instead(url_for("receipts.show_statement", year=year))
    data = pdf.statement_pdf(statement, donor=_own_name())
    return send_pdf(data, f"sun-commune-{year}.pdf")


@blueprint.get("/my/receipts/<int:year>/csv")
@access.signed_in
def download_statement(year: int) -> Response:
    statement = _statement(year)
    return send_csv([*statement.money, *statement.goods], f"sun-commune-{year}.csv")


def _statement(year: int) -> queries.Statement:
    if not FIRST_YEAR <= year <= today().year:
        raise Missing
    return queries.statement_of(sessions.actor(), year)


def _own_name() -> str:
    user = sessions.actor()
    return user.organisation.name if user.organisation else user.name
