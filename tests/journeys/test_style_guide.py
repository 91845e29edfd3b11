"""Every component in a real browser: no axe finding, nothing cut off, big enough to touch, and the scripts' work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.app import make_app

pytestmark = pytest.mark.browser

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SEND = "form[method=post] button:text-is('Continue')"

#: Controls lower than 44 CSS pixels; a box counts with its label.
TOO_LOW = """() => [...document.querySelectorAll(
    'button, summary, select, textarea, input:not([type=hidden]), a.button, .site-nav a, .site-head__tools a')]
  .map(e => [e.outerHTML.slice(0, 80), (e.closest('label.check') || e).getBoundingClientRect()])
  .filter(([_, box]) => box.width && box.height < 43.5).map(([html, box]) => html + ' ' + box.height)"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo is served; the style guide needs no database."""
    folder = tmp_path_factory.mktemp("guide")
    app = make_app(folder, f"sqlite:///{folder / 'none.sqlite'}", SUN_DEMO="1")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "light"), ("en", "dark")])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_finding_in_any_state(address: str, browser: Browser, lang: str, width: int, scheme: Any) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{address}/{lang}/style-guide")
    assert findings(page) == []
    assert page.evaluate(TOO_LOW) == []
    page.locator("form[method=post] .button").first.click()
    expect(page.locator("#error-title")).to_be_visible()
    assert findings(page) == []
    page.close()


def findings(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found.response["violations"]]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_wider_than_the_screen(address: str, browser: Browser, lang: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{address}/{lang}/style-guide")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_errors_are_read_out_first(address: str, page: Page) -> None:
    page.goto(f"{address}/en/style-guide")
    page.locator(SEND).click()
    expect(page.locator("section[aria-labelledby=error-title]")).to_be_focused()
    page.get_by_role("link", name="Give a phone number.").click()
    expect(page.locator("#phone")).to_be_focused()
    assert page.title().startswith("Error: ")


def test_works_without_javascript(address: str, browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{address}/en/style-guide")
    expect(page.get_by_text("At most 500 characters.")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the text")).to_be_hidden()
    page.locator("#title").fill("A stove")
    page.locator(SEND).click()
    expect(page.locator("#error-title")).to_be_visible()
    expect(page.locator("#title")).to_have_value("A stove")
    page.close()


def test_a_double_click_sends_once(address: str, page: Page) -> None:
    page.goto(f"{address}/en/style-guide")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    page.locator(SEND).dblclick()
    expect(page.locator("#error-title")).to_be_visible()
    assert sent == ["POST"]


def test_the_pressed_button_is_told_to_the_server(address: str, page: Page) -> None:
    page.goto(f"{address}/en/style-guide")
    with page.expect_request(lambda request: request.method == "POST") as asked:
        page.get_by_role("button", name="Save as draft").click()
    assert 'name="draft"' in (asked.value.post_data or "")


def test_leaving_asks_only_when_something_was_typed(address: str, page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{address}/en/style-guide")
    page.goto(f"{address}/en/about")
    assert asked == []
    page.goto(f"{address}/en/style-guide")
    page.locator("#title").press_sequentially("A stove")
    page.goto(f"{address}/en/about")
    assert asked == ["beforeunload"]


def test_letters_are_counted_as_the_server_counts(address: str, page: Page) -> None:
    page.goto(f"{address}/en/style-guide")
    page.locator("#story").fill("好𠮷")  # the second lies outside the basic plane: two units in JavaScript
    expect(page.locator("#story-count")).to_have_text("498 characters left")
    page.locator("#story").fill("好" * 503)
    expect(page.locator("#story-count")).to_have_text("3 characters too many")


def test_photos_shrink_on_the_phone(address: str, page: Page, tmp_path: Path) -> None:
    Image.effect_noise((2400, 1800), 80).save(tmp_path / "roof.png")
    (tmp_path / "list.pdf").write_bytes(b"%PDF-1.4")
    page.goto(f"{address}/en/style-guide")
    page.locator("#photos").set_input_files([tmp_path / "roof.png", tmp_path / "list.pdf"])
    page.evaluate("document.querySelector('#photos').form.shrinking")  # a promise, which is waited for
    shrunk = page.evaluate(
        """async () => { const files = [...document.querySelector('#photos').files];
           const image = await createImageBitmap(files[0]);
           return [image.width, image.height, files.map(file => file.name)]; }"""
    )
    assert shrunk == [1600, 1200, ["roof.jpg", "list.pdf"]]


def test_sharing_copies_the_text(address: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}/en/style-guide")
    page.get_by_role("button", name="Copy the text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert f"{address}/en/style-guide" in page.evaluate("navigator.clipboard.readText()")
    context.close()
