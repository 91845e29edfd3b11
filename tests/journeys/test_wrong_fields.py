"""What happens when a field is wrong: the summary comes first and leads to the field, and nothing typed is gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.cast import Cast
from tests.factories import make_need
from tests.journeys.person import Newcomer

pytestmark = [pytest.mark.browser, pytest.mark.one_database]


def test_registration(newcomer: Newcomer) -> None:
    visitor = newcomer("zh")
    visitor.open("/register")
    visitor.fill("Your name", "张建国")
    visitor.fill("Mobile phone", "12345")
    visitor.press("Join", within=visitor.page.locator("main"))
    summary = visitor.page.locator("section[aria-labelledby=error-title]")
    expect(summary).to_be_focused()
    assert visitor.page.title().startswith(visitor.words("Error:"))
    wrong = visitor.words("Enter a mobile number with 11 digits, like 138 0000 1234.")
    summary.get_by_role("link", name=wrong).click()
    expect(visitor.field("Mobile phone")).to_be_focused()
    expect(visitor.field("Mobile phone")).to_have_value("12345")
    expect(visitor.field("Mobile phone")).to_have_attribute("aria-invalid", "true")
    expect(visitor.field("Your name")).to_have_value("张建国")


def test_a_need_with_wrong_lines(newcomer: Newcomer, cast: Cast) -> None:
    secretary = newcomer("en")
    secretary.signs_in(cast.secretary)
    secretary.open("/needs/new")
    secretary.fill("Title", "想要一床暖和的电热毯")
    secretary.fill("How much", "-3")
    secretary.fill("Unit", "床")
    secretary.press("Submit for review")
    expect(secretary.page.locator("section[aria-labelledby=error-title]")).to_be_focused()
    expect(secretary.field("Title")).to_have_value("想要一床暖和的电热毯")
    expect(secretary.field("How much")).to_have_value("-3")
    expect(secretary.field("Unit")).to_have_value("床")
    for link in secretary.page.locator("section[aria-labelledby=error-title] a").all():
        link.click()
        target = (link.get_attribute("href") or "#")[1:]
        expect(secretary.page.locator(f"[id='{target}']")).to_be_focused()


def test_more_than_is_left(newcomer: Newcomer, cast: Cast) -> None:
    donor = newcomer("zh")
    donor.signs_in(cast.donor)
    donor.open(f"/needs/{make_need(cast).code}/claim")
    for quantity in ("99", "0", "-1", "abc"):
        donor.fill("How much of “%(item)s” you take on", quantity, item="电热毯")
        donor.press("Go on and check")
        expect(donor.page.locator("section[aria-labelledby=error-title]")).to_be_focused()
        expect(donor.field("How much of “%(item)s” you take on", item="电热毯")).to_have_value(quantity)
