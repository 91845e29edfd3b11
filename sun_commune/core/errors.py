"""What can go wrong by rule, not by accident. Services raise these; core.error_pages maps them to HTTP once.

Messages are lazy translations or plain text already in the user's language. ``field`` names the form field
(dotted for rows: ``lines-2-quantity``) so that a form can show the message where it belongs.
"""

from __future__ import annotations

from typing import Any


class SunError(Exception):
    """A refusal. ``message`` is shown to the person; nothing was stored."""

    def __init__(self, message: Any = "", *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class RuleBroken(SunError):
    """Input or state that a rule of the domain forbids (422)."""


class NotEnoughLeft(RuleBroken):
    """More was claimed than is left. ``left`` is the quantity still open, in the line's own unit."""

    def __init__(self, message: Any, *, left: int, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.left = left


class NotAllowed(SunError):
    """The person may see the object but not do this (403)."""


class Missing(SunError):
    """No such object, or none that this person may know of (404)."""


class Conflict(SunError):
    """The same key with another content, or a state that has moved on (409)."""
