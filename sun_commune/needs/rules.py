"""What a need must be before it leaves the village: one list of rules for the form (all faults) and the service.

Quantities are whole numbers in the line's own unit: fen of money, pieces, times of a service, hours of labour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.core.clock import today
from sun_commune.core.text import find_private
from sun_commune.needs.models import Category, LineKind, Need, Subject, Urgency

TITLE_LENGTH = (4, 40)
STORY_LENGTH = (10, 1000)
ITEM_LENGTH = (2, 40)
ALT_LENGTH = (2, 100)
MOST_LINES = 20
MOST_PHOTOS = 6
MOST_QUANTITY = 10**9
MOST_FEN = 10**11
LONGEST_WISH_DAYS = 2 * 366


@dataclass(frozen=True)
class LineInput:
    """One line as somebody asks for it; ``asked`` None: not said, or nothing that can be read as a quantity.

    A price or minimum that cannot be read comes as -1 and is found by the rules.
    """

    kind: LineKind = LineKind.GOODS
    item: str = ""
    asked: int | None = None
    unit: str = ""
    unit_price_fen: int | None = None
    is_divisible: bool = True
    minimum: int | None = None


@dataclass(frozen=True)
class NeedInput:
    """What the village says of a need; empty values are allowed in a draft."""

    subject: Subject | None = None
    household_id: int | None = None
    category: Category | None = None
    title: str = ""
    story: str = ""
    urgency: Urgency = Urgency.NORMAL
    wanted_on: date | None = None
    lines: tuple[LineInput, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Fault:
    """``field`` is the form field's name, ``lines-2-asked`` for a row (counted from 0)."""

    field: str
    message: Any


PRIVATE_WORDS = {
    "id_number": _l("This looks like an identity number. Take it out: everybody can read this text."),
    "mobile": _l("This looks like a mobile number. Take it out: everybody can read this text."),
    "card": _l("This looks like a bank card number. Take it out: everybody can read this text."),
}


def find_faults(content: NeedInput) -> list[Fault]:
    """Everything that keeps ``content`` from being submitted; empty if nothing does."""
    return [*_need_faults(content), *_lines_faults(content)]


def content_of(need: Need) -> NeedInput:
    """What is stored of a need, as the rules read it."""
    lines = tuple(
        LineInput(
            kind=line.kind,
            item=line.item,
            asked=line.asked,
            unit=line.unit,
            unit_price_fen=line.unit_price_fen,
            is_divisible=line.is_divisible,
            minimum=line.minimum,
        )
        for line in need.lines
    )
    return NeedInput(
        subject=need.subject,
        household_id=need.household_id,
        category=need.category,
        title=need.title,
        story=need.story,
        urgency=Urgency(need.urgency),
        wanted_on=need.wanted_on,
        lines=lines,
    )


def says_nothing(content: NeedInput) -> bool:
    """Nothing was written yet; what is chosen from lists alone is not worth a draft."""
    return not (content.title or content.story or content.lines)


def _need_faults(content: NeedInput) -> Iterator[Fault]:
    if content.subject is None:
        yield Fault("beneficiary", _l("Choose the household, or the village itself."))
    if content.category is None:
        yield Fault("category", _l("Choose a category."))
    yield from _text_faults("title", content.title, TITLE_LENGTH)
    yield from _text_faults("story", content.story, STORY_LENGTH)
    if content.wanted_on is not None:
        days = (content.wanted_on - today()).days
        if days < 0:
            yield Fault("wanted_on", _l("This day is over. Choose today or a later day."))
        elif days > LONGEST_WISH_DAYS:
            yield Fault("wanted_on", _l("Choose a day within the next two years."))


def _text_faults(name: str, text: str, length: tuple[int, int]) -> Iterator[Fault]:
    least, most = length
    if not least <= len(text) <= most:
        yield Fault(name, _l("Write %(least)s to %(most)s characters.", least=least, most=most))
    found = find_private(text)
    if found:
        yield Fault(name, PRIVATE_WORDS[found])


def _lines_faults(content: NeedInput) -> Iterator[Fault]:
    if not content.lines:
        yield Fault("lines", _l("Add at least one line: what is needed, and how much."))
    if len(content.lines) > MOST_LINES:
        yield Fault("lines", _l("At most %(most)s lines. Post a second need for the rest.", most=MOST_LINES))
    for row, line in enumerate(content.lines):
        yield from line_faults(row, line)


def line_faults(row: int, line: LineInput) -> Iterator[Fault]:
    """Faults of one line; ``row`` counts from 0, people count from 1."""
    number = row + 1
    for fault in _text_faults("item", line.item, ITEM_LENGTH):
        yield Fault(f"lines-{row}-item", _l("Line %(number)s: %(fault)s", number=number, fault=fault.message))
    most = MOST_FEN if line.kind is LineKind.MONEY else MOST_QUANTITY
    if line.asked is None or not 1 <= line.asked <= most:
        yield Fault(f"lines-{row}-asked", _quantity_words(line.kind, number))
    elif line.is_divisible and line.minimum is not None and not 1 <= line.minimum <= line.asked:
        words = _l("Line %(number)s: the smallest part must lie between 1 and what is asked.", number=number)
        yield Fault(f"lines-{row}-minimum", words)
    if line.kind in {LineKind.GOODS, LineKind.SERVICE}:
        if not 1 <= len(line.unit) <= 12:
            yield Fault(f"lines-{row}-unit", _l("Line %(number)s: say the unit, like 床 or 台.", number=number))
        elif find_private(line.unit):
            yield Fault(f"lines-{row}-unit", _l("Line %(number)s: the unit is a word, like 床 or 台.", number=number))
    if line.unit_price_fen is not None and not 0 <= line.unit_price_fen <= MOST_FEN:
        yield Fault(
            f"lines-{row}-price",
            _l("Line %(number)s: the reference price is an amount in yuan, like 99.50.", number=number),
        )


def photo_faults(alts: Iterable[str]) -> Iterator[Fault]:
    """Every photo needs words for those who do not see it."""
    for row, alt in enumerate(alts):
        for fault in _text_faults("alt", alt, ALT_LENGTH):
            yield Fault(f"kept-{row}-alt", _l("Photo %(number)s: %(fault)s", number=row + 1, fault=fault.message))


def _quantity_words(kind: LineKind, number: int) -> Any:
    if kind is LineKind.MONEY:
        return _l("Line %(number)s: say the amount in yuan, like 1500.", number=number)
    if kind is LineKind.HOURS:
        return _l("Line %(number)s: say how many hours, as a whole number.", number=number)
    return _l("Line %(number)s: say the quantity, as a whole number from 1.", number=number)
