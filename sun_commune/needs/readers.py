"""Who may look at the photo of a need that is not public; the switchboard binds this to uploads."""

from __future__ import annotations

from sun_commune.needs import policies, queries
from sun_commune.uploads.models import Upload


def can_see_photo(user: policies.Person, upload: Upload) -> bool:
    """The offices that may open the need's own page."""
    need = queries.need_of_photo(upload.id)
    return need is not None and policies.can_see_need(user, need)
