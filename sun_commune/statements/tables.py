"""From the bytes of a file to rows of clean cells: CSV in the encodings that banks use, .xlsx, .xls.

Nothing in a file is trusted: sizes are checked before anything is unpacked, formulas give the value that was saved
with them, old .xls files are read by a process of its own.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.core.errors import RuleBroken
from sun_commune.statements.cells import clean, day_cell, number_cell

MOST_ROWS = 20_000  # a busy month; every look at the file reads all of it
MOST_COLUMNS = 60
MOST_UNPACKED = 64 * 1024 * 1024  # bytes of an .xlsx once unpacked
MOST_MEMBERS = 200
CHILD_SECONDS = 30
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DELIMITERS = ",\t;|"

Rows = list[list[str]]


class BadFile(RuleBroken):
    """This file cannot be read at all; the words say what to do."""

    def __init__(self, message: Any) -> None:
        super().__init__(message, field="file")


def read_rows(data: bytes) -> Rows:
    """The file's rows of cleaned cells, in its own order, empty ones kept (so that row 7 here is row 7 there).

    Raises BadFile for what is no table, for damaged files and for more than MOST_ROWS rows.
    """
    if not data.strip():
        raise BadFile(_l("This file is empty."))
    if data.startswith(OLE):
        rows = _tidy(_read_xls(data))
    elif data.startswith(b"PK"):
        rows = _tidy(_read_xlsx(data))
    else:
        rows = _tidy(_read_text(data))
    if not any(any(row) for row in rows):
        raise BadFile(_l("This file is empty."))
    return rows


def _tidy(rows: Iterable[Iterable[str]]) -> Rows:
    tidy: Rows = []
    for row in rows:
        if len(tidy) >= MOST_ROWS:
            raise BadFile(
                _l("This file has more than %(most)s rows. Export a shorter time, a month say.", most=f"{MOST_ROWS:,}")
            )
        tidy.append([clean(cell) for cell in list(row)[:MOST_COLUMNS]])
    while tidy and not any(tidy[-1]):
        tidy.pop()
    return tidy


# --- Text ----------------------------------------------------------------------------------------------------


def decode(data: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark, else GB18030 (which holds GBK and GB2312)."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _decoded(data, (name,))
    return _decoded(data, ("utf-8", "gb18030"))


def _decoded(data: bytes, names: Iterable[str]) -> str:
    for name in names:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise BadFile(_l("The characters of this file cannot be read. Open it in WPS or Excel and save it as .xlsx."))


def _read_text(data: bytes) -> Iterator[list[str]]:
    text = decode(data)
    if "\x00" in text or data.startswith(b"%PDF"):
        raise BadFile(_l("Only CSV, .xlsx and .xls files can be read. Ask the bank's page for one of these."))
    start = text[:2000].lstrip().lower()
    if start.startswith("<") or "<table" in start:
        raise BadFile(_l("This is a web page with another ending. Open it in WPS or Excel and save it as .xlsx."))
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        # Strict would refuse a lone quote in a memo; what a broken quote joins is named as a wrong row later.
        yield from csv.reader(io.StringIO(lines), delimiter=_delimiter(lines))
    except csv.Error as error:
        raise BadFile(_l("This file is damaged and cannot be read. Export it again.")) from error


def _delimiter(text: str) -> str:
    """The sign that cuts most of the first lines into most cells."""
    head = text.split("\n")[:60]
    return max(DELIMITERS, key=lambda sign: (sum(min(line.count(sign), 30) for line in head), -DELIMITERS.index(sign)))


# --- Workbooks -----------------------------------------------------------------------------------------------


def _cell(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float):
        return number_cell(value)
    if isinstance(value, int):
        return number_cell(float(value)) if abs(value) >= 10**15 else str(value)
    return day_cell(value) if isinstance(value, datetime | date) else str(value)


def _read_xlsx(data: bytes) -> Rows:
    _check_archive(data)
    import openpyxl  # noqa: PLC0415 - a large library that few requests need

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that this reader does not know are no matter
            workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            for sheet in workbook.worksheets:
                cells = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
                rows = [[_cell(value) for value in row] for row in cells]
                if any(any(row) for row in rows):
                    return rows
    except RuleBroken:
        raise
    except Exception as error:
        raise BadFile(_l("This file is damaged and cannot be read. Export it again.")) from error
    return []


def _check_archive(data: bytes) -> None:
    """Before anything is unpacked: how large it would be, and that it is a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > MOST_UNPACKED or len(members) > MOST_MEMBERS:
                raise BadFile(_l("This workbook is too large. Export a shorter time, a month say."))
            if "[Content_Types].xml" not in archive.namelist():
                raise BadFile(_l("This is an archive, not a workbook. Unpack it and choose the file inside."))
            for member in members:
                with archive.open(member) as part:
                    if b"<!DOCTYPE" in part.read(2000).upper():
                        raise BadFile(_l("This file is damaged and cannot be read. Export it again."))
    except RuleBroken:
        raise
    except Exception as error:
        raise BadFile(_l("This file is damaged and cannot be read. Export it again.")) from error


def _read_xls(data: bytes) -> Rows:
    command = [
        sys.executable,
        "-I",
        str(Path(__file__).with_name("xls_child.py")),
        str(MOST_ROWS + 1),
        str(MOST_COLUMNS),
    ]
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=CHILD_SECONDS, check=True)  # noqa: S603
        rows = json.loads(child.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise BadFile(_l("This .xls file cannot be read. Open it in WPS or Excel and save it as .xlsx.")) from error
    return [[_xls_cell(value) for value in row] for row in rows]


def _xls_cell(value: Any) -> str:
    return str(value["day"]).replace("T", " ") if isinstance(value, dict) else _cell(value)
