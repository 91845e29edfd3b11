"""``/treasury``: vouchers, advances, budgets and corrections. One person writes, another decides."""

from sun_commune.ledger.views import advances, budgets, corrections, vouchers
from sun_commune.ledger.views.common import blueprint, status_of

__all__ = ["advances", "blueprint", "budgets", "corrections", "status_of", "vouchers"]
