"""Somebody at a phone or a desk: a browser of their own, in their language, that is watched for what no page may do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Request, Response, expect

from sun_commune.accounts.models import User
from tests.cast import PASSWORD
from tests.journeys.site import Site, Words

PHONE = 360
DESK = 1280


class Person:
    """What no page may do (an error of server or script, a foreign address) is kept in ``complaints``."""

    def __init__(self, site: Site, browser: Browser, lang: str, *, width: int = PHONE, script: bool = True) -> None:
        self.site = site
        self.words = Words(lang)
        self.complaints: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
            locale={"zh": "zh-CN", "en": "en-GB"}[lang],
            reduced_motion="reduce",
        )
        self.page: Page = self.context.new_page()
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", lambda message: self._on_console(message.type, message.text))

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.site.address, "data:", "blob:")):
            self.complaints.append(f"foreign: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status}: {response.request.method} {response.url}")

    def _on_console(self, kind: str, text: str) -> None:
        # The browser also writes down each 4xx answer; those are the stories' own business.
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {text}")

    def open(self, path: str) -> Response:
        """Open ``/zh<path>`` or ``/en<path>``."""
        response = self.page.goto(f"{self.site.address}/{self.words.lang}{path}")
        assert response is not None
        return response

    def signs_in(self, user: User) -> None:
        self.open("/sign-in")
        self.fills_sign_in(user)
        expect(self.page).to_have_url(re.compile(r"/my$"))

    def fills_sign_in(self, user: User) -> None:
        self.fill("Phone or e-mail", user.email or "")
        self.fill("Password", PASSWORD)
        self.press("Sign in", within=self.page.locator("main"))

    def field(self, label: str, *, within: Locator | None = None, **values: Any) -> Locator:
        """The control with this label: whole, or followed by "(optional)" or by who sees it."""
        words = re.escape(self.words(label, **values))
        return (within or self.page).get_by_label(re.compile(rf"^\s*{words}\s*($|\(|（|{self._seen_by()})"))

    def _seen_by(self) -> str:
        return "|".join(re.escape(self.words(text)) for text in ("(optional)", "shown in public", "kept private"))

    def fill(self, label: str, value: str, **where: Any) -> None:
        self.field(label, **where).fill(value)

    def choose(self, label: str, *, value: str, **where: Any) -> None:
        self.field(label, **where).select_option(value)

    def tick(self, label: str, **where: Any) -> None:
        self.field(label, **where).check()

    def pick(self, words: str, *, within: Locator | None = None) -> None:
        """One of several round buttons, by words as they stand on the page."""
        (within or self.page).get_by_label(words, exact=True).check()

    def button(self, text: str, *, within: Locator | None = None, **values: Any) -> Locator:
        return (within or self.page).get_by_role("button", name=self.words(text, **values), exact=True)

    def press(self, text: str, *, within: Locator | None = None, **values: Any) -> None:
        """Press and wait for the answer: who walks away at once breaks off what was being sent."""
        with self.page.expect_navigation():
            self.button(text, within=within, **values).click()

    def follow(self, text: str, *, within: Locator | None = None, **values: Any) -> None:
        self.goes((within or self.page.locator("main")).get_by_role("link", name=self.words(text, **values)).first)

    def follow_to(self, text: str) -> None:
        """A link by words that no translator touches: the title of a need."""
        self.goes(self.page.locator("main").get_by_role("link", name=text).first)

    def goes(self, link: Locator) -> None:
        """Click and wait for the page behind it: until then the address and the words are the old page's."""
        with self.page.expect_navigation():
            link.click()

    def goes_to_first(self, part: str) -> None:
        """Follow the page's first link to such an address."""
        self.goes(self.page.locator(f"main a[href*='{part}']").first)

    def attach(self, label: str, files: Path | Sequence[Path]) -> None:
        self.field(label).set_input_files(files)

    def reads(self, text: str, **values: Any) -> None:
        """The words stand on the page."""
        expect(self.page.locator("main")).to_contain_text(self.words(text, **values))

    def reads_raw(self, text: str) -> None:
        expect(self.page.locator("main")).to_contain_text(text)

    def code_in_address(self, pattern: str) -> str:
        """The code that the address of the page holds, ``pattern`` having one group for it."""
        expect(self.page).to_have_url(re.compile(pattern))
        found = re.search(pattern, self.page.url)
        assert found is not None
        return found[1]

    def leave(self) -> None:
        self.context.close()
        assert self.complaints == []


Newcomer = Callable[..., Person]
