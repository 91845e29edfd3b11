"""Pages of the disclosure calendar: what everybody reads, and what the offices do."""

from sun_commune.disclosure.views import desk, public  # noqa: F401 - their views are the blueprint's
from sun_commune.disclosure.views.blueprint import blueprint, front_values

__all__ = ["blueprint", "front_values"]
