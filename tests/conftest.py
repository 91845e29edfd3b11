"""What every test may ask for."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, nothing about the house.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# app: the application, a fresh database, the cast. postgres: the fixture postgres_server, ended with the run.
# browser: Chromium for tests/journeys. demo_site: the demo's data, for whoever needs a house full of people.
# books: the books alone, without the rest of the house.
# signing: a signer beside the site, for the transparency log.
pytest_plugins = (
    "tests.postgres",
    "tests.browser",
    "tests.app",
    "tests.demo_site",
    "tests.ledger.books",
    "tests.transparency.site",
)
