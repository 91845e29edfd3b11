"""Who may look at a photo that is not public: who took it, and whom the feature that holds it lets in.

This floor knows no needs and no deliveries, so the switchboard binds their rules here (``bind``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sun_commune.uploads.models import Upload

#: Called with the person (a user or the visitor) and the upload; True lets in.
Reader = Callable[[Any, Upload], bool]
_readers: list[Reader] = []


def bind(readers: Sequence[Reader]) -> None:
    _readers[:] = readers


def can_see_photo(user: Any, upload: Upload) -> bool:
    if upload.is_public or (user.id is not None and user.id == upload.created_by):
        return True
    return any(reader(user, upload) for reader in _readers)
