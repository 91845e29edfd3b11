"""Pages of needs for the offices: writing (the village), reviewing and moving (township, county)."""

from sun_commune.needs.views import reviewing, writing
from sun_commune.needs.views.doors import blueprint

__all__ = ["blueprint", "reviewing", "writing"]
