"""Forms of choices and refunds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired, Length, Optional

from sun_commune.choices.models import Route
from sun_commune.choices.targets import Target
from sun_commune.core.forms import DayField, LineField, MoneyField, OnceForm
from sun_commune.core.i18n import current_lang
from sun_commune.core.labels import label
from sun_commune.core.money import yuan
from sun_commune.places import queries as places


class ChoiceForm(OnceForm):
    """What becomes of the money: the route, for another need which, and how much of it."""

    route = RadioField(_l("What shall become of it?"), [InputRequired(_l("Choose one of the three."))])
    to_need_code = RadioField(_l("Which need?"), [Optional()], validate_choice=False)
    other_need_code = LineField(_l("Number of another need"), [Optional(), Length(max=20)])
    amount_fen = MoneyField(_l("How much of it?"), [InputRequired(_l("Enter the amount."))])

    def __init__(self, targets: Sequence[Target] = (), *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.route.choices = [(route.value, label(route)) for route in Route]
        self.to_need_code.choices = [(target.need.code, _target_words(target)) for target in targets]

    @property
    def chosen_need(self) -> str:
        return str(self.other_need_code.data or self.to_need_code.data or "").upper()


def _target_words(target: Target) -> str:
    return _(
        "%(title)s, %(place)s (%(code)s): takes ¥%(amount)s of it",
        title=target.need.title,
        place=places.label(target.need.county_code, current_lang()),
        code=target.need.code,
        amount=yuan(target.room_fen),
    )


class RefundForm(OnceForm):
    """That a refund has been sent."""

    paid_on = DayField(_l("Day on which it was sent"), [InputRequired(_l("Enter the day."))])
    bank_reference = LineField(
        _l("The bank's reference"), [InputRequired(_l("Enter the bank's reference, in 4 to 64 characters."))]
    )
