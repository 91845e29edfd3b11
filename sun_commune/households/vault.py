"""Private fields of families, sealed (core.sealing) for their household and field alone."""

from __future__ import annotations

from sun_commune.core import sealing
from sun_commune.core.sealing import Unreadable, is_current

__all__ = ["Unreadable", "is_current", "seal", "unseal"]


def seal(plain: str, *, household_code: str, field: str) -> bytes:
    return sealing.seal(plain, _context(household_code, field))


def unseal(sealed: bytes, *, household_code: str, field: str) -> str:
    """The plain text; Unreadable if no key fits."""
    return sealing.unseal(sealed, _context(household_code, field))


def _context(household_code: str, field: str) -> str:
    return f"household {household_code} {field}"
