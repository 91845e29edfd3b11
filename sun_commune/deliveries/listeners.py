"""What deliveries do when something happens elsewhere."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core.errors import RuleBroken
from sun_commune.deliveries import queries, services
from sun_commune.households.events import ConsentGiven, ConsentWithdrawn
from sun_commune.ledger.events import TransferReversed
from sun_commune.needs.events import NeedErased, NeedEvent
from sun_commune.needs.states import PUBLIC


def show_photos_of_household(event: ConsentGiven | ConsentWithdrawn) -> None:
    """A consent came or went: photos of handovers to this household follow at once."""
    for view in queries.list_with_photo(household_id=event.household_id):
        services.show_photo(view)


def forget_words_of_erased_need(event: NeedErased) -> None:
    """Unless something is on its way or disputed: it must still find the family, so nothing is erased before."""
    if queries.has_unfinished(event.need_id):
        raise RuleBroken(
            _l("Need %(code)s: something is still on its way or disputed. Finish that first.", code=event.object_code)
        )
    services.forget_words(event.need_id)


def show_photos_of_need(event: NeedEvent) -> None:
    """A need went out of the public eye or came back: so do the photos of what it was brought."""
    if (event.from_state in PUBLIC) != (event.to_state in PUBLIC):
        for view in queries.list_with_photo(need_id=event.need_id):
            services.show_photo(view)


def follow_reversal(event: TransferReversed) -> None:
    """A gift or goods entry was reversed in the ledger: its delivery no longer counts. A settled dispute has let go
    of the entry before it reverses it, and is not found here."""
    delivery = queries.find_by_transfer(event.reversed_uid)
    if delivery is not None:
        services.undo_reversed(delivery, actor_id=event.actor_id, reason=event.reason)
