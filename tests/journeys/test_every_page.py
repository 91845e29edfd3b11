"""Every page, found by following links: no axe finding, nothing cut off, big enough to touch, in both languages.

A visitor and each role walk from their first page along every link, one page of each kind (more where the kind shows
states). Then every form that they met is sent empty and looked at in its error state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from sun_commune.core import access
from tests.cast import Cast
from tests.journeys.checks import faults_of_page
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.journeys.site import Site
from tests.journeys.town import build_town

pytestmark = pytest.mark.browser

#: How many pages of a kind are looked at, where states differ; one of all others.
SAMPLES = {"portal.show_need": 5, "needs.review_need": 4, "deliveries.show_claim": 5, "portal.show_entry": 3}
#: Files, pictures, and what only leads on.
NOT_PAGES = {"static", "uploads.show_photo", "portal.download_ledger", "root.front_door", "root.healthz", "root.readyz"}

WALKERS = {
    "visitor": "",
    "donor": "donor",
    "enterprise": "enterprise",
    "secretary": "secretary",
    "reviewer": "reviewer",
    "county": "administrator",
    "treasurer": "treasurer",
    "second treasurer": "second_treasurer",
    "supervisor": "supervisor",
    "operator": "operator",
}


class Walk:
    """One person's way through the site."""

    def __init__(self, person: Person, app: Flask, *, is_visitor: bool) -> None:
        self.person = person
        self.app = app
        self.is_visitor = is_visitor
        self.seen: Counter[str] = Counter()
        self.faults: list[str] = []
        self.forms: dict[str, str] = {}

    def endpoint_of(self, path: str) -> str:
        adapter = self.app.url_map.bind("localhost")
        try:
            return str(adapter.match(path, method="GET")[0])
        except HTTPException:
            return ""

    def wants(self, path: str) -> bool:
        endpoint = self.endpoint_of(path)
        rule = access.rule_of(endpoint)
        if not endpoint or endpoint in NOT_PAGES or endpoint.endswith("_document"):
            return False
        if not self.is_visitor and rule and rule.kind == "public":
            return False  # looked at by the visitor
        return self.seen[endpoint] < SAMPLES.get(endpoint, 1)

    def go(self, *start: str) -> None:
        queue = list(start)
        while queue:
            path = queue.pop(0)
            if not self.wants(urlsplit(path).path):
                continue
            endpoint = self.endpoint_of(urlsplit(path).path)
            self.seen[endpoint] += 1
            answer = self.person.page.goto(f"{self.person.site.address}{path}")
            assert answer is not None
            if answer.status != 200:
                self.faults.append(f"{path} answers {answer.status}")
            self.look()
            if self.person.page.locator("main form[method=post] .field").count():
                self.forms.setdefault(endpoint, path)
            queue += self.links()

    def links(self) -> list[str]:
        lang = f"/{self.person.words.lang}/"
        hrefs = self.person.page.evaluate(
            "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href').split('#')[0])"
        )
        return [href for href in dict.fromkeys(hrefs) if href.startswith(lang)]

    def look(self) -> None:
        self.faults += faults_of_page(self.person.page, (PHONE, DESK))

    def send_forms_empty(self) -> None:
        for path in self.forms.values():
            self.person.page.goto(f"{self.person.site.address}{path}")
            with self.person.page.expect_navigation() as navigation:
                self.person.page.evaluate(SEND_EMPTY)
            if navigation.value.status == 422:
                self.look()
                self.faults += self.person.page.evaluate(ERROR_SHAPE)


SEND_EMPTY = """() => {
  const form = document.querySelector('main form[method=post]:has(.field)');
  form.querySelectorAll('.field input:not([type=checkbox],[type=radio],[type=file]), .field textarea')
    .forEach(e => { e.value = ''; });
  const buttons = form.querySelectorAll('button');
  form.requestSubmit(buttons[buttons.length - 1]);
}"""

ERROR_SHAPE = """() => {
  const wrong = [];
  if (!document.title.match(/^(Error:|错误)/)) wrong.push('no Error in the title: ' + document.title);
  if (!document.activeElement.matches('section[aria-labelledby=error-title]'))
    wrong.push(location.pathname + ': the summary is not focused');
  return wrong;
}"""


@pytest.fixture
def town(site: Site, cast: Cast) -> Site:
    build_town(cast)
    return site


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page(town: Site, newcomer: Newcomer, cast: Cast, lang: str) -> None:
    faults: list[str] = []
    seen: Counter[str] = Counter()
    for user in WALKERS.values():
        person = newcomer(lang)
        if user:
            person.signs_in(getattr(cast, user))
        walk = Walk(person, town.app, is_visitor=not user)
        walk.go(f"/{lang}/my" if user else f"/{lang}/")
        walk.send_forms_empty()
        faults += walk.faults
        seen += walk.seen
    assert not faults, "\n".join(faults)
    assert sorted(set(pages_of(town.app)) - set(seen)) == []


def pages_of(app: Flask) -> Iterator[str]:
    """Endpoints that answer a GET with a page."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in NOT_PAGES:
            yield rule.endpoint
