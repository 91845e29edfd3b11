"""Forms of accounts: shape and cleaning. What the house allows is said by the services."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField
from wtforms.validators import DataRequired, Length

from sun_commune.accounts.contacts import MAX_TYPED
from sun_commune.core.forms import BaseForm, LineField


class SignInForm(BaseForm):
    """``kept`` carries the text of a form whose sign-in ran out (accounts.resume)."""

    contact = LineField(
        _l("Phone or e-mail"),
        [DataRequired(_l("Enter your phone number or e-mail address.")), Length(max=MAX_TYPED)],
    )
    password = PasswordField(_l("Password"), [DataRequired(_l("Enter your password.")), Length(max=1000)])
    kept = HiddenField()
