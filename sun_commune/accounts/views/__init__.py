"""Pages of accounts; one module per group of acts, all on one blueprint."""

from sun_commune.accounts.views import (
    closing,
    duties,
    invitations,
    keys,
    my_page,
    people,
    registration,
    second_factor,
    signing_in,
)
from sun_commune.accounts.views.doors import blueprint

__all__ = [
    "blueprint",
    "closing",
    "duties",
    "invitations",
    "keys",
    "my_page",
    "people",
    "registration",
    "second_factor",
    "signing_in",
]
