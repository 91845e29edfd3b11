"""Forms of receipts."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField
from wtforms.validators import InputRequired, Length, Optional

from sun_commune.core.forms import BaseForm, DayField, LineField, OnceForm, no_private_numbers
from sun_commune.core.labels import label
from sun_commune.receipts.models import Naming


class NamingForm(BaseForm):
    """How the donor is named on slips from now on."""

    naming = RadioField(_l("How slips name you"), [InputRequired(_l("Choose one."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.naming.choices = [(naming.value, label(naming)) for naming in Naming]


class VoidForm(OnceForm):
    """A void with its reason; with or without a new slip in its place."""

    reason = LineField(_l("Reason"), [InputRequired(_l("Give a reason.")), Length(max=200), no_private_numbers])
    is_replaced = BooleanField(_l("Give a new slip with a new number, which names this one"))


class OfficialForm(OnceForm):
    """The fields of the fiscal receipt, as they stand on it."""

    credit_code = LineField(
        _l("Unified social credit code of the charity"), [InputRequired(_l("Enter the credit code."))]
    )
    invoice_code = LineField(_l("Invoice code (票据代码)"), [InputRequired(_l("Enter the invoice code."))])
    invoice_number = LineField(_l("Invoice number (票据号码)"), [InputRequired(_l("Enter the invoice number."))])
    check_code = LineField(_l("Check code (校验码)"), [InputRequired(_l("Enter the check code."))])
    project_code = LineField(_l("Project code (项目编码)"), [Optional(), Length(max=30)])
    issued_on = DayField(_l("Day on the fiscal receipt"), [InputRequired(_l("Enter the day on the fiscal receipt."))])
    reason = LineField(_l("Reason of the correction"), [Optional(), Length(max=200), no_private_numbers])


class ConfirmForm(OnceForm):
    """One button, with its key."""
