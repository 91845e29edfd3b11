"""Cells of the files that people take away: no text in them is ever run as a formula by a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

BOM = "\ufeff"  # without it Excel reads UTF-8 Chinese as garbage

#: Spreadsheets take a cell that begins so for a formula; the full-width signs too, under Chinese and Japanese input.
_FORMULA = re.compile(r"^[\s\x00]*[=+\-@\t\r\n\x00＝＋－＠|%]")


def csv_cell(value: object) -> str:
    """One cell: a number as it is, None as nothing, text with an apostrophe before what could be a formula.

    NUL characters go: no reader keeps them, and some take the rest of the file for lost.
    """
    if value is None:
        return ""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    text = str(value)
    bare = text.replace("\x00", "")
    return f"'{bare}" if _FORMULA.match(text) else bare


def csv_line(values: Iterable[object]) -> str:
    """One line of the file, quoted where needed, ended as Excel expects."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([csv_cell(value) for value in values])
    return buffer.getvalue()


def csv_stream(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The file piece by piece: byte order mark and head first, then the rows as they come."""
    yield (BOM + csv_line(head)).encode()
    for row in rows:
        yield csv_line(row).encode()
