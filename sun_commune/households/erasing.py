"""Erasing a household: asked for by one officer, carried out by another, and final. Writes like services.

What stays is what the books and the record of acts need: codes, amounts, states, days. Whatever else holds words about
the family hears HouseholdErased and forgets its part in the same transaction; who cannot let go yet refuses, and then
nothing is erased.
"""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core import clock, once
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.households import events, policies, queries
from sun_commune.households.models import Asker, Erasure, Household
from sun_commune.uploads import services as uploads

#: What is sealed; an erased household has none of it.
NULLABLE = ("id_number_sealed", "phone_sealed", "address_sealed", "health_sealed", "support_label_sealed")


def request_erasure(actor: User, household: Household, *, asker: Asker, asked_on: date) -> Erasure:
    """Record who asked, and on which day. A household has one request; a second one is the first."""
    _require(policies.can_request_erasure(actor, household))
    _lock(household)
    if asked_on > clock.today():
        raise RuleBroken(_l("This day has not come yet."), field="asked_on")
    erasure = queries.find_erasure(household)
    if erasure is not None:
        return erasure
    erasure = Erasure(
        household_id=household.id, asker=asker, asked_on=asked_on, requested_by=actor.id, requested_at=clock.now()
    )
    db.session.add(erasure)
    db.session.flush()
    _tell(events.ErasureRequested, actor, household, f"{asker.value} {asked_on.isoformat()}")
    return erasure


def take_back_erasure(actor: User, household: Household) -> None:
    """The family thinks better of it, or it was the wrong household. Twice is once; too late is a Conflict."""
    _require(policies.can_request_erasure(actor, household))
    _lock(household)
    erasure = queries.find_erasure(household)
    if erasure is None:
        return
    if erasure.done_at is not None:
        raise Conflict(_l("This household is erased already."))
    db.session.delete(erasure)
    db.session.flush()
    _tell(events.ErasureTakenBack, actor, household)


def erase_household(actor: User, household: Household) -> None:
    """Erase it now, for good. Erasing twice is erasing once."""
    _lock(household)
    erasure = queries.find_erasure(household)
    if erasure is None:
        raise Conflict(_l("Nobody has asked for this, or the request was taken back."))
    if household.is_erased:
        return
    _require(policies.can_carry_out(actor, household, erasure))
    erasure.done_by, erasure.done_at = actor.id, clock.now()
    _tell(events.HouseholdErased, actor, household, erasure.asker.value)
    _blank(household)
    _end_consents(actor, household)
    once.forget(f"/households/{household.code}")


def _blank(household: Household) -> None:
    """``name_sealed`` may not be NULL; no bytes are no name (services.open_private reads them so)."""
    household.masked_name, household.name_sealed, household.members_count = "", b"", 1
    for column in NULLABLE:
        setattr(household, column, None)
    household.erased_at = household.updated_at = clock.now()
    db.session.flush()


def _end_consents(actor: User, household: Household) -> None:
    """The days stay as proof that the data were kept by consent; the papers go, files and all."""
    scans = queries.documents_of(household)
    for consent in household.consents:
        consent.document_id = None
        if consent.withdrawn_at is None:
            consent.withdrawn_at, consent.withdrawn_by = household.erased_at, actor.id
    db.session.flush()
    for scan in scans:
        uploads.remove_upload(scan)


def _lock(household: Household) -> None:
    db.session.flush()
    db.session.refresh(household, with_for_update={"key_share": True})


def _tell(kind: type[events.HouseholdEvent], actor: User, household: Household, reason: str = "") -> None:
    announce(kind(actor_id=actor.id, object_code=household.code, household_id=household.id, reason=reason))


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_l("This is for the family's first secretary and the county; two different people do it."))
