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


class NeedPhotosChanged(NeedEvent):
    """What the public sees of its photos changed with a consent, not with its state."""


class NeedVillageHidden(NeedEvent):
    """The village is named no more, because the household's consent to it is over."""


class NeedErased(NeedEvent):
    """Its words and photos are gone with its household; whoever keeps words about it lets go of them."""


class NeedPaused(NeedEvent): ...


class NeedResumed(NeedEvent): ...


class NeedWithdrawn(NeedEvent): ...


class NeedExpired(NeedEvent): ...


class NeedClosed(NeedEvent): ...
