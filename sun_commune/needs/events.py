"""What happens to needs. ``object_code`` is the need's code; states are NeedState values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class NeedEvent(Event):
    object_kind: ClassVar[str] = "need"
    need_id: int


class NeedDrafted(NeedEvent): ...


class NeedEdited(NeedEvent): ...


class NeedSubmitted(NeedEvent): ...


class NeedReturned(NeedEvent): ...


class NeedApproved(NeedEvent): ...


class NeedPublished(NeedEvent): ...


class NeedProgressed(NeedEvent): ...


class NeedPaused(NeedEvent): ...


class NeedResumed(NeedEvent): ...


class NeedWithdrawn(NeedEvent): ...


class NeedExpired(NeedEvent): ...


class NeedClosed(NeedEvent): ...
