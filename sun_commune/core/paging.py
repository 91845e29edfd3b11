"""Keyset paging: a page begins after a key, so deep pages cost what the first one costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """``rows`` in reading order; ``after`` / ``before`` are the keys of the next and previous page, "" if none."""

    rows: Sequence[Row]
    after: str = ""
    before: str = ""


def page_of(rows: Sequence[Row], keys: Sequence[str], size: int, *, after: str = "", before: str = "") -> Page[Row]:
    """Cut ``size`` + 1 fetched rows to a page.

    ``keys`` are the rows' sort keys. With ``before`` the rows were fetched backwards and are turned round here.
    """
    more = len(rows) > size
    rows, keys = list(rows[:size]), list(keys[:size])
    if before:
        rows.reverse()
        keys.reverse()
        return Page(rows, after=keys[-1] if keys else "", before=keys[0] if more else "")
    return Page(rows, after=keys[-1] if more else "", before=keys[0] if after and keys else "")
