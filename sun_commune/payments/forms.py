"""Forms of paying online."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired, Length

from sun_commune.core.forms import BaseForm, LineField, MoneyField, OnceForm

REQUIRED = InputRequired(_l("Please fill this in."))


class PayClaimForm(OnceForm):
    """The view gives the choices."""

    amount_fen = MoneyField(_l("Amount"), validators=[REQUIRED])
    gateway = RadioField(_l("Pay with"), validators=[InputRequired(_l("Choose a way to pay."))])


class SimulateForm(BaseForm):
    """One button. Pressed twice it tells of the same payment twice, which is heard once."""


class SettleOrderForm(OnceForm):
    note = LineField(_l("Where the money is now"), validators=[REQUIRED, Length(max=400)])
