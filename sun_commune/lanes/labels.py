"""Words for the lanes, for what was decided, and for each thing that a charity must show."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.lanes.models import Lane, Outcome

labels.register(
    {
        Lane.DIRECT: _l("Lane A: straight from hand to hand"),
        Lane.ACCOUNT: _l("Lane B: into the charity's account"),
        Lane.CAMPAIGN: _l("Lane C: a campaign on another site"),
    }
)
labels.register(
    {
        Outcome.CONFIRMED: _l("Confirmed by a second officer"),
        Outcome.REFUSED: _l("Refused by a second officer"),
        Outcome.TAKEN_BACK: _l("Taken back by its writer"),
    }
)

#: Fields of LaneVersion that a lane may lack, and those that officers fill in besides.
FIELDS = {
    "charity_name": _l("Charity's full name"),
    "credit_code": _l("Unified social credit code"),
    "certificate_number": _l("Number of the public-fundraising certificate"),
    "filing_number": _l("Filing number of the fundraising plan"),
    "valid_until": _l("Certificate and filing valid until"),
    "takes_account": _l("Lane B is to be open"),
    "account_name": _l("Account name"),
    "account_number": _l("Account number"),
    "bank_name": _l("Bank and branch"),
    "takes_campaign": _l("Lane C is to be open"),
    "campaign_name": _l("Name of the campaign"),
    "campaign_filing_number": _l("Filing number of the campaign"),
    "campaign_url": _l("Address of the campaign"),
    "note": _l("Why it is changed"),
}
