"""Forms of the treasury."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.validators import InputRequired, Length, Optional, StopValidation

from sun_commune.core.forms import BaseForm, DayField, LineField, MoneyField, OnceForm, no_private_numbers
from sun_commune.core.labels import label
from sun_commune.ledger.neighbours import Parcel
from sun_commune.ledger.papers import Budget, PayeeKind, SpendingCategory


class PaperForm(OnceForm):
    """What every voucher says."""

    amount_fen = MoneyField(_l("Amount"), [InputRequired(_l("Enter the amount."))])
    payee_name = LineField(_l("Name of the payee"), [InputRequired(_l("Enter who is paid.")), Length(min=2, max=60)])
    payee_number = LineField(_l("Phone or credit code of the payee"), [Optional(), Length(max=30)])
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


class ForgottenField(HiddenField):
    """What a script fills in of a file that the form cannot show again: it comes back empty."""

    def _value(self) -> str:
        return ""


def _copy_required(form: Any, field: FileField) -> None:
    """A photo, or boxes drawn on the paper's own picture. Of both nobody could say which is meant."""
    if field.data and form.covers.data:
        raise StopValidation(_l("Either choose a photo or draw black boxes on the paper, not both."))
    if not field.data and not form.covers.data:
        raise StopValidation(
            _l("Choose a photo of the paper with what is private covered, or draw black boxes on the paper.")
        )


class InvoiceForm(PaperForm):
    """A voucher with its invoice, which everybody will see as a redacted copy."""

    invoice_number = LineField(_l("Invoice number"), [Optional(), Length(max=40)])
    redacted = FileField(_l("Public copy of the paper"), [_copy_required])
    covers = ForgottenField()


class FundField(LineField):
    """The number of a need, or POOL."""


def fund_field(words: Any) -> FundField:
    return FundField(words, [InputRequired(_l("Enter the number of the need.")), Length(max=20)])


class VoucherForm(InvoiceForm):
    """A spending from the fund of one need, or from the pool."""

    need_code = fund_field(_l("Number of the need"))


class AdvanceForm(PaperForm):
    """Money handed out of the fund of one need before there is an invoice."""

    need_code = fund_field(_l("Number of the need"))
    due_on = DayField(_l("To be settled by"), [InputRequired(_l("Enter the day by which it is settled."))])


class SettlementForm(InvoiceForm):
    """An invoice of an advance."""


class ReturnForm(OnceForm):
    """What came back of an advance."""

    amount_fen = MoneyField(_l("Amount"), [InputRequired(_l("Enter the amount."))])
    returned_on = DayField(_l("Day on the bank's statement"), [InputRequired(_l("Enter the day."))])
    bank_reference = LineField(
        _l("Bank reference"), [InputRequired(_l("Enter the bank's reference of the movement.")), Length(max=60)]
    )


class BudgetForm(OnceForm):
    """An amount for each category; an empty one lets nothing go out for it."""

    need_code = fund_field(_l("Number of the need"))
    reason = LineField(_l("Reason of the change"), [Optional(), Length(max=200), no_private_numbers])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for category in SpendingCategory:
            self[name_of(category)].label.text = label(category)

    def amounts(self) -> list[Any]:
        """The fields of the categories."""
        return [self[name_of(category)] for category in SpendingCategory]

    def lines(self) -> dict[SpendingCategory, int]:
        found = {category: self[name_of(category)].data for category in SpendingCategory}
        return {category: fen for category, fen in found.items() if fen}

    def begin_with(self, budget: Budget | None) -> None:
        for line in budget.lines if budget else ():
            self[name_of(line.category)].data = line.amount_fen


def name_of(category: SpendingCategory) -> str:
    return f"line_{category.value}"


for _category in SpendingCategory:
    setattr(BudgetForm, name_of(_category), MoneyField("", [Optional()]))


class ReasonForm(BaseForm):
    """An act that wants a reason; the public or a colleague reads it."""

    reason = LineField(_l("Reason"), [InputRequired(_l("Give a reason.")), no_private_numbers])


class ApproveForm(BaseForm):
    """The checker's decision: what was flagged is answered in words, the public copy was looked at."""

    seen = HiddenField()
    answer = LineField(_l("Why this is all right"), [Optional(), Length(max=200), no_private_numbers])
    copy_checked = BooleanField(_l("I have looked at the public copy: nothing private is on it."))


class ParcelForm(BaseForm):
    """A delivery that a voucher has paid for; with ``is_wrong``: one that was named in error."""

    delivery_code = SelectField(_l("What it has paid for"))
    is_wrong = HiddenField()

    def offer(self, parcels: list[Parcel]) -> ParcelForm:
        self.delivery_code.choices = [(parcel.code, f"{parcel.code} {parcel.words}") for parcel in parcels]
        return self


class ConfirmForm(BaseForm):
    """One button, with the token."""
