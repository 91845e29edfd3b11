"""Reads an old .xls from standard input and prints its cells as JSON. Run as a process of its own, with little memory:

the library lays all cells between the outermost two out in memory, and a hostile file of a few hundred bytes may name
two corners that lie millions of cells apart. Only the standard library and python_calamine are used here.
"""

from __future__ import annotations

import io
import json
import sys

MEMORY = 1024 * 1024 * 1024
SECONDS = 20


def limit() -> None:
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def cell(value: object) -> object:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return {"day": value.isoformat()} if hasattr(value, "isoformat") else str(value)


def main(most_rows: int, most_columns: int) -> None:
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - after the limit

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    rows: list[list[object]] = []
    for name in workbook.sheet_names:
        for row in workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most_rows):
            rows.append([cell(value) for value in row[:most_columns]])  # noqa: PERF401 - plain is clearer here
        if any(value not in {None, ""} for row in rows for value in row if not isinstance(value, dict)):
            break
        rows = []
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    limit()
    main(int(sys.argv[1]), int(sys.argv[2]))
