"""The ledger to take away: spreadsheets and JSON with the filters of the list, the whole books for accounting programs.

Each file is sent while it is read. Addresses stay: they may be fetched by programs.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, render_template, stream_with_context
from flask_babel import gettext as _

from sun_commune.core import access
from sun_commune.core.clock import now, today
from sun_commune.core.exports import Columns, csv_of_columns
from sun_commune.core.xlsx import xlsx_stream
from sun_commune.ledger import figures, streams
from sun_commune.ledger.filters import EntryFilters
from sun_commune.open_data import balances, plain_text, rows
from sun_commune.portal import ledger_files
from sun_commune.portal.blueprint import blueprint
from sun_commune.portal.entries_views import read_filters

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/ledger/data")
@access.public
def list_files() -> str:
    """Which files there are, what is in them and how to compute with them."""
    return render_template("portal/list_files.html", totals=figures.totals())


@blueprint.get("/ledger.csv")
@access.public
def download_ledger() -> Response:
    """The entries as a file, with the same filters as the list; sent while it is read, so its length is no matter."""
    head = [said for said, _name in ledger_files.columns()]
    return _file(csv_of_columns(head, _chunks()), "csv", "text/csv; charset=utf-8")


@blueprint.get("/ledger.xlsx")
@access.public
def download_ledger_xlsx() -> Response:
    columns = ledger_files.columns()
    numbers = {at for at, (_head, name) in enumerate(columns) if name in ledger_files.NUMBERS}
    return _file(xlsx_stream(_("Ledger"), [head for head, _name in columns], _chunks(), numbers=numbers), "xlsx", XLSX)


def _chunks() -> Iterator[Columns]:
    return ledger_files.Sheet().chunks(streams.stream(read_filters(), ledger_files.FIELDS))


@blueprint.get("/ledger.json")
@access.public
def download_ledger_json() -> Response:
    filters = read_filters()
    found = rows.json_stream(streams.stream(filters, rows.READ), filters, as_of=now())
    return _file(found, "json", "application/json")


@blueprint.get("/ledger.beancount")
@access.public
def download_ledger_beancount() -> Response:
    return _books(plain_text.BEANCOUNT, "beancount")


@blueprint.get("/ledger.journal")
@access.public
def download_ledger_journal() -> Response:
    """For hledger."""
    return _books(plain_text.HLEDGER, "journal")


def _books(spelling: plain_text.Spelling, ending: str) -> Response:
    newest = balances.newest_entry()
    held, days = balances.balances(up_to=newest), balances.days(up_to=newest)
    found = streams.stream(EntryFilters(), plain_text.READ, newest=newest)
    parts = (part.encode() for part in plain_text.write(spelling, found, held, days))
    return _file(parts, ending, "text/plain; charset=utf-8")


def _file(parts: Iterator[bytes], ending: str, media_type: str) -> Response:
    response = Response(stream_with_context(parts), content_type=media_type)
    name = f"sun-commune-ledger-{today().isoformat()}.{ending}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
