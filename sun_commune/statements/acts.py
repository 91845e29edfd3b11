"""What statements must know of refunds: which of the bank's references an act names, and by which entry it stands.

This floor knows no refunds, so the switchboard binds the answers here (``bind``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple


class NamedAct(NamedTuple):
    """An act by which money goes out and that names the bank's movement; ``entry_uid`` is "" until it is posted."""

    code: str
    reference: str
    amount_fen: int
    entry_uid: str


Find = Callable[[Collection[str], Collection[str]], list[NamedAct]]
_finders: list[Find] = []


def bind(*finders: Find) -> None:
    """Called once by the switchboard."""
    _finders[:] = finders


def find_acts(*, references: Collection[str] = (), entry_uids: Collection[str] = ()) -> list[NamedAct]:
    """Acts that name one of these references, or stand by one of these entries."""
    return [act for find in _finders for act in find(references, entry_uids)]
