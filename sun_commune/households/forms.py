"""Forms of households: shape and cleaning. Beside every field the page says who will see it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from sun_commune.core.clock import today
from sun_commune.core.forms import BaseForm, DayField, LineField, OnceForm, QuantityField, TextField
from sun_commune.core.labels import label
from sun_commune.core.text import to_half_width
from sun_commune.households.identity import normal_id_number
from sun_commune.households.models import ConsentPurpose, SupportLabel
from sun_commune.households.services import CollectConsent, PrivateFields

CLEARABLE = {
    "id_number": _l("Identity number"),
    "phone": _l("Telephone"),
    "address": _l("Address"),
    "health": _l("Illness or disability"),
}


class PrivateFieldsForm(BaseForm):
    """The fields that are sealed in the database."""

    name = LineField(
        _l("Name of the householder"),
        [DataRequired(_l("Enter the householder's name.")), Length(max=30, message=_l("At most %(max)d characters."))],
    )
    members_count = QuantityField(
        _l("Members of the household"),
        [
            InputRequired(_l("Say how many people live in the household.")),
            NumberRange(1, 30, _l("A household has 1 to 30 members.")),
        ],
    )
    id_number = LineField(_l("Identity number"), [Optional(), Length(max=40)])
    phone = LineField(_l("Telephone"), [Optional(), Length(max=30, message=_l("At most %(max)d characters."))])
    address = LineField(_l("Address"), [Optional(), Length(max=100, message=_l("At most %(max)d characters."))])
    health = TextField(
        _l("Illness or disability"), [Optional(), Length(max=200, message=_l("At most %(max)d characters."))]
    )
    support_label = SelectField(_l("Kind of support"), validate_choice=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.support_label.choices = [(member.value, label(member)) for member in SupportLabel]
        self.support_label.data = self.support_label.data or SupportLabel.NONE.value

    @property
    def members(self) -> int:
        """Valid only after the form's validation."""
        number: int = self.members_count.data
        return number

    def typed_fields(self) -> dict[str, str]:
        """What was filled in, cleaned, by name of the private field."""
        values = {
            "name": self.name.data,
            "id_number": normal_id_number(self.id_number.data or ""),
            "phone": to_half_width(self.phone.data or ""),
            "address": self.address.data,
            "health": self.health.data,
            "support_label": self.support_label.data,
        }
        return {name: value for name, value in values.items() if value}


class RegisterHouseholdForm(OnceForm, PrivateFieldsForm):
    """With the consent without which nothing may be stored."""

    village = SelectField(_l("Village"))
    given_on = DayField(
        _l("Day on which the householder signed the consent to keep these data"),
        [InputRequired(_l("Without this consent nothing may be stored. Enter the day on the signed paper."))],
        default=today,
    )
    is_by_guardian = BooleanField(_l("A guardian signed (for a child, or a person who cannot sign)"))
    document = FileField(_l("Scan or photo of the signed paper"))

    def private(self) -> PrivateFields:
        return PrivateFields(**self.typed_fields())

    def consent(self, document_id: int | None) -> CollectConsent:
        return CollectConsent(
            given_on=self.given_on.data or today(), is_by_guardian=self.is_by_guardian.data, document_id=document_id
        )


class EditHouseholdForm(PrivateFieldsForm):
    """Empty means: stays as it is. What is stored is not shown here; for that there is unmasking."""

    clear = SelectMultipleField(
        _l("Remove what is stored"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name.validators = [Length(max=30, message=_l("At most %(max)d characters."))]
        self.name.flags.required = False
        labels = [(member.value, label(member)) for member in SupportLabel]
        self.support_label.choices = [("", _l("As it is")), *labels]
        self.support_label.data = (self.support_label.raw_data or [""])[0]
        self.clear.choices = list(CLEARABLE.items())

    def changed(self) -> dict[str, str]:
        """Private fields to replace; "" for those to remove."""
        return {**dict.fromkeys(self.clear.data or [], ""), **self.typed_fields()}


class ConsentForm(OnceForm):
    purpose = SelectField(_l("The family agrees to"))
    given_on = DayField(_l("Signed on"), [InputRequired(_l("Enter the day on the signed paper."))], default=today)
    expires_on = DayField(_l("Holds until"), [Optional()])
    is_by_guardian = BooleanField(_l("A guardian signed (for a child, or a person who cannot sign)"))
    document = FileField(_l("Scan or photo of the signed paper"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose.choices = [(member.value, label(member)) for member in ConsentPurpose]


class UnmaskForm(BaseForm):
    reason = LineField(_l("Why do you need to see it?"))
