"""What every test may ask for."""

# postgres: the fixture postgres_server, ended with the run. browser: Chromium for tests/journeys.
pytest_plugins = ("tests.postgres", "tests.browser")
