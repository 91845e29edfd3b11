"""Pages of choices: the donor's own, the treasurers' refunds, and what everybody may read."""

from sun_commune.choices.views import mine, public, refunds  # noqa: F401 - importing them adds their routes
from sun_commune.choices.views.doors import blueprint

__all__ = ["blueprint"]
