"""Photos of a need: added and described by the village, public only while the need and the consents allow it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.households.models import ConsentPurpose
from sun_commune.needs import events, policies, queries
from sun_commune.needs.models import Need, NeedPhoto
from sun_commune.needs.retention import is_masked, masked_before
from sun_commune.needs.rules import ALT_LENGTH, MOST_PHOTOS
from sun_commune.needs.services.base import lock, require
from sun_commune.needs.states import EDITABLE, PUBLIC
from sun_commune.uploads import services as uploads
from sun_commune.uploads.images import PreparedPhoto


def add_photo(actor: User, need: Need, photo: PreparedPhoto, *, alt: str = "", shows_person: bool = True) -> NeedPhoto:
    """One more photo. Until the village says otherwise it counts as showing a person, so that none slips out."""
    _check_editable(actor, need)
    if len(need.photos) >= MOST_PHOTOS:
        raise RuleBroken(_l("At most %(most)s photos.", most=MOST_PHOTOS), field="photos")
    upload = uploads.store_photo(actor_id=actor.id, photo=photo)
    position = max((kept.position for kept in need.photos), default=0) + 1
    kept = NeedPhoto(upload_id=upload.id, position=position, alt=alt[: ALT_LENGTH[1]], shows_person=shows_person)
    need.photos.append(kept)
    _announce(actor, need)
    return kept


def describe_photo(actor: User, need: Need, photo: NeedPhoto, *, alt: str, shows_person: bool) -> None:
    """Words for those who do not see it, and whether a person can be recognised."""
    _check_editable(actor, need)
    photo.alt = alt[: ALT_LENGTH[1]]
    photo.shows_person = shows_person
    _announce(actor, need)


def remove_photo(actor: User, need: Need, photo: NeedPhoto) -> None:
    """Gone, with its file."""
    _check_editable(actor, need)
    upload = queries.upload_of(photo)
    need.photos.remove(photo)
    db.session.flush()
    uploads.remove_upload(upload)
    _announce(actor, need)


def _check_editable(actor: User, need: Need) -> None:
    lock(need)
    require(policies.is_village_side(actor, need))
    if need.state not in EDITABLE:
        raise Conflict(_l("This need has moved on and cannot be changed now."))


def _announce(actor: User, need: Need) -> None:
    need.updated_at = clock.now()
    db.session.flush()
    announce(events.NeedEdited(actor_id=actor.id, object_code=need.code, need_id=need.id, to_state=need.state))


def show_photos(need: Need) -> bool:
    """A photo is public while its need is; a person's only with consent, and not long after the need is over.

    True: one changed.
    """
    household = queries.household_of(need)
    has_consent = household is not None and household.consents_to(ConsentPurpose.PHOTO, clock.today())
    may_show_person = has_consent and not is_masked(need.state, need.updated_at)
    has_changed = False
    for photo, upload in queries.photos_of(need):
        is_public = need.state in PUBLIC and (may_show_person or not photo.shows_person)
        has_changed = has_changed or is_public is not upload.is_public
        upload.is_public = is_public
    db.session.flush()
    return has_changed


def mask_old_photos(most: int = 200) -> int:
    """Hide photos of people at needs that have been over for SUN_MASK_AFTER_DAYS; returns at how many needs."""
    masked = queries.list_showing_people_after(masked_before(), most)
    for need in masked:
        show_photos(need)
        announce(events.NeedPhotosChanged(actor_id=None, object_code=need.code, need_id=need.id))
    return len(masked)
