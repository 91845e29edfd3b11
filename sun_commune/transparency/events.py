"""What happens to the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LogSealed(Event):
    """Leaves got their places; ``to_state`` is the new size."""

    object_kind: ClassVar[str] = "log"
