"""Forms of claims: how much of which line, the answers before the pledge, the reason of a cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField
from wtforms.validators import InputRequired, Length

from sun_commune.core.errors import RuleBroken
from sun_commune.core.forms import (
    BaseForm,
    DayField,
    LineField,
    MoneyField,
    OnceForm,
    QuantityField,
    TextField,
    no_private_numbers,
)
from sun_commune.core.money import yuan_plain
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind
from sun_commune.pledges.models import Shown
from sun_commune.pledges.queries import ChosenLine
from sun_commune.pledges.services.pledging import MESSAGE_LENGTH


def all_field(position: int) -> str:
    """Name of the box "all that is left" of the line at ``position``."""
    return f"lines-{position}-all"


class ClaimForm(OnceForm):
    """How much of each line; the fields are made for the lines of one need by claim_form."""

    lines: Sequence[ChosenLine] = ()

    def quantity(self, chosen: ChosenLine) -> Any:
        """The field in which a quantity is typed; None for a line that is only taken whole."""
        return self._fields.get(stock.quantity_field(chosen.line.position))

    def take_all(self, chosen: ChosenLine) -> Any:
        return self._fields[all_field(chosen.line.position)]

    def wanted(self) -> dict[int, int]:
        """Need line id -> quantity; the box beats the number."""
        wanted = {}
        for chosen in self.lines:
            typed = self.quantity(chosen)
            if self.take_all(chosen).data:
                wanted[chosen.line.id] = chosen.left
            elif typed is not None and typed.data is not None:
                wanted[chosen.line.id] = typed.data
        return wanted

    def typed(self) -> dict[str, str]:
        """What was filled in, for an address that brings it back."""
        boxes = {all_field(chosen.line.position): "y" for chosen in self.lines if self.take_all(chosen).data}
        fields = [self.quantity(chosen) for chosen in self.lines]
        return boxes | {field.name: field.raw_text for field in fields if field is not None and field.raw_text}

    def refuse_too_much(self) -> bool:
        """Say at every line, not only at the first, why its quantity cannot be taken. True if there was any."""
        wanted, refused = self.wanted(), False
        for chosen in self.lines:
            quantity = wanted.get(chosen.line.id)
            error = stock.refusal(chosen.line, quantity, chosen.left) if quantity is not None else None
            if error is not None:
                refused = True
                self.take_error(error if self.quantity(chosen) is not None else RuleBroken(str(error)))
        if not wanted:
            refused = True
            self.form_errors.append(_("Choose at least one line and say how much of it you take on."))
        return refused


def claim_form(lines: Sequence[ChosenLine], **arguments: Any) -> ClaimForm:
    """A form with a quantity and a box "all that is left" for each of these lines of a need."""
    fields: dict[str, Any] = {"lines": tuple(lines)}
    for chosen in lines:
        line = chosen.line
        # Plain strings: a lazy one counts as markup, and the village typed the item and the unit.
        left = str(stock.amount_words(line.kind, chosen.left, line.unit))
        if line.is_divisible:
            kind = MoneyField if line.kind is LineKind.MONEY else QuantityField
            words = _("How much of “%(item)s” you take on", item=line.item)
            fields[stock.quantity_field(line.position)] = kind(words)
        words = _("All that is left: %(left)s", left=left) if line.is_divisible else _("Take it: %(left)s", left=left)
        fields[all_field(line.position)] = BooleanField(words)
    form: ClaimForm = type("NeedClaimForm", (ClaimForm,), fields)(**arguments)
    return form


def held_values(lines: Sequence[ChosenLine]) -> Mapping[str, str]:
    """Form values that show what a hold has taken."""
    values = {}
    for chosen in lines:
        if chosen.quantity and not chosen.line.is_divisible:
            values[all_field(chosen.line.position)] = "y"
        elif chosen.quantity:
            is_money = chosen.line.kind is LineKind.MONEY
            text = yuan_plain(chosen.quantity) if is_money else str(chosen.quantity)
            values[stock.quantity_field(chosen.line.position)] = text
    return values


class PledgeForm(OnceForm):
    """The last answers; ``shown`` gets its choices, with the names as they will read, from the view."""

    due_on = DayField(_l("By which day it will be there"), [InputRequired(_l("Choose a day."))])
    shown = RadioField(
        _l("How you are shown"),
        [InputRequired(_l("Choose how you are shown."))],
        coerce=Shown,
        validate_choice=True,
    )
    message = TextField(
        _l("A message to those who receive it"),
        [
            Length(max=MESSAGE_LENGTH, message=_l("At most %(most)s characters.", most=MESSAGE_LENGTH)),
            no_private_numbers,
        ],
    )


class CancelForm(BaseForm):
    reason = LineField(_l("Why you cannot keep it"))
