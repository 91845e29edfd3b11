"""Forms of the back office."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired

from sun_commune.core.clock import today
from sun_commune.core.forms import DayField, OnceForm
from sun_commune.core.labels import label
from sun_commune.households.models import Asker


class AskErasureForm(OnceForm):
    asker = RadioField(_l("Who asked"), [InputRequired(_l("Say who asked."))])
    asked_on = DayField(_l("On which day"), [InputRequired(_l("Enter the day on which it was asked."))], default=today)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asker.choices = [(member.value, label(member)) for member in Asker]


class EraseForm(OnceForm):
    """One button: the page before it says what goes and what stays."""
