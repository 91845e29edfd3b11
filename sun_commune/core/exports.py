"""Cells of the files that people take away: no text in them is ever run as a formula by a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

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


# Long files are written by columns: what is said of many rows is found out once, and the rest is done in C.

#: Cells of some rows, column by column: text that is safe already, numbers as text, "" for nothing.
Columns = Sequence[Iterable[str]]
MOST_KEPT = 50_000
_QUOTED = re.compile('[,"\r\n]')


class Words(dict[Any, str]):
    """What a cell says, by the value that it comes from: made safe and found out at its first use. Bounded."""

    def __init__(self, say: Callable[[Any], object] = lambda value: value) -> None:
        super().__init__()
        self._say = say

    def __missing__(self, value: Hashable) -> str:
        if len(self) >= MOST_KEPT:
            self.clear()
        said = self[value] = csv_cell(self._say(value))
        return said

    def of(self, values: Iterable[Hashable]) -> Iterable[str]:
        return map(self.__getitem__, values)


def safe_column(values: Iterable[str | None]) -> Iterable[str]:
    """Text of which hardly any comes twice (codes, fingerprints): letters and digits alone are cleared at one look."""
    texts = [value or "" for value in values]
    together = "".join(texts)
    return texts if not together or (together.isascii() and together.isalnum()) else map(csv_cell, texts)


def csv_of_columns(head: Sequence[object], chunks: Iterable[Columns]) -> Iterator[bytes]:
    """As csv_stream, of columns; a piece for each chunk."""
    yield (BOM + csv_line(head)).encode()
    for columns in chunks:
        rows = zip(*map(_quoted, columns), strict=True)
        yield "".join([f"{line}\r\n" for line in map(",".join, rows)]).encode()


def _quoted(column: Iterable[str]) -> Sequence[str]:
    """As csv.writer quotes, which looks at every character of every cell: most columns have nothing to be quoted."""
    cells = list(column)
    together = "".join(cells)
    if not any(mark in together for mark in ',"\r\n'):
        return cells
    return [_in_quotes(cell) if _QUOTED.search(cell) else cell for cell in cells]


def _in_quotes(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
