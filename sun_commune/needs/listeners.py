"""What needs do when a household speaks: its consent, and its wish to be forgotten, bind each of its needs at once."""

from __future__ import annotations

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.households.events import ConsentGiven, ConsentWithdrawn, HouseholdErased
from sun_commune.needs import queries, services


def follow_consents(event: ConsentGiven | ConsentWithdrawn) -> None:
    """In the transaction of the withdrawal itself: when it is stored, nothing shows any more."""
    for need in queries.list_of_household(event.household_id):
        services.follow_consents(need)


def erase_needs(event: HouseholdErased) -> None:
    actor = db.session.get_one(User, event.actor_id)
    for need in queries.list_of_household(event.household_id):
        services.erase_need(actor, need)
