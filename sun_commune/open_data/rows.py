"""Entries as JSON: the same fields as the file of the list, under names that do not change with the language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sun_commune.lanes.states import lane_of_book
from sun_commune.ledger.entries import FIELDS
from sun_commune.ledger.filters import EntryFilters

#: Read of each entry (ledger.streams); a line of the file says the lane, too.
READ = FIELDS
_BOOK, _POSTED_AT = READ.index("book"), READ.index("posted_at")
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def json_stream(found: Iterable[Sequence[Sequence[Any]]], filters: EntryFilters, *, as_of: datetime) -> Iterator[bytes]:
    """One object: ``as_of`` (UTC), ``filters`` in force, ``entries`` (a line each; amounts in whole fen). A piece for
    each chunk of rows."""
    head = {"as_of": as_of.isoformat(), "currency": "CNY", "unit": "fen", "filters": filters.active()}
    yield (_ENCODE(head)[:-1] + ', "entries": [').encode()
    before = "\n"
    for rows in found:
        yield (before + ",\n".join(map(_line, rows))).encode()
        before = ",\n"
    yield b"\n]}\n"


def _line(row: Sequence[Any]) -> str:
    said = dict(zip(READ, row, strict=True))
    said["posted_at"] = moment_words(row[_POSTED_AT])
    said["lane"] = lane_of_book(row[_BOOK]).value
    return _ENCODE(said)


def moment_words(moment: str) -> str:
    """``2026-11-02 09:30:00.000000`` as ISO 8601 says it, microseconds where there are any."""
    fraction = moment[19:]
    return f"{moment[:10]}T{moment[11:19]}{'' if fraction == '.000000' else fraction}+00:00"
