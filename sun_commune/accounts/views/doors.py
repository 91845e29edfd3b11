"""The blueprint, and what several pages of accounts share."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, request, url_for

from sun_commune.accounts.throttles import network_of
from sun_commune.core.i18n import current_lang
from sun_commune.places import queries as places

blueprint = Blueprint("accounts", __name__)


def client_network() -> str:
    """Where the request comes from, for the counters."""
    return network_of(request.remote_addr)


def local_path(target: str | None) -> str | None:
    """``target`` if it leads to a page of this site, else None.

    Browsers read ``//host`` and ``/\\host`` as another site and drop tabs and line ends before reading.
    """
    if not target or len(target) > 2000 or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(char) < 0x21 or ord(char) == 0x7F for char in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


def next_page() -> str:
    return local_path(request.args.get("next")) or url_for("accounts.my_page")


def place_name(code: str) -> str:
    """The place in the page's language, with what lies above it; the city (4 digits) by its code if not loaded."""
    place = places.find_place(code)
    return places.full_name(place, current_lang()) if place else code
