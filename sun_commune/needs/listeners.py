"""What needs do when a household speaks: its consent binds every need of its own, at once."""

from __future__ import annotations

from sun_commune.households.events import ConsentGiven, ConsentWithdrawn
from sun_commune.needs import queries, services


def follow_consents(event: ConsentGiven | ConsentWithdrawn) -> None:
    """In the transaction of the withdrawal itself: when it is stored, nothing shows any more."""
    for need in queries.list_of_household(event.household_id):
        services.follow_consents(need)
