"""Entries as JSON: the same fields as the file of the list, under names that do not change with the language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime

from sun_commune.ledger.entries import Entry, EntryFilters


def json_stream(entries: Iterable[Entry], filters: EntryFilters, *, as_of: datetime) -> Iterator[bytes]:
    """One object: ``as_of`` (UTC), ``filters`` in force, ``entries`` (a line each; amounts in whole fen)."""
    head = {"as_of": as_of.isoformat(), "currency": "CNY", "unit": "fen", "filters": filters.active()}
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ', "entries": [').encode()
    before = "\n"
    for entry in entries:
        yield (before + json.dumps(asdict(entry), ensure_ascii=False, default=_plain)).encode()
        before = ",\n"
    yield b"\n]}\n"


def _plain(value: object) -> str:
    """Days and moments as ISO 8601; enums are strings already."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
