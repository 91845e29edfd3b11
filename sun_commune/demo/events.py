"""What the demo itself tells the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class DemoDataMade(Event):
    """All stories are told; ``object_code`` is the edition of the demo."""

    object_kind: ClassVar[str] = "demo"
