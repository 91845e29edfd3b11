"""The file of places: its columns, how it is read and checked, how it is written. No database here.

One CSV per city, UTF-8. ``docs/places.md`` describes it for the people who make such files. Reading never
stops at the first mistake: every mistake names its row (the line in the file) and its column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

from sun_commune.core.text import clean_line, to_half_width
from sun_commune.places.pinyin import initials, spell

CODE = re.compile(r"(\d{4}|\d{6}|\d{9}|\d{12})(-\d{4})?")
LEVELS = {4: "city", 6: "county", 9: "township", 12: "village"}
RANKS = {"city": 0, "county": 1, "township": 2, "village": 3}
LONGEST = {"name": 60, "former_names": 200, "pinyin": 420, "initials": 60, "basis": 60}
MOST_BYTES = 30_000_000
FORMER_SEPARATOR = "|"


@dataclass(frozen=True)
class PlaceRow:
    """One place as the file has it. ``former_names`` is joined by ``|``, the newest last."""

    code: str
    parent_code: str | None
    level: str
    name: str
    former_names: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    merged_into: str | None = None
    pinyin: str = ""
    initials: str = ""
    basis: str = ""


COLUMNS = tuple(entry.name for entry in fields(PlaceRow))
REQUIRED = ("code", "name")


@dataclass(frozen=True)
class RowError:
    """One mistake. ``row`` is the line in the file (the heading is line 1), ``column`` its heading."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.message}"


def digits(code: str) -> str:
    """The statistical code without the year that marks an earlier bearer: 510726104-2019 -> 510726104."""
    return code.partition("-")[0]


def parent_digits(code: str) -> str | None:
    """The code one level up, by length; None for a city."""
    length = {12: 9, 9: 6, 6: 4}.get(len(digits(code)))
    return digits(code)[:length] if length else None


