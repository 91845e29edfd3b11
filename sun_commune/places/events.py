"""What happens to places: only that a file of them is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class PlacesLoaded(Event):
    """``object_code`` is the city's code, ``reason`` the numbers of what changed."""

    object_kind: ClassVar[str] = "places"
