"""A treasurer covers what is private on an invoice with a finger, on the phone, and a second person sees the copy."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.cast import Cast
from tests.choices.world import give
from tests.factories import FERTILISER_MONEY, make_need
from tests.journeys.checks import faults_of_page
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.journeys.treasury import code_of_paper, fills_paper, hands_it_on, opens_what_waits, sheet

pytestmark = [pytest.mark.browser, pytest.mark.one_database]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_drawn_boxes_to_the_public_copy(newcomer: Newcomer, cast: Cast, tmp_path: Path, lang: str) -> None:
    need = make_need(cast, lines=(FERTILISER_MONEY,))
    give(cast, need, 50_000, donor=cast.enterprise)
    maker, checker = newcomer(lang, width=PHONE), newcomer(lang, width=PHONE)
    maker.signs_in(cast.treasurer)
    checker.signs_in(cast.second_treasurer)
    maker.open(f"/treasury/vouchers/new?need={need.code}")
    fills_paper(maker, "100")
    maker.attach("Invoice or receipt", sheet(tmp_path, "invoice", "white"))
    covers_left_half(maker)
    assert faults_of_page(maker.page, (PHONE, DESK)) == []
    hands_it_on(maker)
    opens_what_waits(checker, code_of_paper(maker))
    left, right = colours_of_copy(checker)
    assert max(left) < 40, "the left half is covered"
    assert min(right) > 215, "the right half is not"


def covers_left_half(maker: Person) -> None:
    paper = maker.page.locator("canvas")
    expect(paper).to_be_visible()
    said = maker.page.locator(".covers output")
    draws(paper, (0.6, 0.1), (0.9, 0.3))
    expect(said).to_contain_text("1")
    maker.button("Remove the last box").click()  # it was the wrong place
    expect(said).to_contain_text("0")
    draws(paper, (0.5, 0.95), (0.05, 0.05))  # from any corner to any other
    expect(said).to_contain_text("1")
    sent = maker.page.locator("input[name=covers]").input_value()
    assert [int(number) for number in sent.split(",")] == pytest.approx([50, 50, 450, 900], abs=15)


def draws(paper: Locator, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """With the pointer, by shares of the picture's width and height."""
    box, mouse = paper.bounding_box(), paper.page.mouse
    assert box is not None
    for (x, y), act in ((begin, mouse.down), (end, mouse.up)):
        paper.hover(position={"x": x * box["width"], "y": y * box["height"]})  # waits until nothing scrolls any more
        act()


def colours_of_copy(checker: Person) -> list[tuple[int, int, int]]:
    """Of a point in the left half and one in the right."""
    address = checker.page.locator("main figure img").get_attribute("src")
    copy = Image.open(io.BytesIO(checker.page.request.get(f"{checker.site.address}{address}").body())).convert("RGB")
    pixels: list[tuple[int, int, int]] = [copy.getpixel((copy.width * part // 4, copy.height // 2)) for part in (1, 3)]
    return pixels
