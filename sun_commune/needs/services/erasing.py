"""What is left of a need whose household is erased: what was asked for and given, and when; no word of the family."""

from __future__ import annotations

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.core.events import announce
from sun_commune.needs import events, queries, search
from sun_commune.needs.models import Need
from sun_commune.needs.retention import OVER
from sun_commune.needs.services.base import lock
from sun_commune.needs.services.moving import move
from sun_commune.needs.states import NeedAct, Side, SystemReason, find_move
from sun_commune.uploads import services as uploads

#: Stands where the title was, in the language in which villages write; pages say it in their own besides.
ERASED_TITLE = "（应家庭意愿，内容已删除）"


def erase_need(actor: User, need: Need) -> None:
    """Blank its words, remove its photos, and end it: withdrawn if it was open, closed if it was met or expired.

    The words go first: what is told of the withdrawal names nothing any more.
    """
    lock(need)
    _blank(need)
    _remove_photos(need)
    announce(
        events.NeedErased(
            actor_id=actor.id, object_code=need.code, need_id=need.id, from_state=need.state, to_state=need.state
        )
    )
    act = NeedAct.CLOSE if need.state in OVER else NeedAct.WITHDRAW
    if find_move(act, Side.SYSTEM, need.state):
        move(need, act, Side.SYSTEM, actor, SystemReason.ERASED)


def _blank(need: Need) -> None:
    old = search.document_of(need.id)
    need.title, need.story, need.typed, need.names_village = ERASED_TITLE, "", "", False
    need.version += 1
    db.session.flush()
    if need.published_at is not None:  # before that it is in no index
        search.replace_document(need.id, old)


def _remove_photos(need: Need) -> None:
    """All of them: a photo of the house or the stove shows the family's home."""
    held = [upload for _photo, upload in queries.photos_of(need)]
    need.photos.clear()
    db.session.flush()
    for upload in held:
        uploads.remove_upload(upload)
