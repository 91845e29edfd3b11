"""The form of a need. Drafts keep what was typed word for word; the rules of needs.rules say what is missing.

Every field is text that the form itself reads, so that a wrong value comes back as it was typed. Lines are added and
removed by buttons of the form (``add_line``, ``remove_line-2``) that save the draft and come back: no script needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, Field, FieldList, Form, FormField, HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, Length

from sun_commune.core.errors import SunError
from sun_commune.core.forms import BaseForm, DayField, LineField, OnceForm, TextField
from sun_commune.core.labels import label
from sun_commune.core.money import parse_yuan, yuan_plain
from sun_commune.core.text import to_half_width
from sun_commune.needs.models import Category, LineKind, Need, Subject, Urgency
from sun_commune.needs.rules import (
    ITEM_LENGTH,
    MOST_LINES,
    STORY_LENGTH,
    TITLE_LENGTH,
    Fault,
    LineInput,
    NeedInput,
    find_faults,
    photo_faults,
)

UNREADABLE = -1
BLANK_LINE: dict[str, Any] = {"kind": "goods", "item": "", "asked": "", "unit": "", "price": "", "is_divisible": True,
                              "minimum": ""}  # fmt: skip


class NumberedList(FieldList):  # type: ignore[type-arg]  # generic in the stubs alone
    """A FieldList that is not led astray by forged row numbers such as ``lines-²-item``."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        for key in formdata:
            match = re.match(rf"{prefix}-([0-9]{{1,3}})-", key)
            if match:
                yield int(match[1])


