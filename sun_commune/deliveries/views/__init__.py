"""Pages of deliveries; one module per side, all on one blueprint."""

from sun_commune.deliveries.views import claims, giving, judging, receiving, treasury
from sun_commune.deliveries.views.doors import blueprint

__all__ = ["blueprint", "claims", "giving", "judging", "receiving", "treasury"]
