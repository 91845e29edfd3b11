"""Forms of statements."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, Length, Optional

from sun_commune.core.forms import LineField, MoneyField, OnceForm, QuantityField, no_private_numbers
from sun_commune.core.labels import label
from sun_commune.ledger.services.rules import REASON_LENGTH, REFUSAL_LENGTH
from sun_commune.statements.columns import Column, Columns, letter
from sun_commune.statements.models import OutgoingKind
from sun_commune.statements.services.files import NAME_LENGTH

NONE = "none"  # no column says this
REQUIRED = InputRequired(_l("This is needed."))


class ReadForm(OnceForm):
    """A file, and the account that it is of."""

    account_name = LineField(
        _l("Account"), [InputRequired(_l("Say which account this is.")), Length(*NAME_LENGTH), no_private_numbers]
    )
    file = FileField(_l("Statement file"), [FileRequired(_l("Choose the file."))])


class ColumnsForm(OnceForm):
    """What each column means. The selects are made by ``offer``: every column of the file, and none."""

    header_row = QuantityField(_l("Row of the header"), [Optional()])
    date = SelectField(_l("Day"), [Optional()], default=NONE)
    income = SelectField(_l("Money in"), [Optional()], default=NONE)
    outgo = SelectField(_l("Money out"), [Optional()], default=NONE)
    amount = SelectField(_l("Amount, in and out in one column"), [Optional()], default=NONE)
    direction = SelectField(_l("In or out, in words"), [Optional()], default=NONE)
    balance = SelectField(_l("Balance"), [Optional()], default=NONE)
    reference = SelectField(_l("Bank's reference"), [Optional()], default=NONE)
    payer = SelectField(_l("Name of the other side"), [Optional()], default=NONE)
    payer_account = SelectField(_l("Account of the other side"), [Optional()], default=NONE)
    memo = SelectField(_l("Remark with the payment code"), [Optional()], default=NONE)
    memo_2 = SelectField(_l("Second remark"), [Optional()], default=NONE)

    def offer(self, names: Sequence[str]) -> None:
        """The file's columns as choices, each with its letter and its header."""
        choices = [(NONE, str(_l("none")))]
        for place, name in enumerate(names):
            mark = letter(place)
            choices.append((str(place), mark if name == mark else f"{mark} · {name[:40]}"))
        for column in Column:
            self[column.value].choices = choices

    def show(self, header_row: int, columns: Columns) -> None:
        self.header_row.data = header_row + 1 if header_row >= 0 else None
        for column in Column:
            place = columns.get(column)
            self[column.value].data = NONE if place is None else str(place)

    def chosen(self) -> dict[Column, int]:
        return {column: int(self[column.value].data) for column in Column if self[column.value].data not in {NONE, ""}}


class PostForm(OnceForm):
    """``seen``: digest of the dry run that was shown."""

    seen = HiddenField()


class PlaceForm(OnceForm):
    code = LineField(_l("Payment code or number of the claim"), [REQUIRED, Length(max=60)])
    amount_fen = MoneyField(_l("Amount"), [REQUIRED])


class PoolForm(OnceForm):
    amount_fen = MoneyField(_l("Amount"), [REQUIRED])


class ReturnForm(OnceForm):
    amount_fen = MoneyField(_l("Amount"), [REQUIRED])
    reason = LineField(_l("Reason"), [REQUIRED, Length(*REASON_LENGTH), no_private_numbers])
    taken_by = SelectField(_l("Has the bank taken it back already?"), [Optional()], default="")

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """Outgoing lines by which it may have gone."""
        self.taken_by.choices = [("", str(_l("No, it is still in the account"))), *choices]


class RefuseForm(OnceForm):
    refusal = LineField(_l("Reason of the refusal"), [REQUIRED, Length(*REFUSAL_LENGTH), no_private_numbers])


class TieForm(OnceForm):
    """Which entry a line is the bank's side of; for money that went, also what it is without one."""

    entry_uid = RadioField(_l("What is it?"), [REQUIRED])

    def offer(self, entries: Sequence[tuple[str, str]], *, is_outgoing: bool) -> None:
        kinds = [(kind.value, label(kind)) for kind in OutgoingKind] if is_outgoing else []
        self.entry_uid.choices = [*entries, *kinds]

    @property
    def kind(self) -> OutgoingKind | None:
        found = [kind for kind in OutgoingKind if kind.value == self.entry_uid.data]
        return found[0] if found else None
