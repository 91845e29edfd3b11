"""What deliveries must know of imported statements: whether a movement of the bank is in the books by one already.

This floor knows no statements, so the switchboard binds the answer here (``bind``).
"""

from __future__ import annotations

from collections.abc import Callable

_holds: list[Callable[[str], bool]] = []


def bind(holds_reference: Callable[[str], bool]) -> None:
    _holds[:] = [holds_reference]


def holds_reference(reference: str) -> bool:
    """An incoming line with this reference has been imported."""
    return any(holds(reference) for holds in _holds)
