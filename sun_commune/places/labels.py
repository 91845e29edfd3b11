"""Words for the levels of places."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core.labels import register
from sun_commune.places.models import Level

LEVELS = {
    Level.CITY: _l("City"),
    Level.COUNTY: _l("County or district"),
    Level.TOWNSHIP: _l("Town or township"),
    Level.VILLAGE: _l("Village or community"),
}

register(LEVELS)
