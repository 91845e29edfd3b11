"""Small words that several public pages share: a line as a phrase, a card as the template wants it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from flask import get_template_attribute, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from sun_commune.core import kept
from sun_commune.core.i18n import current_lang
from sun_commune.core.money import yuan
from sun_commune.needs.models import LineKind, Urgency
from sun_commune.places import queries as places
from sun_commune.portal.catalogue import Card, Line

NAMES_KEPT_SECONDS = 20


def quantity_words(quantity: int, kind: LineKind, unit: str = "") -> str:
    """``¥1,200``, ``2 床``, ``3 hours``."""
    if kind is LineKind.MONEY:
        return _("¥%(amount)s", amount=yuan(quantity))
    if kind is LineKind.HOURS:
        return ngettext("one hour", "%(num)d hours", quantity)
    return f"{quantity} {unit}".strip()


def line_words(line: Line) -> str:
    """``电热毯 2 床``: what is asked for, with how much."""
    return f"{line.item} · {quantity_words(line.asked, line.kind, line.unit)}"


def place_words(*codes: str) -> str:
    """The most exact of the codes that is given, with what it lies in."""
    code = next((code for code in codes if code), "")
    return places.full_name(code, current_lang()) if code else ""


def share(lines: list[Line]) -> tuple[int, int, int]:
    """Asked, claimed, delivered of all lines together, in thousandths: lines have different units, so each counts
    by its reference value where every line has one, and alike where some have none."""
    values = [line.asked if line.kind is LineKind.MONEY else line.asked * (line.unit_price_fen or 0) for line in lines]
    weights = values if all(values) else [1] * len(values)
    whole = sum(weights) or 1
    claimed = sum(weight * line.claimed / line.asked for weight, line in zip(weights, lines, strict=True))
    delivered = sum(weight * line.delivered / line.asked for weight, line in zip(weights, lines, strict=True))
    return 1000, int(1000 * claimed / whole), int(1000 * delivered / whole)


def card_parts(cards: Iterable[Card]) -> list[Markup]:
    """The cards of a list, ready for the page. One that looked the same a moment ago is not made again; only the names
    of its places may be out of date."""
    here = kept.here()
    need_card = get_template_attribute("components/cards.html", "need_card")

    def make(card: Card) -> Markup:
        return Markup(need_card(card_values(card)))  # noqa: S704 - a template's output, escaped there

    return [kept.keep(("card", here, card), partial(make, card), seconds=NAMES_KEPT_SECONDS) for card in cards]


def card_values(card: Card) -> dict[str, Any]:
    """What components/cards.html asks for."""
    asked, claimed, delivered = share(list(card.lines))
    return {
        "url": url_for("portal.show_need", code=card.code),
        "title": card.title,
        "place": place_words(card.village_code, card.township_code, card.county_code),
        "category": card.category,
        "state": card.state,
        "lines": [line_words(line) for line in card.lines],
        "asked": asked,
        "claimed": claimed,
        "delivered": delivered,
        "urgent": card.urgency == Urgency.URGENT,
        "wanted_on": card.wanted_on,
    }
