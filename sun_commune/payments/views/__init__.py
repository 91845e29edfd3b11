"""Pages of paying online, the treasurer's list, and the address that providers call."""

from sun_commune.payments.views import paying, treasury
from sun_commune.payments.views.calls import blueprint as calls
from sun_commune.payments.views.doors import blueprint

__all__ = ["blueprint", "calls", "paying", "treasury"]
