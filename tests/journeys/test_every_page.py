"""Every page, found by following links: no axe finding, nothing cut off, big enough to touch, in both languages.

A visitor and each role walk from their first page along every link, one page of each kind (more where the kind shows
states). Then every form that they met is sent empty and looked at in its error state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from sun_commune.core import access
from tests.cast import Cast
from tests.journeys.checks import faults_of_page
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.journeys.site import Site
from tests.journeys.town import build_town, families_to_forget

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

#: How many pages of a kind are looked at, where states differ; one of all others.
SAMPLES = {
    "backoffice.request_erasure": 3,
    "portal.show_need": 5,
    "needs.review_need": 4,
    "deliveries.show_claim": 5,
    "portal.show_entry": 3,
    "portal.show_trace": 4,
    "portal.list_entries": 3,
    "ledger.show_voucher": 8,
    "payments.show_order": 2,
    "receipts.keep_receipt": 3,
    "statements.show_line": 4,
    "statements.show_statement": 4,
}
#: Pictures, what only leads on (and files, see is_page); the style guide and the second step have tests of their own.
NOT_PAGES = {
    "accounts.give_code",
    "accounts.remove_second_factor",
    "portal.style_guide",
    "static",
    "uploads.show_photo",
    "receipt_doors.open_receipt",
    "receipts.show_slip_of_entry",
    "root.front_door",
    "root.healthz",
    "root.readyz",
}

#: Pages for everybody, or everybody signed in, that show each role something else.
DIFFERS = {
    "accounts.my_page",
    "disclosure.list_disclosure",
    "disclosure.show_campaign",
    "disclosure.show_report",
    "portal.list_advances",
    "portal.show_entry",
    "backoffice.show_desk",
    "notifications.list_notices",
    "deliveries.show_claim",
}

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

    def __init__(self, person: Person, app: Flask, *, seen_by_others: Counter[str], is_visitor: bool) -> None:
        self.person = person
        self.app = app
        self.seen_by_others = seen_by_others
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
        if not endpoint or not is_page(endpoint):
            return False
        if not self.is_visitor and rule and rule.kind == "public" and endpoint not in DIFFERS:
            return False  # looked at by the visitor
        if rule and rule.kind == "signed_in" and endpoint not in DIFFERS and self.seen_by_others[endpoint]:
            return False
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
                self.faults += self.person.page.evaluate(ERROR_SHAPE, self.person.words("Error:"))


SEND_EMPTY = """() => {
  const form = document.querySelector('main form[method=post]:has(.field)');
  form.querySelectorAll('.field input:not([type=checkbox],[type=radio],[type=file]), .field textarea')
    .forEach(e => { e.value = ''; });
  const buttons = form.querySelectorAll('button');
  form.requestSubmit(buttons[buttons.length - 1]);
}"""

ERROR_SHAPE = """word => {
  const wrong = [];
  if (!document.title.startsWith(word)) wrong.push('no Error in the title: ' + document.title);
  if (!document.activeElement.matches('section[aria-labelledby=error-title]'))
    wrong.push(location.pathname + ': the summary is not focused');
  return wrong;
}"""


#: What no link leads to: after a form is sent, for the demonstration alone, and pages of errors.
BY_HAND = (
    "/register/done",
    "/register?as=organisation",
    "/forgot/sent",
    "/outbox",
    "/needs?q=no-such-word",
)
WRONG_WAYS = {"/needs/XQ-0000-00000": 404, "/nothing": 404, "/desk": 403, "/sign-out": 405}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page(site: Site, newcomer: Newcomer, cast: Cast, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = site.app.extensions["sun_settings"]
    monkeypatch.setitem(site.app.extensions, "sun_settings", replace(settings, demo=True, help_phone="0816-1234567"))
    from_messages = build_town(cast)
    faults: list[str] = []
    seen: Counter[str] = Counter()
    for user in WALKERS.values():
        person = newcomer(lang)
        if user:
            person.signs_in(getattr(cast, user))
        walk = Walk(person, site.app, seen_by_others=seen, is_visitor=not user)
        walk.go(*(f"/{lang}{path}" for path in (["/my"] if user else ["/", *BY_HAND, *from_messages])))
        walk.send_forms_empty()
        faults += walk.faults
        seen += walk.seen
    faults += [f"no link led to {endpoint}" for endpoint in sorted(set(pages_of(site.app)) - set(seen))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_of_errors(site: Site, newcomer: Newcomer, cast: Cast, lang: str) -> None:
    donor = newcomer(lang)
    donor.signs_in(cast.donor)
    faults = []
    for path, status in WRONG_WAYS.items():
        assert donor.open(path).status == status
        faults += faults_of_page(donor.page, (PHONE, DESK))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_of_an_erased_need(site: Site, newcomer: Newcomer, cast: Cast, lang: str) -> None:
    code = families_to_forget(cast)
    visitor = newcomer(lang)
    assert visitor.open(f"/needs/{code}").status == 410
    assert not faults_of_page(visitor.page, (PHONE, DESK))


def pages_of(app: Flask) -> Iterator[str]:
    """Endpoints that answer a GET with a page."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and is_page(rule.endpoint):
            yield rule.endpoint


def is_page(endpoint: str) -> bool:
    room, _, act = endpoint.partition(".")
    is_file = room == "log" or act.startswith("download_") or act.endswith("_document")
    return endpoint not in NOT_PAGES and not is_file
