"""Sentences about lanes, in the reader's language."""

from __future__ import annotations

from flask_babel import format_date
from flask_babel import gettext as _

from sun_commune.lanes.labels import FIELDS
from sun_commune.lanes.states import LaneStatus


def why_closed(status: LaneStatus) -> str:
    """One sentence; "" for a lane that is open."""
    if status.missing:
        # The names of the fields, each as officers read it in their form.
        return _("Not filled in yet: %(fields)s.", fields=_("; ").join(str(FIELDS[name]) for name in status.missing))
    if status.expired_on is not None:
        return _("The certificate or the filing was valid until %(day)s.", day=format_date(status.expired_on, "long"))
    if status.is_switched_off:
        return _("The charity takes nothing on this lane at the moment.")
    return ""
