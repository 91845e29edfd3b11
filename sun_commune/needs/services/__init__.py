"""The only writer of needs: drafting by the village, moving along the states, photos, following consents.

Every function runs inside the caller's ``transaction()``.
"""

from sun_commune.needs.services.consents import follow_consents, follow_ended_consents
from sun_commune.needs.services.drafting import draft_need, edit_need
from sun_commune.needs.services.erasing import erase_need
from sun_commune.needs.services.moving import (
    approve_need,
    close_need,
    expire_need,
    expire_needs,
    pause_need,
    publish_need,
    resume_need,
    return_need,
    submit_need,
    withdraw_need,
)
from sun_commune.needs.services.photos import add_photo, describe_photo, mask_old_photos, remove_photo, show_photos

__all__ = [
    "add_photo",
    "approve_need",
    "close_need",
    "describe_photo",
    "draft_need",
    "edit_need",
    "erase_need",
    "expire_need",
    "expire_needs",
    "follow_consents",
    "follow_ended_consents",
    "mask_old_photos",
    "pause_need",
    "publish_need",
    "remove_photo",
    "resume_need",
    "return_need",
    "show_photos",
    "submit_need",
    "withdraw_need",
]
