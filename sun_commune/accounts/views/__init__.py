"""Pages of accounts; one module per group of acts, all on one blueprint."""

from sun_commune.accounts.views import my_page, signing_in
from sun_commune.accounts.views.doors import blueprint

__all__ = ["blueprint", "my_page", "signing_in"]
