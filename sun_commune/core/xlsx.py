"""Spreadsheets that people take away, written by columns and sent while they are written: memory stays the same however
many rows there are. A workbook is a zip file of a few XML files; of the format this uses what a plain table needs.

Our own, because openpyxl and XlsxWriter give a workbook away only when all of it is written: whoever asked for a
million rows would wait for minutes before the first byte. The tests read it back with openpyxl.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import starmap
from typing import IO
from xml.sax.saxutils import escape

from sun_commune.core.exports import Columns, csv_cell

MOST_ROWS = 1_000_000  # of a sheet; Excel ends at 1,048,576
MOST_BYTES = 1_900_000_000  # of a sheet's XML, below what a zip file can hold without its later additions
QUICKLY = 1  # of zlib's levels: sheets repeat themselves so much that more work saves little

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns="{_OFFICE}/spreadsheetml/2006/main"'
_RELATIONS = f"{_OFFICE}/officeDocument/2006/relationships"
_PACKAGE = f"{_OFFICE}/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'{_HEAD}<styleSheet {_MAIN}><fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf fontId="1" applyFont="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_FROZEN = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft"'
    ' state="frozen"/></sheetView></sheetViews>'
)
#: No XML file may hold these, in whatever spelling.
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class _Pieces:
    """What the zip file was told to write and nobody has taken yet."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """As a file; nothing waits here."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def xlsx_stream(
    title: str, head: Sequence[str], chunks: Iterable[Columns], *, numbers: Collection[int] = ()
) -> Iterator[bytes]:
    """The workbook piece by piece. ``numbers`` are the places of the columns whose cells are numbers, which they stay;
    all else is written as text, so nothing is ever a formula. A further sheet begins when one is full.
    """
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED, compresslevel=QUICKLY) as book:  # type: ignore[call-overload]
        rows, sheets = _rows(chunks, numbers), 0
        some = next(rows, [])
        while some or not sheets:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                size, count = _begin(sheet, head), 0
                while some and size < MOST_BYTES and count < MOST_ROWS:
                    now, some = some[: MOST_ROWS - count], some[MOST_ROWS - count :]
                    size += sheet.write("".join(now).encode())
                    count += len(now)
                    some = some or next(rows, [])
                    yield pieces.take()
                sheet.write(b"</sheetData></worksheet>")
        for name, text in _rest([title, *(f"{title} {number}" for number in range(2, sheets + 1))]):
            book.writestr(name, text)
    yield pieces.take()


def _begin(sheet: IO[bytes], head: Sequence[str]) -> int:
    cells = "".join(_text(csv_cell(said), style=' s="1"') for said in head)
    return sheet.write(f"{_HEAD}<worksheet {_MAIN}>{_FROZEN}<sheetData><row>{cells}</row>".encode())


def _rows(chunks: Iterable[Columns], numbers: Collection[int]) -> Iterator[list[str]]:
    for columns in chunks:
        cells = [_cells(list(column), _number if at in numbers else _text) for at, column in enumerate(columns)]
        yield [f"<row>{''.join(row)}</row>" for row in zip(*cells, strict=True)]


def _cells(column: list[str], spell: Callable[[str], str]) -> Iterable[str]:
    distinct = set(column)
    if 2 * len(distinct) > len(column):
        return map(spell, column)
    return map({value: spell(value) for value in distinct}.__getitem__, column)


def _number(value: str) -> str:
    return f"<c><v>{value}</v></c>" if value else "<c/>"


def _text(value: str, style: str = "") -> str:
    if not value:
        return "<c/>"
    said = value if value.isascii() and value.isalnum() else _xml(value)
    return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{said}</t></is></c>'


def _xml(value: str) -> str:
    return escape(_NEVER.sub("", value))


def _rest(titles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """All files beside the sheets; they say how many there are."""
    numbered = list(enumerate(titles, start=1))
    overrides = "".join(
        f'<Override PartName="/xl/{path}.xml" ContentType="{_TYPES}.{kind}+xml"/>'
        for path, kind in (
            ("workbook", "sheet.main"), ("styles", "styles"),
            *((f"worksheets/sheet{number}", "worksheet") for number, _title in numbered),
        )
    )  # fmt: skip
    yield (
        "[Content_Types].xml",
        (
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
            f' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>'
        ),
    )
    yield "_rels/.rels", _relations([("rId1", "officeDocument", "xl/workbook.xml")])
    sheets = "".join(
        f'<sheet name="{_xml(title)}" sheetId="{number}" r:id="rId{number}"/>' for number, title in numbered
    )
    yield "xl/workbook.xml", f'{_HEAD}<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>'
    targets = [(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml") for number, _title in numbered]
    yield "xl/_rels/workbook.xml.rels", _relations([*targets, (f"rId{len(titles) + 1}", "styles", "styles.xml")])
    yield "xl/styles.xml", _STYLES


def _relations(rows: Iterable[tuple[str, str, str]]) -> str:
    said = "".join(starmap('<Relationship Id="{}" Type="{_}/{}" Target="{}"/>'.replace("{_}", _RELATIONS).format, rows))
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{said}</Relationships>'
