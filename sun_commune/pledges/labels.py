"""Words of claims, and how a donor and an end are named."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.pledges.models import UNVERIFIED_MARK, ClaimState, EndReason, Shown

labels.register(
    {
        ClaimState.HELD: _l("Being checked"),
        ClaimState.PLEDGED: _l("Pledged"),
        ClaimState.FULFILLED: _l("Fulfilled"),
        ClaimState.CANCELLED: _l("Cancelled"),
        ClaimState.EXPIRED: _l("Released"),
        Shown.REAL: _l("With the full name"),
        Shown.MASKED: _l("With the surname only"),
        Shown.ANONYMOUS: _l("Anonymously"),
        EndReason.HOLD_ENDED: _l("The time for checking was over."),
        EndReason.OVERDUE: _l("The day named in the pledge passed and nothing had been sent."),
        EndReason.NEED_PAUSED: _l("The need was paused."),
        EndReason.NEED_WITHDRAWN: _l("The need was withdrawn."),
        EndReason.NEED_EXPIRED: _l("The time of the need was over."),
        EndReason.NEED_CLOSED: _l("The need was closed."),
    }
)


def donor_words(display_name: str) -> str:
    """The donor as the public reads it: the fixed text, with the house's own words in the reader's language."""
    if not display_name:
        return _("A donor who wishes to stay unnamed")
    if display_name.endswith(UNVERIFIED_MARK):
        return _("%(name)s (not verified)", name=display_name.removesuffix(UNVERIFIED_MARK))
    return display_name


def reason_words(end_reason: str) -> str:
    """Why a claim or a part of it ended: the house's sentence, or what a person wrote."""
    try:
        return labels.label(EndReason(end_reason))
    except ValueError:
        return end_reason
