"""What a household consents to, its needs follow: at once when it speaks, daily when a consent runs out."""

from __future__ import annotations

from sun_commune.core import clock
from sun_commune.core.events import announce
from sun_commune.households.models import ConsentPurpose
from sun_commune.needs import events, queries
from sun_commune.needs.models import Need
from sun_commune.needs.services.base import lock
from sun_commune.needs.services.moving import move, stop_naming_village
from sun_commune.needs.services.photos import show_photos
from sun_commune.needs.states import PUBLIC, NeedAct, Side, SystemReason


def follow_consents(need: Need) -> bool:
    """Show no more of a household's need than the household consents to now. False: nothing had to change.

    Hides the need at once without consent to publish, stops naming the village without consent to that, and hides
    photos of people without consent to photos (or shows them, when it has been given).
    """
    household = queries.household_of(need)
    if household is None:
        return False
    lock(need)
    today = clock.today()
    has_changed = False
    if need.state in PUBLIC and not household.consents_to(ConsentPurpose.PUBLISH, today):
        move(need, NeedAct.PAUSE, Side.SYSTEM, None, SystemReason.CONSENT_OVER)
        has_changed = True
    if need.names_village and need.published_at and not household.consents_to(ConsentPurpose.VILLAGE, today):
        stop_naming_village(need)
        has_changed = True
    if show_photos(need):
        announce(events.NeedPhotosChanged(actor_id=None, object_code=need.code, need_id=need.id))
        has_changed = True
    return has_changed


def follow_ended_consents(most: int = 200) -> int:
    """For the daily turn: consents that have run out. Returns how many needs changed."""
    return sum(follow_consents(need) for need in queries.list_with_ended_consents(clock.today(), most))
