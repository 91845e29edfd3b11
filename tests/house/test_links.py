"""Notices and duties lead to pages that exist."""

from __future__ import annotations

from flask import Flask

from sun_commune.backoffice.desk_views import PLACES_TO_GO
from sun_commune.backoffice.duties import ENDPOINTS
from sun_commune.notifications.labels import WORDS


def test_notices_lead_to_pages(app: Flask) -> None:
    assert {words.endpoint for words in WORDS.values()} <= set(app.view_functions)


def test_duties_lead_to_pages(app: Flask) -> None:
    assert set(ENDPOINTS.values()) | {endpoint for endpoint, _roles in PLACES_TO_GO} <= set(app.view_functions)
