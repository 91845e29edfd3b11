"""The served site, and people who come to it; each test ends with a look at what their browsers complained of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from tests.journeys.site import Site, serve

if TYPE_CHECKING:  # Playwright may be missing; then no journey is collected
    from playwright.sync_api import Browser

    from tests.journeys.person import Newcomer


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    with serve(app) as served:
        yield served


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Tell the fixtures whether the story failed, so that they can show where everybody stood."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def newcomer(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Newcomer]:
    """Makes a person with a fresh browser: ``newcomer("zh", width=360, script=False)``."""
    from tests.journeys.person import Person

    people: list[Person] = []

    def come(lang: str, **how: Any) -> Person:
        people.append(Person(site, browser, lang, **how))
        return people[-1]

    yield come
    if request.node.stash.get(FAILED, False):
        print(*(f"{person.page.url}\n{person.page.locator('body').inner_text()}" for person in people), sep="\n\n")
    for person in people:
        person.leave()
