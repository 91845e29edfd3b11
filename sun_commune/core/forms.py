"""Base of all forms: cleaning of what people type (full-width digits, spaces), the once key, errors from services."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.form import SUBMIT_METHODS
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Field, FileField, HiddenField, MultipleFileField, StringField, TextAreaField
from wtforms.validators import ValidationError

from sun_commune.core.errors import SunError
from sun_commune.core.money import MAX_FEN, parse_yuan, yuan_plain
from sun_commune.core.once import is_key
from sun_commune.core.text import clean_line, clean_text, find_private, to_half_width

MAX_QUANTITY = 10**9
FILE_FIELDS = (FileField, MultipleFileField)


class BaseForm(FlaskForm):
    """A form with a token; ``take_error`` puts a service's refusal at the field that it names."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Files only for the fields that take files, texts for the others: a forged request may send a file
            under any name. JSON is no form."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            if request.method not in SUBMIT_METHODS:
                return None
            takes_files = {field.name for field in form._fields.values() if isinstance(field, FILE_FIELDS)}
            texts = [(name, value) for name, value in request.form.items(multi=True) if name not in takes_files]
            files = [(name, value) for name, value in request.files.items(multi=True) if name in takes_files]
            return MultiDict([*texts, *files])

    def take_error(self, error: SunError) -> None:
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(str(error))
        else:
            field.errors = [*field.errors, str(error)]


class OnceField(HiddenField):
    """The key as it was sent, empty if it was not: a sender that drops it is refused (core.once), or each of its
    retries would be an act of its own. The page that says so carries a new one, and all that was typed."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]) if valuelist else ""

    def _value(self) -> str:
        key = self.data or ""
        return key if is_key(key) else new_key()


def new_key() -> str:
    return secrets.token_urlsafe(18)


class OnceForm(BaseForm):
    """A form that creates something: its key makes a double click one act (core.once)."""

    once = OnceField(default=new_key)


class LineField(StringField):
    """One line of text, cleaned."""

    data: Any  # text wherever a validator wants it filled

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = clean_line(valuelist[0])
            self.raw_data = [self.data]  # what InputRequired looks at: blanks alone are nothing


class TextField(TextAreaField):
    """Several lines of text, cleaned."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = clean_text(valuelist[0])
            self.raw_data = [self.data]  # as above


class _TypedField(StringField):
    """Keeps what was typed, so that a wrong value is shown again as it was."""

    data: Any
    raw_text = ""

    def _value(self) -> str:
        return self.raw_text or ("" if self.data is None else self.show(self.data))

    def show(self, value: Any) -> str:
        return str(value)

    def read(self, text: str) -> Any:
        raise NotImplementedError

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_text = clean_line(valuelist[0])[:60] if valuelist else ""
        self.raw_data = [self.raw_text]  # what InputRequired looks at: blanks alone are nothing
        self.data = self.read(self.raw_text) if self.raw_text else None


class QuantityField(_TypedField):
    """A whole number from 1; full-width digits and thousands commas are fine."""

    def read(self, text: str) -> int:
        digits = to_half_width(text).replace(",", "").replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:15]) <= MAX_QUANTITY and len(digits) < 15):
            raise ValueError(self.gettext_whole())
        return int(digits)

    def gettext_whole(self) -> str:
        return str(_l("Enter a whole number from 1 to %(most)s.", most=f"{MAX_QUANTITY:,}"))


class MoneyField(_TypedField):
    """An amount in yuan; ``data`` is integer fen, at least 1."""

    def read(self, text: str) -> int:
        fen = parse_yuan(text)
        if fen is None or fen < 1:
            most = f"{MAX_FEN // 100:,}"
            raise ValueError(str(_l("Enter an amount in yuan, like 120 or 99.50, up to %(most)s.", most=most)))
        return fen

    def show(self, value: Any) -> str:
        return yuan_plain(value)


class DayField(DateField):
    """A day; also takes 2026年12月4日, 2026/12/4 and full-width digits."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = to_half_width(clean_line(valuelist[0] if valuelist else ""))[:40]
        self.raw_data = [text]
        if not text:
            self.data = None
            return
        parts = text.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
        try:
            year, month, day = (int(part) for part in parts.split("-"))
            self.data = date(year, month, day)
        except (ValueError, OverflowError) as error:
            self.data = None
            raise ValueError(str(_l("Enter a day like 2026-12-04."))) from error


PRIVATE_WORDS = {
    "id_number": _l("This looks like an identity number. Take it out: everybody can read this text."),
    "mobile": _l("This looks like a mobile number. Take it out: everybody can read this text."),
    "card": _l("This looks like a bank card number. Take it out: everybody can read this text."),
}


def no_private_numbers(_form: Any, field: Field) -> None:
    """Validator of every text that the public will read."""
    found = find_private(field.data or "")
    if found:
        raise ValidationError(PRIVATE_WORDS[found])
