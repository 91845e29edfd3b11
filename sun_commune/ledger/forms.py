"""Forms of the treasury."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.validators import InputRequired, Length

from sun_commune.core.forms import BaseForm, DayField, LineField, MoneyField, OnceForm, no_private_numbers
from sun_commune.core.labels import label
from sun_commune.ledger.papers import PayeeKind, SpendingCategory


class VoucherForm(OnceForm):
    """A spending from the fund of one need."""

    need_code = LineField(
        _l("Number of the need"), [InputRequired(_l("Enter the number of the need.")), Length(max=20)]
    )
    amount_fen = MoneyField(_l("Amount"), [InputRequired(_l("Enter the amount."))])
    payee_name = LineField(_l("Name of the payee"), [InputRequired(_l("Enter who is paid.")), Length(min=2, max=60)])
    payee_kind = SelectField(_l("Kind of payee"))
    category = SelectField(_l("Spent on"))
    purpose = LineField(
        _l("Purpose"),
        [InputRequired(_l("Say what the money is for.")), Length(min=4, max=60), no_private_numbers],
    )
    spent_on = DayField(_l("Day of the payment"), [InputRequired(_l("Enter the day of the payment."))])
    document = FileField(_l("Invoice or receipt"), [FileRequired(_l("Choose the invoice or receipt."))])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.payee_kind.choices = [(kind.value, label(kind)) for kind in PayeeKind]
        self.category.choices = [(category.value, label(category)) for category in SpendingCategory]


class ReasonForm(BaseForm):
    """An act that wants a reason; the public or a colleague reads it."""

    reason = LineField(_l("Reason"), [InputRequired(_l("Give a reason.")), no_private_numbers])


class ConfirmForm(BaseForm):
    """One button, with the token."""