class LineForm(Form):
    """One line. ``asked`` and ``minimum`` are yuan for money, else whole numbers."""

    kind = SelectField(_l("Kind of help"), choices=[], validate_choice=False)
    item = LineField(_l("What"), [InputRequired(), Length(max=ITEM_LENGTH[1])])
    asked = LineField(_l("How much"), [InputRequired()])
    unit = LineField(_l("Unit"))
    price = LineField(_l("About how many yuan for one"))
    is_divisible = BooleanField(_l("Several donors may share it"), default=True)
    minimum = LineField(_l("Smallest part that one donor may take"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(kind.value, label(kind)) for kind in LineKind]

    def typed(self) -> dict[str, Any]:
        return {name: self._fields[name].data or "" for name in BLANK_LINE} | {"is_divisible": self.is_divisible.data}


class PhotoForm(Form):
    """A photo that is stored already: its words, and whether a person can be recognised."""

    token = HiddenField()
    alt = LineField(_l("What the photo shows"))
    shows_person = BooleanField(_l("A person can be recognised"))

    def typed(self) -> dict[str, Any]:
        return {
            "token": self.token.data or "", "alt": self.alt.data or "", "shows_person": bool(self.shows_person.data)
        }  # fmt: skip


class NeedForm(OnceForm):
    """See the module's text. ``version`` is the one that was read; an older one than the stored is a conflict."""

    version = HiddenField()
    beneficiary = SelectField(_l("For whom"), [InputRequired()], validate_choice=False)
    category = SelectField(_l("Category"), [InputRequired()], validate_choice=False)
    title = LineField(_l("Title"), [InputRequired(), Length(max=TITLE_LENGTH[1])])
    story = TextField(_l("Story"), [InputRequired(), Length(max=STORY_LENGTH[1])])
    urgency = RadioField(_l("Urgency"), validate_choice=False, default=str(Urgency.NORMAL.value))
    wanted_on = DayField(_l("Wanted by"))
    lines = NumberedList(FormField(LineForm), max_entries=MOST_LINES)
    kept = NumberedList(FormField(PhotoForm), max_entries=20)
    photos = MultipleFileField(_l("Add photos"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.category.choices = [("", _l("Choose")), *((member.value, label(member)) for member in Category)]
        self.urgency.choices = [(str(member.value), label(member)) for member in Urgency]

    def offer(self, villages: Mapping[str, str], households: Sequence[tuple[str, str]]) -> None:
        """Whom a need can be for: ``villages`` code -> name; ``households`` (code, masked words)."""
        own = [(code, _l("The village itself: %(name)s", name=name)) for code, name in villages.items()]
        self.beneficiary.choices = [("", _l("Choose")), *own, *households]

    def typed(self) -> dict[str, Any]:
        """All that was typed, without lines that were left wholly blank."""
        values = {name: self._fields[name].data or "" for name in ("beneficiary", "category", "title", "story")}
        lines = [entry.form.typed() for entry in self.lines.entries]
        return {
            **values,
            "urgency": self.urgency.data or "",
            "wanted_on": (self.wanted_on.raw_data or [""])[0],
            "lines": [line for line in lines if not is_blank(line)],
        }

    def take_error(self, error: SunError | Fault) -> None:
        """At its field, in rows too (``lines-2-asked``); on top of the form if there is no such field."""
        name = error.field or ""
        for row in (*self.lines.entries, *self.kept.entries):
            field = next((field for field in row.form if field.name == name), None)
            if field is not None:
                _add(field, error.message)
                parent = self.lines if row in self.lines.entries else self.kept
                parent.errors = [*parent.errors, str(error.message)]  # the summary looks into rows of a wrong list
                return
        if name in self._fields:
            _add(self._fields[name], error.message)
        else:
            self.form_errors.append(str(error.message))


def _add(field: Field, message: Any) -> None:
    field.errors = [*field.errors, str(message)]


def is_blank(line: Mapping[str, Any]) -> bool:
    return not any(line[name] for name in ("item", "asked", "unit", "price", "minimum"))


def fill(typed: Mapping[str, Any], photos: Sequence[Mapping[str, Any]], *, version: int | None) -> NeedForm:
    """A fresh form that shows ``typed``, with at least one line to write in."""
    lines = [{**BLANK_LINE, **line} for line in typed.get("lines", ())][:MOST_LINES] or [BLANK_LINE]
    data = {name: typed.get(name, "") for name in ("beneficiary", "category", "title", "story", "urgency")}
    form = NeedForm(
        formdata=None,
        data={**data, "version": "" if version is None else str(version), "lines": lines, "kept": list(photos)},
    )
    form.wanted_on.raw_data = [typed.get("wanted_on", "")]
    return form


def read_content(typed: Mapping[str, Any], household_ids: Mapping[str, int]) -> NeedInput:
    """What the rules and the service get. ``household_ids``: code -> row id of those that may be chosen."""
    beneficiary = typed["beneficiary"]
    household_id = household_ids.get(beneficiary)
    subject = Subject.HOUSEHOLD if household_id else Subject.VILLAGE if re.fullmatch(r"\d{12}", beneficiary) else None
    urgency = typed["urgency"]
    return NeedInput(
        subject=subject,
        household_id=household_id,
        category=Category(typed["category"]) if typed["category"] in set(Category) else None,
        title=typed["title"],
        story=typed["story"],
        urgency=Urgency(int(urgency)) if urgency in {"1", "2", "3"} else Urgency.NORMAL,
        wanted_on=read_day(typed["wanted_on"]),
        lines=tuple(read_line(line) for line in typed["lines"]),
    )


def read_day(text: str) -> date | None:
    field = DayForm(formdata=None).day
    try:
        field.process_formdata([text])
    except ValueError:
        return None
    day: date | None = field.data
    return day


class DayForm(BaseForm):
    """Reads one day as DayField does."""

    day = DayField()


def read_line(line: Mapping[str, Any]) -> LineInput:
    kind = LineKind(line["kind"]) if line["kind"] in set(LineKind) else LineKind.GOODS
    price = parse_yuan(line["price"]) if line["price"] else None
    return LineInput(
        kind=kind,
        item=line["item"],
        asked=read_quantity(kind, line["asked"]),
        unit=line["unit"],
        unit_price_fen=UNREADABLE if line["price"] and price is None else price,
        is_divisible=bool(line["is_divisible"]),
        minimum=(read_quantity(kind, line["minimum"]) or UNREADABLE) if line["minimum"] else None,
    )


def read_quantity(kind: LineKind, text: str) -> int | None:
    """Fen of yuan for money, else a whole number (``１,２００``); None if it is neither, or nothing."""
    if kind is LineKind.MONEY:
        return parse_yuan(text) or None
    digits = re.sub(r"[\s,，]", "", to_half_width(text))
    return int(digits) or None if re.fullmatch(r"[0-9]{1,12}", digits) else None


def all_faults(typed: Mapping[str, Any], content: NeedInput, alts: Sequence[str]) -> list[Fault]:
    """What keeps the need from being submitted, the unreadable day included."""
    faults = [*find_faults(content), *photo_faults(alts)]
    if typed["wanted_on"] and content.wanted_on is None:
        faults.append(Fault("wanted_on", _l("Enter a day like 2026-12-04.")))
    return faults


def typed_of(need: Need, household_code: str) -> dict[str, Any]:
    """The form of a stored need: word for word if it is not complete yet, else from its columns."""
    if need.typed:
        typed: dict[str, Any] = json.loads(need.typed)
        return typed
    return {
        "beneficiary": household_code or need.village_code,
        "category": need.category.value,
        "title": need.title,
        "story": need.story,
        "urgency": str(need.urgency),
        "wanted_on": need.wanted_on.isoformat() if need.wanted_on else "",
        "lines": [
            {
                "kind": line.kind.value,
                "item": line.item,
                "asked": _shown(line.kind, line.asked),
                "unit": line.unit,
                "price": yuan_plain(line.unit_price_fen).removesuffix(".00") if line.unit_price_fen is not None else "",
                "is_divisible": line.is_divisible,
                "minimum": _shown(line.kind, line.minimum) if line.is_divisible and line.minimum > 1 else "",
            }
            for line in need.lines
        ],
    }


def _shown(kind: LineKind, quantity: int) -> str:
    return yuan_plain(quantity).removesuffix(".00") if kind is LineKind.MONEY else str(quantity)


class ReasonForm(BaseForm):
    """A reason of 5 to 100 characters; the service judges it."""

    reason = LineField(_l("Reason"))
