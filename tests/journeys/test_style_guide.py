"""Every component in a real browser: no axe finding, nothing cut off, big enough to touch, and the scripts' work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.app import make_app
from tests.journeys.checks import TOO_LOW, axe_findings, faults_of_page

pytestmark = pytest.mark.browser

SEND = "form[method=post] button:text-is('Continue')"


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
    assert axe_findings(page) == []
    assert page.evaluate(TOO_LOW) == []
    page.locator("form[method=post] .button").first.click()
    expect(page.locator("#error-title")).to_be_visible()
    assert axe_findings(page) == []
    page.close()


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


@pytest.mark.parametrize("is_shrunk_before", [True, False])
def test_a_form_with_a_photo_is_sent_at_the_first_press(
    address: str, page: Page, tmp_path: Path, is_shrunk_before: bool
) -> None:
    Image.effect_noise((2400, 1800), 80).save(tmp_path / "roof.png")
    page.goto(f"{address}/en/style-guide")
    page.locator("#photos").set_input_files(tmp_path / "roof.png")
    if is_shrunk_before:
        page.evaluate("document.querySelector('#photos').form.shrinking")
    page.locator(SEND).click()
    expect(page.locator("#error-title")).to_be_visible()


def test_sharing_copies_the_text(address: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}/en/style-guide")
    page.get_by_role("button", name="Copy the text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    # The site's own address as it is set, whatever the visitor called it.
    assert page.evaluate("navigator.clipboard.readText()").endswith(": http://127.0.0.1:8000/en/style-guide")
    context.close()


def test_the_looks_find_what_is_wrong(address: str, page: Page) -> None:
    page.goto(f"{address}/en/style-guide")
    page.evaluate(
        """() => { document.querySelector('main').insertAdjacentHTML('beforeend',
             '<img src="/x.png"><h1>Two</h1><a href="#nowhere">x</a><button>low</button>');
           document.querySelector('.cards td.number').style.whiteSpace = 'nowrap';
           document.querySelector('main img:last-of-type').width = 2000; }"""
    )
    faults = "\n".join(faults_of_page(page, (360,)))
    assert "image-alt" in faults
    assert "not one h1" in faults
    assert "#nowhere" in faults
    assert "<button>low" in faults
    assert faults.count("lies over its value") == 1
