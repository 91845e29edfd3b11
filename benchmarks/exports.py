"""The ledger's files against their floors: the same rows and columns, read by the bare driver with the same SQL in one
statement, and written by the standard library as they come - no words, nothing made safe, no request."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.pages import Clock
from benchmarks.report import Report, Result
from benchmarks.stores import Store, connect_raw
from sun_commune.core.db import db
from sun_commune.ledger import streams
from sun_commune.open_data import plain_text, rows
from sun_commune.portal import ledger_files

CHUNK = streams.SPAN
Read = Callable[[], Iterator[Sequence[Any]]]


def measure(store: Store, report: Report, app: Flask, url: str, entries: int) -> None:
    clock, client, raw = Clock(store.kind), app.test_client(use_cookies=False), connect_raw(url)
    floors: dict[str, tuple[Sequence[str], Callable[[Read, Sequence[str]], None], str]] = {
        "csv": (ledger_files.FIELDS, as_csv, "csv.writer"),
        "xlsx": (ledger_files.FIELDS, as_zipped_xml, "escaped XML in a zip file"),
        "json": (rows.READ, as_json, "json.dumps"),
        "beancount": (plain_text.READ, as_text, "the same four lines by one template"),
        "journal": (plain_text.READ, as_text, "the same four lines by one template"),
    }
    report.head(f"Export of {entries:,} entries: times the floor")
    for ending, (names, write, said) in floors.items():
        with app.app_context():
            statement = str(streams.statement(names).compile(db.engine, compile_kwargs={"literal_binds": True}))
            db.session.remove()
        read = partial(chunks, raw, statement.replace("%%", "%"))  # doubled for parameters, of which there are none
        ratios, best = [], float("inf")
        for _ in range(min(report.rounds, 3)):
            began = clock.now()
            write(read, names)
            between = clock.now()
            take(client, f"/en/ledger.{ending}")
            spent = clock.now() - between
            ratios.append(spent / (between - began))
            best = min(best, spent)
        notes = f"{best * 1e6 / entries:.1f} microseconds an entry"
        report.add(Result(f"export {ending}", ratios, f"bare driver, {said}", 2.0, notes=notes))
    raw.close()


def take(client: FlaskClient, address: str) -> None:
    """Each piece is let go when it has come, as over a line."""
    for _piece in client.get(address, buffered=False).iter_encoded():
        pass


def chunks(raw: Any, statement: str) -> Iterator[Sequence[Any]]:
    """On PostgreSQL by a cursor of the server's: the driver's own would hold all rows in memory."""
    cursor = raw.cursor() if isinstance(raw, sqlite3.Connection) else raw.cursor("floor", withhold=True)
    with closing(cursor):
        cursor.execute(statement)
        while some := cursor.fetchmany(CHUNK):
            yield some


def as_csv(read: Read, _names: Sequence[str]) -> None:
    for some in read():
        buffer = io.StringIO()
        csv.writer(buffer).writerows(some)
        buffer.getvalue().encode()


def as_text(read: Read, _names: Sequence[str]) -> None:
    """Raw values in the places of the columns of plain_text.READ."""
    template = '{0} * "{2}" "{6}{7} {8} {9} {10} {11}"\n  uid: "{1}"\n  {3}  {5} CNY\n  {4}  -{5} CNY\n\n'
    for some in read():
        "".join([template.format(*row) for row in some]).encode()


def as_json(read: Read, names: Sequence[str]) -> None:
    for some in read():
        lines = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in some]
        ",\n".join(lines).encode()


def as_zipped_xml(read: Read, _names: Sequence[str]) -> None:
    with (
        zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("sheet.xml", "w", force_zip64=True) as sheet,
    ):
        for some in read():
            cells = ("".join([f'<c t="inlineStr"><is><t>{escape(str(cell))}</t></is></c>' for cell in row])
                     for row in some)  # fmt: skip
            sheet.write("".join([f"<row>{row}</row>" for row in cells]).encode())
