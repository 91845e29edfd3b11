"""What every test may ask for."""

# app: the application, a fresh database, the cast. postgres: the fixture postgres_server, ended with the run.
# browser: Chromium for tests/journeys.
pytest_plugins = ("tests.postgres", "tests.browser", "tests.app")
