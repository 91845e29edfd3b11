"""What happens to the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LogSealed(Event):
    """Leaves got their places; ``to_state`` is the new size."""

    object_kind: ClassVar[str] = "log"


@dataclass(frozen=True, kw_only=True)
class LogKeyChanged(Event):
    """``object_code`` is the key's number (8 hex digits); ``to_state`` begins or ends."""

    object_kind: ClassVar[str] = "log"


@dataclass(frozen=True, kw_only=True)
class DailyRootRecorded(Event):
    """``object_code`` is the day, ``to_state`` the size that was signed last on it, ``reason`` the root (base64)."""

    object_kind: ClassVar[str] = "log"
