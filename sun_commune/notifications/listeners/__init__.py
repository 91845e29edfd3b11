"""Who is told of what. ``LISTENERS`` is laid into the switchboard's table.

Nobody is told of an own act. Officers hear of what comes to their village; the offices above find their duties on
the desk and get no message for each.
"""

from sun_commune.notifications.listeners.choices import CHOICES
from sun_commune.notifications.listeners.people import PEOPLE
from sun_commune.notifications.listeners.promises import PROMISES
from sun_commune.notifications.listeners.reports import REPORTS
from sun_commune.notifications.listeners.slips import SLIPS

LISTENERS = {**PEOPLE, **PROMISES, **CHOICES, **REPORTS, **SLIPS}

__all__ = ["LISTENERS"]
