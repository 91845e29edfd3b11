"""What happens to the house as a whole."""

from __future__ import annotations

from typing import ClassVar

from sun_commune.core.events import Event


class RemnantsPurged(Event):
    """The database's files were rewritten after an erasure."""

    object_kind: ClassVar[str] = "database"
