"""Forms of the charity's record."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import InputRequired, Length, Optional

from sun_commune.core.forms import DayField, LineField, OnceForm
from sun_commune.lanes.labels import FIELDS
from sun_commune.lanes.rules import LaneContent, clean

REQUIRED = InputRequired(_l("Please fill this in."))
LONG = Length(max=400)


class ProposeLanesForm(OnceForm):
    """All of it; what is not known yet stays empty."""

    charity_name = LineField(FIELDS["charity_name"], validators=[LONG])
    credit_code = LineField(FIELDS["credit_code"], validators=[LONG])
    certificate_number = LineField(FIELDS["certificate_number"], validators=[LONG])
    filing_number = LineField(FIELDS["filing_number"], validators=[LONG])
    valid_until = DayField(FIELDS["valid_until"], validators=[Optional()])
    takes_account = BooleanField(FIELDS["takes_account"])
    account_name = LineField(FIELDS["account_name"], validators=[LONG])
    account_number = LineField(FIELDS["account_number"], validators=[LONG])
    bank_name = LineField(FIELDS["bank_name"], validators=[LONG])
    takes_campaign = BooleanField(FIELDS["takes_campaign"])
    campaign_name = LineField(FIELDS["campaign_name"], validators=[LONG])
    campaign_filing_number = LineField(FIELDS["campaign_filing_number"], validators=[LONG])
    campaign_url = LineField(FIELDS["campaign_url"], validators=[LONG])
    note = LineField(FIELDS["note"], validators=[REQUIRED, LONG])

    def content(self) -> LaneContent:
        empty = LaneContent().values
        return clean(LaneContent(**{name: self._fields[name].data or default for name, default in empty.items()}))


class ConfirmProposalForm(OnceForm):
    last_digits = LineField(_l("Last four digits of the account"), validators=[Length(max=20)])


class RefuseProposalForm(OnceForm):
    reason = LineField(_l("Reason"), validators=[REQUIRED, Length(max=200)])
