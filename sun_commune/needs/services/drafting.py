"""Drafts: written and rewritten by the village, as incomplete as they may be."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core import clock, codes
from sun_commune.core.counters import next_number
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.households.models import Household
from sun_commune.needs import events, listing, policies
from sun_commune.needs.models import Category, LineKind, Need, NeedLine, Subject
from sun_commune.needs.rules import LineInput, NeedInput, line_faults
from sun_commune.needs.services.base import lock, require
from sun_commune.needs.states import EDITABLE


def draft_need(actor: User, *, village_code: str, content: NeedInput, typed: str = "") -> Need:
    """A new draft in ``village_code``, as incomplete as it may be.

    ``typed`` is the form word for word when it is not complete yet (see Need.typed).
    """
    require(policies.can_draft_need(actor, village_code))
    moment = clock.now()
    year = clock.today().year
    need = Need(
        code=codes.yearly_code("XQ", year, next_number(f"XQ-{year}")),
        village_code=village_code,
        township_code=village_code[:9],
        county_code=village_code[:6],
        author_id=actor.id,
        created_at=moment,
        updated_at=moment,
    )
    _write(need, content, typed)
    db.session.add(need)
    db.session.flush()
    listing.relist(need)
    announce(events.NeedDrafted(actor_id=actor.id, object_code=need.code, need_id=need.id, to_state=need.state))
    return need


def edit_need(actor: User, need: Need, *, content: NeedInput, typed: str = "", version: int | None = None) -> Need:
    """Replace what a draft or returned need says. ``version``: the one the person has read; Conflict if it is old."""
    lock(need)
    require(policies.is_village_side(actor, need))
    if need.state not in EDITABLE:
        raise Conflict(_l("This need has moved on and cannot be changed now."))
    if version is not None and version != need.version:
        raise Conflict(_l("Somebody else has changed this need meanwhile."), field="version")
    _write(need, content, typed)
    need.version += 1
    need.updated_at = clock.now()
    listing.relist(need)
    announce(events.NeedEdited(actor_id=actor.id, object_code=need.code, need_id=need.id, to_state=need.state))
    return need


def _write(need: Need, content: NeedInput, typed: str) -> None:
    """Store what fits the columns; what does not fit yet stays in ``typed`` alone."""
    household = db.session.get(Household, content.household_id) if content.household_id else None
    if household is not None and household.village_code != need.village_code:
        raise RuleBroken(_l("This household does not live in your village."), field="beneficiary")
    if household is not None and household.is_erased:
        raise RuleBroken(_l("This household's data were removed at its wish."), field="beneficiary")
    need.subject = Subject.HOUSEHOLD if household else Subject.VILLAGE
    need.household_id = household.id if household else None
    need.category = content.category or Category.DAILY_NECESSITIES
    need.title = content.title[:60]
    need.story = content.story
    need.urgency = content.urgency.value
    need.wanted_on = content.wanted_on
    need.typed = typed
    need.lines.clear()
    if need.id:
        db.session.flush()  # the old rows go before new ones take their positions
    storable = [line for row, line in enumerate(content.lines) if not any(line_faults(row, line))]
    need.lines.extend(_line(position, line) for position, line in enumerate(storable, start=1))


def _line(position: int, line: LineInput) -> NeedLine:
    asked = line.asked or 1
    return NeedLine(
        position=position,
        kind=line.kind,
        item=line.item,
        unit=line.unit if line.kind in {LineKind.GOODS, LineKind.SERVICE} else "",
        asked=asked,
        unit_price_fen=None if line.kind is LineKind.MONEY else line.unit_price_fen,
        is_divisible=line.is_divisible,
        minimum=(line.minimum or 1) if line.is_divisible else asked,
    )
