"""What donors, villages, treasurer and county fill in about a delivery. All are done once (core.once)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, Length, Optional

from sun_commune.core.errors import SunError
from sun_commune.core.forms import (
    DayField,
    LineField,
    MoneyField,
    OnceForm,
    QuantityField,
    TextField,
    no_private_numbers,
)
from sun_commune.core.labels import label
from sun_commune.deliveries.models import Condition, DeliveryMethod, Settlement, ValueBasis
from sun_commune.needs.models import Subject

REQUIRED = InputRequired(_l("This is needed."))
#: A choice that may be left open. Plain Optional() lets " " past the choices, too.
UNCHOSEN = Optional(strip_whitespace=False)
REASON = Length(5, 100, _l("Write 5 to 100 characters."))


def choices(members: Sequence[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, label(member)) for member in members]


class ChoiceForm(OnceForm):
    """Fills the choices in the reader's language when the form is made."""

    CHOICES: ClassVar[dict[str, Sequence[StrEnum]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, members in self.CHOICES.items():
            self._fields[name].choices = choices(members)


class ReportPaymentForm(OnceForm):
    quantity = MoneyField(_l("Amount you transferred"), validators=[REQUIRED])


class SendGoodsForm(ChoiceForm):
    CHOICES: ClassVar[dict[str, Sequence[StrEnum]]] = {"method": (DeliveryMethod.COURIER, DeliveryMethod.FACE_TO_FACE)}

    quantity = QuantityField(_l("How much are you sending?"), validators=[REQUIRED])
    method = RadioField(_l("How does it travel?"), validators=[InputRequired(_l("Choose how the goods travel."))])
    courier = LineField(_l("Courier"), validators=[Optional(), Length(max=40)])
    tracking_number = LineField(_l("Tracking number"), validators=[Optional(), Length(max=40)])
    planned_on = DayField(_l("Day on which you bring it"), validators=[Optional()])


class AgreeWorkForm(OnceForm):
    quantity = QuantityField(_l("How much?"), validators=[REQUIRED])
    planned_on = DayField(_l("Day agreed with the village"), validators=[REQUIRED])


class ActForm(OnceForm):
    """One button: done, called off."""


class AcceptFields(ChoiceForm):
    CHOICES: ClassVar[dict[str, Sequence[StrEnum]]] = {"value_basis": tuple(ValueBasis), "accepted_for": tuple(Subject)}

    accepted_quantity = QuantityField(_l("How much is accepted?"), validators=[REQUIRED])
    accepted_for = RadioField(_l("Who accepts it?"), validators=[REQUIRED])
    value_fen = MoneyField(_l("Value of all accepted goods"), validators=[REQUIRED])
    value_basis = SelectField(_l("Where does the value come from?"), validators=[REQUIRED])


class AcceptGoodsForm(AcceptFields):
    pass


class ReceiveGoodsForm(AcceptFields):
    """Receive and, with the box ticked, accept in the same step: on a phone in a yard one form is enough."""

    CHOICES: ClassVar[dict[str, Sequence[StrEnum]]] = {**AcceptFields.CHOICES, "condition": tuple(Condition)}

    quantity = QuantityField(_l("How much was in it?"), validators=[REQUIRED])
    condition = RadioField(_l("Condition"), validators=[REQUIRED], default=Condition.GOOD.value)
    photo = FileField(_l("Photo of the goods"), validators=[Optional()])
    kept_photo = HiddenField(validators=[Length(max=32)])
    photo_shows_person = BooleanField(_l("The photo shows a person"))
    note = LineField(_l("Note for the offices"), validators=[Optional(), Length(max=200), no_private_numbers])
    accept_now = BooleanField(_l("The household or village accepts it now"), default=True)
    accepted_quantity = QuantityField(_l("How much is accepted?"), validators=[Optional()])
    accepted_for = RadioField(_l("Who accepts it?"), validators=[UNCHOSEN])
    value_fen = MoneyField(_l("Value of all accepted goods"), validators=[Optional()])
    value_basis = SelectField(_l("Where does the value come from?"), validators=[UNCHOSEN])

    #: Why the photo was not taken; the view puts it here before validation.
    photo_error: SunError | None = None

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.photo_error is not None:
            self.photo.errors = [*self.photo.errors, str(self.photo_error)]
            is_valid = False
        if self.accept_now.data:
            for field in (self.accepted_quantity, self.accepted_for, self.value_fen, self.value_basis):
                if not field.data and not field.errors:
                    field.errors = [*field.errors, str(_l("This is needed."))]
                    is_valid = False
        return is_valid


class ConfirmWorkForm(OnceForm):
    quantity = QuantityField(_l("How much was done?"), validators=[REQUIRED])


class DisputeForm(OnceForm):
    reason = TextField(_l("What is wrong?"), validators=[REQUIRED, REASON, no_private_numbers])


class SettleForm(ChoiceForm):
    CHOICES: ClassVar[dict[str, Sequence[StrEnum]]] = {"outcome": tuple(Settlement), "value_basis": tuple(ValueBasis)}

    outcome = RadioField(_l("Decision"), validators=[REQUIRED])
    quantity = QuantityField(_l("How much counts as delivered?"), validators=[Optional()])
    value_fen = MoneyField(_l("Value of all accepted goods"), validators=[Optional()])
    value_basis = SelectField(_l("Where does the value come from?"), validators=[UNCHOSEN])
    text = TextField(_l("Your reasons, for both sides"), validators=[REQUIRED, REASON, no_private_numbers])


class ThankForm(OnceForm):
    text = TextField(
        _l("Your words to the donor"),
        validators=[REQUIRED, Length(2, 300, _l("Write 2 to 300 characters.")), no_private_numbers],
    )


class HidePhotoForm(OnceForm):
    reason = TextField(_l("Why is the photo hidden?"), validators=[REQUIRED, REASON, no_private_numbers])


class RecordPaymentForm(OnceForm):
    payment_code = LineField(_l("Payment code"), validators=[REQUIRED, Length(max=60)])
    amount_fen = MoneyField(_l("Amount that arrived"), validators=[REQUIRED])
    arrived_on = DayField(_l("Day of arrival"), validators=[REQUIRED])
    bank_reference = LineField(_l("Bank reference"), validators=[REQUIRED, Length(4, 64)])
