"""What happens to the charity's record. ``object_code`` is the version's code; no number of an account goes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LanesEvent(Event):
    object_kind: ClassVar[str] = "lanes"
    version_id: int


class LanesProposed(LanesEvent): ...


class LanesConfirmed(LanesEvent): ...


class LanesRefused(LanesEvent): ...


class LanesTakenBack(LanesEvent): ...
