"""Calling off, thanking, and deciding whether a photo of the handover is public."""

from __future__ import annotations

from sqlalchemy import update

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict
from sun_commune.deliveries import policies, queries
from sun_commune.deliveries.events import DeliveryCancelled, DeliveryThanked, PhotoHidden
from sun_commune.deliveries.models import Delivery
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.deliveries.services import steps
from sun_commune.deliveries.states import COUNTED, DeliveryAct, Party
from sun_commune.needs.retention import masked_before
from sun_commune.uploads import services as uploads

THANKS_LENGTH = (2, 300)


def cancel_delivery(actor: User, delivery: Delivery) -> Delivery:
    """The donor calls off what is on its way and nobody has received; the promise itself stands."""
    view = steps.lock_delivery(delivery)
    steps.require(policies.is_donor(actor, view.claim))
    before = steps.move_delivery(view, DeliveryAct.CANCEL, Party.DONOR)
    steps.settle_line(view)
    steps.tell(DeliveryCancelled, view, actor.id, before)
    return view.delivery


def thank_donor(actor: User, delivery: Delivery, *, text: str) -> Delivery:
    """A word of thanks that everybody may read, once, for what was delivered."""
    view = steps.lock_delivery(delivery)
    steps.require(policies.is_village_side(actor, view.need, view.donor))
    row = view.delivery
    if row.state not in COUNTED or row.thanked_at is not None:
        raise Conflict(steps.MOVED_ON)
    least, most = THANKS_LENGTH
    row.thanks = steps.check_text(text, "text", least=least, most=most)
    row.thanked_by, row.thanked_at = actor.id, now()
    steps.tell(DeliveryThanked, view, actor.id, row.state)
    return row


def hide_photo(actor: User, delivery: Delivery, *, reason: str) -> Delivery:
    """The county takes a photo out of the public eye for good."""
    view = steps.lock_delivery(delivery)
    steps.require(policies.can_hide_photo(actor, view.need))
    least, most = steps.REASON_LENGTH
    reason = steps.check_text(reason, "reason", least=least, most=most)
    if view.delivery.photo_id is None or view.delivery.is_photo_hidden:
        raise Conflict(steps.MOVED_ON)
    view.delivery.is_photo_hidden = True
    show_photo(view)
    steps.tell(PhotoHidden, view, actor.id, view.delivery.state, reason)
    return view.delivery


def mask_old_photos(most: int = 200) -> int:
    """Hide handover photos of people at needs that have been over for SUN_MASK_AFTER_DAYS; returns how many."""
    views = queries.list_showing_people_after(masked_before(), most)
    for view in views:
        show_photo(view)
        steps.tell(PhotoHidden, view, None, view.delivery.state)
    return len(views)


def forget_words(need_id: int) -> None:
    """Of an erased need: what people wrote about its handovers, and photos with people. Amounts and days stay."""
    for view in queries.list_with_photo(need_id=need_id):
        upload = queries.find_upload(view.delivery)
        if upload is not None and view.delivery.photo_shows_person:
            view.delivery.photo_id = None
            db.session.flush()
            uploads.remove_upload(upload)
    blank = {"note": "", "thanks": "", "dispute_reason": "", "settlement": "", "tracking_number": ""}
    db.session.execute(update(Delivery).where(Delivery.need_id == need_id).values(**blank))


def show_photo(view: DeliveryView) -> None:
    """Bring the photo's flag in line with what may be public now (policies.may_publish_photo)."""
    upload = queries.find_upload(view.delivery)
    if upload is not None:
        household = queries.household_of(view.need)
        upload.is_public = policies.may_publish_photo(view.delivery, view.need, household, today())
