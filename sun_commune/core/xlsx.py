"""Spreadsheets that people take away, written row by row: memory stays the same however many rows there are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from sun_commune.core.exports import csv_cell

MOST_ROWS = 1_000_000  # of a sheet; Excel ends at 1,048,576
PIECE = 64 * 1024
KEPT_IN_MEMORY = 4 * 1024 * 1024


def xlsx_stream(title: str, head: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The workbook piece by piece, once it is written (a zip file has its list of contents at the end).

    Text is written as text, so nothing is ever a formula; numbers (int, Decimal) are numbers. A further sheet begins
    after MOST_ROWS rows.
    """
    book = Workbook(write_only=True)
    sheet, written = None, 0
    for row in rows:
        if sheet is None or written == MOST_ROWS:
            sheet, written = _sheet(book, title, head), 0
        sheet.append([_cell(sheet, value) for value in row])
        written += 1
    if sheet is None:
        _sheet(book, title, head)
    with tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY) as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _sheet(book: Workbook, title: str, head: Sequence[object]) -> Any:
    number = len(book.sheetnames) + 1
    sheet: Any = book.create_sheet(title if number == 1 else f"{title} {number}")
    sheet.freeze_panes = "A2"
    cells = [WriteOnlyCell(sheet, value=str(value)) for value in head]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    return sheet


def _cell(sheet: Any, value: object) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return value
    cell = WriteOnlyCell(sheet, value=csv_cell(value))
    cell.data_type = "s"  # openpyxl takes text that begins with = for a formula
    return cell
