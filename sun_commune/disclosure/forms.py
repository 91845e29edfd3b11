"""Forms of campaigns and reports."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired, Length, Optional

from sun_commune.core.forms import BaseForm, DayField, LineField, OnceForm, TextField, no_private_numbers
from sun_commune.core.labels import label
from sun_commune.core.text import to_half_width
from sun_commune.disclosure.models import CampaignKind
from sun_commune.disclosure.services.reports import NOTE_LENGTH, WORDS_LENGTH
from sun_commune.needs.models import Category


def _title() -> LineField:
    return LineField(
        _l("Title"), [InputRequired(_l("Give the campaign a title.")), Length(min=4, max=60), no_private_numbers]
    )


class CampaignForm(OnceForm):
    """A campaign that is reported on from now on."""

    title = _title()
    kind = SelectField(_l("Kind of campaign"))
    county_code = SelectField(_l("County or district"))
    category = SelectField(_l("Category"))
    need_codes = TextField(_l("Only these needs"), [Length(max=2000)])
    begins_on = DayField(_l("First day"), [InputRequired(_l("Enter the first day."))])
    ends_on = DayField(_l("Last day"), [Optional()])

    def __init__(self, counties: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(kind.value, label(kind)) for kind in (CampaignKind.ORDINARY, CampaignKind.EMERGENCY)]
        self.county_code.choices = counties
        self.category.choices = [("", _l("All")), *((category.value, label(category)) for category in Category)]

    def codes(self) -> list[str]:
        """The needs that were typed, in any spelling, each once."""
        found = re.findall(r"[0-9A-Z-]+", to_half_width(self.need_codes.data or "").upper())
        return list(dict.fromkeys(found))


class RenameForm(BaseForm):
    """A title that was wrong, and why; everybody reads it."""

    title = _title()
    reason = LineField(_l("Reason"), [InputRequired(_l("Give a reason.")), Length(min=4, max=200), no_private_numbers])


class EndForm(BaseForm):
    """The day on which a campaign ended."""

    ends_on = DayField(_l("Last day"), [InputRequired(_l("Enter the last day."))])


class ReportForm(OnceForm):
    """The author's words; the figures come from the ledger."""

    words = TextField(
        _l("Words of the report"),
        [InputRequired(_l("Write what was done and what comes next.")), Length(max=WORDS_LENGTH[1]),
         no_private_numbers],
    )  # fmt: skip
    note = LineField(_l("Why there is a new version"), [Length(max=NOTE_LENGTH[1]), no_private_numbers])


class PublishForm(BaseForm):
    """Publishing, with the fingerprint of the figures that were shown."""

    seen_sha256 = HiddenField()


class SendBackForm(BaseForm):
    reason = LineField(
        _l("Reason"), [InputRequired(_l("Give a reason.")), Length(max=NOTE_LENGTH[1]), no_private_numbers]
    )