def read_places(
    content: bytes, *, city: str, known: Mapping[str, str] | None = None
) -> tuple[list[PlaceRow], list[RowError]]:
    """Parse and check a whole file. ``known`` holds level by code of places stored already.

    Rows come back only to be used when there is no error at all.
    """
    if len(content) > MOST_BYTES:
        return [], [RowError(1, "code", f"the file is larger than {MOST_BYTES // 1_000_000} MB")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        return [], [RowError(line, "name", "not UTF-8; save the file as CSV UTF-8")]
    reader = csv.reader(io.StringIO(text.replace("\x00", "\ufffd"), newline=""))
    try:
        heading = [clean_line(cell).lower() for cell in next(reader, [])]
    except csv.Error as problem:
        return [], [RowError(1, "code", str(problem))]
    errors = _check_heading(heading)
    if errors:
        return [], errors
    numbered = _read_rows(reader, heading, errors)
    errors += _check_together(numbered, city=city, known=known or {})
    errors.sort(key=lambda error: error.row)
    return [row for _, row in numbered], errors


def write_places(rows: Iterable[PlaceRow]) -> str:
    """The file's text: LF line ends, sorted by code, so that a diff between two versions reads well."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in sorted(rows, key=lambda row: (digits(row.code), row.code)):
        writer.writerow("" if value is None else str(value) for value in (getattr(row, name) for name in COLUMNS))
    return out.getvalue()


def _check_heading(heading: list[str]) -> list[RowError]:
    errors = [RowError(1, name, "column is missing") for name in REQUIRED if name not in heading]
    for name in heading:
        if name not in COLUMNS:
            errors.append(
                RowError(
                    1,
                    name or "(empty)",
                    f"unknown column; known are {', '.join(COLUMNS)}",
                )
            )
        elif heading.count(name) > 1:
            errors.append(RowError(1, name, "column stands there twice"))
    return errors


def _read_rows(reader: Iterable[list[str]], heading: list[str], errors: list[RowError]) -> list[tuple[int, PlaceRow]]:
    rows: list[tuple[int, PlaceRow]] = []
    lines = iter(reader)
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return rows
        except csv.Error as problem:
            errors.append(RowError(getattr(reader, "line_num", 0), "code", str(problem)))
            return rows
        number = getattr(reader, "line_num", len(rows) + 2)
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            errors.append(
                RowError(
                    number,
                    heading[-1],
                    f"{len(cells)} cells, the heading has {len(heading)}",
                )
            )
            continue
        row = _read_row(number, dict(zip(heading, map(clean_line, cells), strict=True)), errors)
        if row:
            rows.append((number, row))


def _read_row(number: int, cells: dict[str, str], errors: list[RowError]) -> PlaceRow | None:
    before = len(errors)
    code = _read_code(number, "code", cells, errors)
    if not code:
        errors.extend([] if len(errors) > before else [RowError(number, "code", "is empty")])
        return None
    level = LEVELS[len(digits(code))]
    if cells.get("level") and cells["level"].lower() != level:
        errors.append(
            RowError(
                number,
                "level",
                f"{cells['level']!r} does not fit the code, which is a {level}'s",
            )
        )
    name = cells["name"]
    if not name:
        errors.append(RowError(number, "name", "is empty"))
    row = PlaceRow(
        code=code,
        parent_code=_read_code(number, "parent_code", cells, errors) or parent_digits(code),
        level=level,
        name=name,
        former_names=cells.get("former_names", ""),
        valid_from=_read_date(number, "valid_from", cells, errors),
        valid_to=_read_date(number, "valid_to", cells, errors),
        merged_into=_read_code(number, "merged_into", cells, errors),
        pinyin=cells.get("pinyin", "").lower() or spell(name),
        initials=cells.get("initials", "").lower() or initials(name),
        basis=cells.get("basis", ""),
    )
    for column, most in LONGEST.items():
        if cells.get(column) and len(getattr(row, column)) > most:  # what is made from the name is the name's fault
            errors.append(RowError(number, column, f"longer than {most} characters"))
    if row.valid_from and row.valid_to and row.valid_to <= row.valid_from:
        errors.append(RowError(number, "valid_to", "is not after valid_from"))
    return row


def _read_code(number: int, column: str, cells: Mapping[str, str], errors: list[RowError]) -> str | None:
    text = to_half_width(cells.get(column, "")).strip("' ")
    if not text:
        return None
    if re.fullmatch(r"[\d.]+[eE]\+?\d+", text):
        errors.append(
            RowError(
                number,
                column,
                f"{text!r} lost its digits in a spreadsheet; format as text",
            )
        )
        return None
    if not CODE.fullmatch(text) or not text.isascii():
        errors.append(RowError(number, column, f"{text!r} is not a code of 4, 6, 9 or 12 digits"))
        return None
    return text


def _read_date(number: int, column: str, cells: Mapping[str, str], errors: list[RowError]) -> date | None:
    text = to_half_width(cells.get(column, ""))
    if not text:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        errors.append(RowError(number, column, f"{text!r} is not a date like 2019-12-27"))
        return None


def _check_together(numbered: list[tuple[int, PlaceRow]], *, city: str, known: Mapping[str, str]) -> list[RowError]:
    """What one row alone cannot tell: doubles, parents, successors, circles."""
    errors: list[RowError] = []
    rows: dict[str, PlaceRow] = {}
    lines: dict[str, int] = {}
    for number, row in numbered:
        if row.code in rows:
            errors.append(
                RowError(
                    number,
                    "code",
                    f"{row.code} stands already in row {lines[row.code]}",
                )
            )
            continue
        rows[row.code], lines[row.code] = row, number
        if not row.code.startswith(city):
            errors.append(RowError(number, "code", f"{row.code} is not of city {city}"))
    levels = {**known, **{code: row.level for code, row in rows.items()}}
    for code, row in rows.items():
        errors += _check_parent(lines[code], row, rows, levels)
        errors += _check_successor(lines[code], row, rows, levels)
    return errors


def _check_parent(
    number: int, row: PlaceRow, rows: Mapping[str, PlaceRow], levels: Mapping[str, str]
) -> list[RowError]:
    if row.level == "city":
        return []
    parent = row.parent_code or ""
    if parent not in levels:
        return [RowError(number, "parent_code", f"{parent} is unknown")]
    if RANKS[levels[parent]] != RANKS[row.level] - 1:
        return [
            RowError(
                number,
                "parent_code",
                f"{parent} is a {levels[parent]}, not one level above {row.code}",
            )
        ]
    if row.valid_to is None and parent in rows and rows[parent].valid_to is not None:
        return [RowError(number, "parent_code", f"{parent} has ended, {row.code} has not")]
    return []


def _check_successor(
    number: int, row: PlaceRow, rows: Mapping[str, PlaceRow], levels: Mapping[str, str]
) -> list[RowError]:
    target = row.merged_into
    if target is None:
        return []
    if target not in levels:
        return [RowError(number, "merged_into", f"{target} is unknown")]
    if row.valid_to is None:
        return [RowError(number, "valid_to", f"is empty, but {row.code} was merged into {target}")]
    if RANKS[levels[target]] > RANKS[row.level]:
        return [
            RowError(
                number,
                "merged_into",
                f"{target} is a {levels[target]}, below a {row.level}",
            )
        ]
    seen = {row.code}
    while target and target in rows and target not in seen:
        seen.add(target)
        target = rows[target].merged_into
    return [RowError(number, "merged_into", f"{row.code} leads back to {target}")] if target in seen else []


def with_pinyin(row: PlaceRow) -> PlaceRow:
    """The row with its pinyin made from its name."""
    return replace(row, pinyin=spell(row.name), initials=initials(row.name))
