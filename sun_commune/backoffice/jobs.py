"""Timed work that no single feature owns."""

from __future__ import annotations

from sun_commune.audit import queries as audit
from sun_commune.backoffice.events import RemnantsPurged
from sun_commune.core import purge
from sun_commune.core.db import transaction
from sun_commune.core.events import announce
from sun_commune.core.jobs import Job
from sun_commune.needs import search

ERASING = ("HouseholdErased", "UserClosed")
#: Tables out of which an erasure takes words about people.
TABLES = (
    "households", "consents", "needs", "need_photos", "need_search", "deliveries", "claims", "notices",
    "outbox_messages", "uploads", "form_keys", "users", "sign_ins", "receipt_names", "receipt_wishes",
)  # fmt: skip


def purge_remnants() -> int:
    """After an erasure: take what is left of the words out of the database's files. 0: nothing was erased since.

    Noted only when it is done, so one that fails is tried again the next night.
    """
    if audit.latest_id(ERASING) <= audit.latest_id((RemnantsPurged.__name__,)):
        return 0
    with transaction(audited=False):
        search.compact()
    purge.rewrite(TABLES)
    with transaction():
        announce(RemnantsPurged(actor_id=None, object_code="database"))
    return 1


PURGE_REMNANTS = Job("purge_remnants", every_minutes=24 * 60, run=purge_remnants)
