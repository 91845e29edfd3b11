"""``/treasury/statements``, ``/treasury/suspense`` and what belongs to them."""

from sun_commune.statements.views import files, lines, reconciling
from sun_commune.statements.views.doors import blueprint

__all__ = ["blueprint", "files", "lines", "reconciling"]
