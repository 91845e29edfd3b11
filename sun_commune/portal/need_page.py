"""``/needs/<code>``: a need with its lines, timeline, helpers and proof, and the door to claiming it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from sun_commune.core import access
from sun_commune.core.addresses import absolute
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.labels import label
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.ledger import budgets
from sun_commune.needs.models import Need, NeedLine, Urgency
from sun_commune.needs.public import PublicNeed, PublicPhoto, find_public_need, was_public_and_erased
from sun_commune.needs.states import NeedAct, Side
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState
from sun_commune.portal import catalogue
from sun_commune.portal.blueprint import blueprint
from sun_commune.portal.catalogue import Filters
from sun_commune.portal.words import card_parts, place_words, quantity_words
from sun_commune.uploads.models import Upload

MOST_HELPERS = 50
SIMILAR = 3
ARRIVED = frozenset({DeliveryState.PAID, DeliveryState.ACCEPTED, DeliveryState.CONFIRMED})


@dataclass(frozen=True)
class Helper:
    """One claim as the public sees it: the name the donor chose, and how much of which thing."""

    shown: str
    at: datetime
    what: str
    state: ClaimState


@dataclass(frozen=True)
class Arrival:
    """One delivery that both sides closed."""

    code: str
    at: datetime
    what: str
    thanks: str
    photo: PublicPhoto | None
    entry_uid: str


@blueprint.get("/needs/<code>")
@access.public
def show_need(code: str) -> Any:
    """The public page of a need; 404 while it is not public (a draft, paused, withdrawn), 410 when a family that was
    erased had it withdrawn."""
    need = find_public_need(code)
    if need is None:
        if was_public_and_erased(code):
            return render_template("portal/erased_need.html", code=code), 410
        raise Missing
    helpers, arrivals = find_helpers(code), find_arrivals(code)
    return render_template(
        "portal/show_need.html",
        need=need,
        place=place_words(need.village_code, need.township_code, need.county_code),
        is_urgent=need.urgency == Urgency.URGENT,
        helpers=helpers,
        planned=budgets.planned_and_spent(code),
        arrivals=arrivals,
        events=timeline_of(need, helpers, arrivals),
        kinds={line.kind for line in need.lines if line.left > 0},
        similar=similar_needs(need),
        share_text=share_text(need),
        share_url=absolute(url_for("portal.show_need", code=code)),
    )


def find_helpers(code: str) -> list[Helper]:
    """Claims that were pledged and not given back whole, the newest first."""
    rows = db.session.execute(
        select(Claim.id, Claim.display_name, Claim.pledged_at, Claim.state, NeedLine.kind, NeedLine.item, NeedLine.unit,
               (ClaimLine.quantity - ClaimLine.released).label("quantity"))
        .join(ClaimLine, ClaimLine.claim_id == Claim.id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .join(Need, Need.id == Claim.need_id)
        .where(Need.code == code, Claim.pledged_at.is_not(None), ClaimLine.quantity > ClaimLine.released)
        .order_by(Claim.id.desc(), ClaimLine.id)
        .limit(MOST_HELPERS * 4)
    ).all()  # fmt: skip
    claims: dict[int, list[Any]] = {}
    for row in rows:
        claims.setdefault(row.id, []).append(row)
    helpers = []
    for lines in list(claims.values())[:MOST_HELPERS]:
        first = lines[0]
        what = _("; ").join(f"{row.item} {quantity_words(row.quantity, row.kind, row.unit)}" for row in lines)
        helpers.append(Helper(first.display_name or _("Anonymous"), first.pledged_at, what, first.state))
    return helpers


def find_arrivals(code: str) -> list[Arrival]:
    """Deliveries that both sides closed, in order."""
    rows = db.session.execute(
        select(Delivery.code, Delivery.accepted_at, Delivery.accepted_quantity, Delivery.thanks, Delivery.transfer_uid,
               NeedLine.kind, NeedLine.item, NeedLine.unit, Upload.token, Upload.width, Upload.height, Upload.is_public)
        .join(Need, Need.id == Delivery.need_id)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .outerjoin(Upload, Upload.id == Delivery.photo_id)
        .where(Need.code == code, Delivery.state.in_(ARRIVED), Delivery.accepted_quantity > 0)
        .order_by(Delivery.accepted_at, Delivery.id)
    )  # fmt: skip
    return [
        Arrival(
            code=row.code,
            at=row.accepted_at,
            what=f"{row.item} {quantity_words(row.accepted_quantity, row.kind, row.unit)}",
            thanks=row.thanks,
            photo=PublicPhoto(row.token, row.width or 0, row.height or 0) if row.is_public else None,
            entry_uid=row.transfer_uid or "",
        )
        for row in rows
    ]


def timeline_of(need: PublicNeed, helpers: Sequence[Helper], arrivals: Sequence[Arrival]) -> list[dict[str, Any]]:
    """Steps of the need, promises and arrivals in one line of time."""
    events: list[dict[str, Any]] = [
        {"at": step.at, "text": label(step.act), "who": label(step.side)}
        for step in need.steps
        if step.act is not NeedAct.PROGRESS
    ]
    events += [
        {"at": helper.at, "text": _("Promised: %(what)s", what=helper.what), "who": helper.shown} for helper in helpers
    ]
    for arrival in arrivals:
        event = {"at": arrival.at, "text": _("Arrived: %(what)s", what=arrival.what), "who": label(Side.VILLAGE)}
        if arrival.entry_uid:
            event["url"] = url_for("portal.show_entry", uid=arrival.entry_uid)
        events.append(event)
    return sorted(events, key=lambda event: event["at"])


def similar_needs(need: PublicNeed) -> list[Markup]:
    """Open needs of the same category, the most urgent first: another way to help."""
    page = catalogue.find_page(Filters(category=need.category.value, sort="urgent"), size=SIMILAR + 1)
    return card_parts([card for card in page.rows if card.code != need.code][:SIMILAR])


def share_text(need: PublicNeed) -> str:
    """A sentence to send on: what is still open, without the family's name."""
    still = [f"{line.item} {quantity_words(line.left, line.kind, line.unit)}" for line in need.lines if line.left > 0]
    place = place_words(need.county_code)
    if not still:
        return _("%(place)s: “%(title)s” has been taken on. See how it goes.", place=place, title=need.title)
    return _("%(place)s: “%(title)s”. Still open: %(what)s.", place=place, title=need.title, what=_("; ").join(still))
