"""Forms of accounts: shape and cleaning. What the house allows is said by the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # new in 3.3, the stubs are older
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from sun_commune.accounts.contacts import MAX_TYPED, normalise_email, normalise_phone
from sun_commune.accounts.credit_codes import normalise_credit_code
from sun_commune.accounts.models import VILLAGE_ROLES, OrganisationKind, Role
from sun_commune.accounts.passwords import LONGEST
from sun_commune.core.clock import today
from sun_commune.core.forms import BaseForm, DayField, LineField, OnceForm, TextField, no_private_numbers
from sun_commune.core.labels import label
from sun_commune.places import queries as places
from sun_commune.places.directory import PlaceInfo
from sun_commune.places.models import Level

#: A donor may choose to be shown under it.
NAME_RULES = (
    DataRequired(_l("Enter your name.")),
    Length(2, 60, _l("Enter a name of 2 to 60 characters.")),
    no_private_numbers,
)
PASSWORD_RULES = (
    InputRequired(_l("Choose a password.")),
    Length(max=LONGEST, message=_l("Use at most 128 characters.")),
)
LEVEL_OF_DIGITS = {12: Level.VILLAGE, 9: Level.TOWNSHIP, 6: Level.COUNTY}


class SecretField(PasswordField):
    """A password, taken as it is typed."""

    data: Any


class PhoneField(LineField):
    """A mobile number; ``normal`` is its one spelling, None while the field is empty or wrong."""

    normal: str | None = None

    def pre_validate(self, form: Any) -> None:
        self.normal = normalise_phone(self.data or "")
        if self.data and not self.normal:
            raise ValidationError(_l("Enter a mobile number with 11 digits, like 138 0000 1234."))


class EmailField(LineField):
    """An address; ``normal`` as in PhoneField."""

    normal: str | None = None

    def pre_validate(self, form: Any) -> None:
        self.normal = normalise_email(self.data or "")
        if self.data and not self.normal:
            raise ValidationError(_l("Enter an e-mail address like name@example.com."))


class OfficePhoneField(LineField):
    """Any telephone that people may call; digits and what stands between them."""

    def pre_validate(self, form: Any) -> None:
        rest = (self.data or "").translate(str.maketrans("", "", "+-() 转－（）"))
        if self.data and not (rest.isdigit() and 5 <= len(rest) <= 20 and len(self.data) <= 30):
            raise ValidationError(_l("Enter a telephone number, like 0816-1234567."))


class SignInForm(BaseForm):
    """``kept`` carries the text of a form whose sign-in ran out (accounts.resume)."""

    contact = LineField(
        _l("Phone or e-mail"),
        [DataRequired(_l("Enter your phone number or e-mail address.")), Length(max=MAX_TYPED)],
    )
    password = SecretField(_l("Password"), [DataRequired(_l("Enter your password.")), Length(max=1000)])
    kept = HiddenField()


class CodeForm(BaseForm):
    """The second step; ``kept`` as above. What a code is, is said by accounts.one_time_codes."""

    code = LineField(_l("Code"), [DataRequired(_l("Enter the code.")), Length(max=60)])
    kept = HiddenField()


class EnrolForm(BaseForm):
    """``offer`` is the sealed secret that the page shows."""

    offer = HiddenField()
    code = LineField(_l("Code that the app shows"), [DataRequired(_l("Enter the code.")), Length(max=60)])
    password = SecretField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=1000)])


class RemoveSecondFactorForm(BaseForm):
    code = LineField(_l("Code"), [DataRequired(_l("Enter the code.")), Length(max=60)])
    password = SecretField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=1000)])


class NewPasswordForm(BaseForm):
    """How good it is, is said by accounts.passwords; here only that it is there."""

    password = SecretField(_l("New password"), PASSWORD_RULES)


class ChangePasswordForm(NewPasswordForm):
    old_password = SecretField(_l("Password until now"), [InputRequired(_l("Enter your password."))])


class CloseAccountForm(BaseForm):
    wants_anonymity = BooleanField(_l("From now on, show what I gave without my name on the pages of needs"))
    old_password = SecretField(_l("Password"), [InputRequired(_l("Enter your password."))])


class AskResetForm(BaseForm):
    contact = LineField(
        _l("Phone or e-mail"),
        [DataRequired(_l("Enter your phone number or e-mail address.")), Length(max=MAX_TYPED)],
    )


class OrganisationFields(BaseForm):
    """Stands before RegisterForm so that its fields, and their errors, come first as on the page."""

    kind = RadioField(
        _l("What is it?"),
        [InputRequired(_l("Choose what kind of organisation it is."))],
        choices=[],
        validate_choice=True,
    )
    organisation_name = LineField(
        _l("Name of the organisation"),
        [
            DataRequired(_l("Enter the name as it stands in the register.")),
            Length(2, 120, _l("Enter a name of 2 to 120 characters.")),
            no_private_numbers,
        ],
    )
    credit_code = LineField(
        _l("Unified social credit code"), [DataRequired(_l("Enter the credit code, 18 characters.")), Length(max=60)]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [SelectChoice(kind.value, label(kind)) for kind in OrganisationKind]

    def validate_credit_code(self, field: LineField) -> None:
        if normalise_credit_code(field.data or "") is None:
            raise ValidationError(_l("This is not a valid credit code. Compare its 18 characters with the licence."))


class RegisterForm(BaseForm):
    """A person who gives."""

    name = LineField(_l("Your name"), NAME_RULES)
    phone = PhoneField(_l("Mobile phone"), [Optional(), Length(max=MAX_TYPED)])
    email = EmailField(_l("E-mail"), [Optional(), Length(max=MAX_TYPED)])
    password = SecretField(_l("Password"), PASSWORD_RULES)
    agree = BooleanField(
        _l("I have read how my data are used, and agree."),
        [InputRequired(_l("You can join only if you agree to how your data are used."))],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        if not self.phone.data and not self.email.data:
            words = _l("Enter a mobile number or an e-mail address; you sign in with it.")
            self.phone.errors = [*self.phone.errors, words]
            good = False
        return good


class RegisterOrganisationForm(OrganisationFields, RegisterForm):
    """An enterprise or social organisation, and who speaks for it."""


class PlaceForm(OnceForm):
    """A form with a place, typed as people say it: 黄溪乡金禄村, jinlu, or its code.

    Where several fit, the page comes back with them to choose from; that works without JavaScript.
    """

    place = LineField(_l("Place"), [Length(max=60, message=_l("Use at most 60 characters."))])
    place_code = RadioField(_l("Which of these?"), choices=[], validate_choice=False)

    def resolve_place(self, digits: int, lang: str, *, within: Sequence[str] = ("",)) -> str | None:
        """The code of the place that was meant; None after putting an error or a choice on the form."""
        found = self._find(LEVEL_OF_DIGITS[digits])
        fitting = [place for place in found if place.code.startswith(tuple(within))]
        chosen = [place for place in fitting if place.code == self.place_code.data]
        if chosen or len(fitting) == 1:
            return (chosen or fitting)[0].code
        if fitting:
            self.place_code.choices = [SelectChoice(place.code, places.full_name(place, lang)) for place in fitting]
            self.place_code.errors = [_l("Several places fit. Choose one.")]
        elif found:
            self.place.errors = [_l("This place is not in your county.")]
        else:
            self.place.errors = [_l("No place has this name. Write it as 黄溪乡金禄村, or its code.")]
        return None

    def _find(self, level: Level) -> list[PlaceInfo]:
        typed = self.place.data or ""
        exact = places.find_place(typed)
        if exact is not None and exact.level == level:
            return [exact]
        return places.search_places(typed, level=level)


class RequestDutyForm(PlaceForm):
    """A first secretary or information officer asks for the own village."""

    role = RadioField(_l("Your role"), [InputRequired(_l("Choose your role."))], choices=[])
    office_phone = OfficePhoneField(
        _l("Office phone"), [DataRequired(_l("Enter the phone by which donors reach the village office."))]
    )
    starts_on = DayField(_l("Term begins on"), [InputRequired(_l("Enter a day like 2026-12-04."))], default=today)
    ends_on = DayField(_l("Term ends on"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place.label.text = _l("Village")
        self.role.choices = [SelectChoice(role.value, label(role)) for role in Role if role in VILLAGE_ROLES]


class InviteForm(PlaceForm):
    """``roles`` are those that the inviter may grant."""

    role = SelectField(_l("Role"), [InputRequired(_l("Choose a role."))], choices=[])
    starts_on = DayField(_l("Term begins on"), [InputRequired(_l("Enter a day like 2026-12-04."))], default=today)
    ends_on = DayField(_l("Term ends on"), [Optional()])

    def __init__(self, *args: Any, roles: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [SelectChoice(role.value, label(role)) for role in roles]


class AcceptForm(BaseForm):
    """Of somebody who is signed in."""

    office_phone = OfficePhoneField(_l("Office phone"), [Optional()])


class JoinByInvitationForm(RegisterForm):
    """Of somebody who has no account yet."""

    office_phone = OfficePhoneField(_l("Office phone"), [Optional()])


class ReasonForm(BaseForm):
    """An act that wants a reason, 5 to 100 characters; the person concerned reads it."""

    reason = TextField(_l("Reason"), [no_private_numbers])


class DecideForm(ReasonForm):
    """Yes, or no with a reason."""

    decision = RadioField(
        _l("Decision"),
        [InputRequired(_l("Choose one."))],
        choices=[SelectChoice("yes", _l("Approve")), SelectChoice("no", _l("Refuse"))],
    )


class ContactForm(BaseForm):
    name = LineField(_l("Your name"), NAME_RULES)
    office_phone = OfficePhoneField(_l("Office phone"), [Optional()])
