"""Pages of receipts."""

from sun_commune.receipts.views import mine, public, treasury  # noqa: F401 - their views are on these blueprints
from sun_commune.receipts.views.doors import blueprint, root_blueprint

__all__ = ["blueprint", "root_blueprint"]
