"""What every test may ask for."""

# app: the application, a fresh database, the cast. postgres: the fixture postgres_server, ended with the run.
# browser: Chromium for tests/journeys. demo_site: the demo's data, for whoever needs a house full of people.
# books: the books alone, without the rest of the house.
pytest_plugins = ("tests.postgres", "tests.browser", "tests.app", "tests.demo_site", "tests.ledger.books")
