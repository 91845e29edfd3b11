"""A house without a charity takes no money and says why; two officers fill in its papers, and money can be given."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from sun_commune.needs.models import LineKind
from sun_commune.needs.rules import LineInput
from sun_commune.needs.states import NeedState
from tests.cast import Cast
from tests.factories import make_need
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.lanes.world import CHARITY

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

MONEY = LineInput(kind=LineKind.MONEY, item="化肥款", asked=200_000)
WAYS = {"zh": ("zh", {}), "en-no-script": ("en", {"script": False})}


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Of a house in which nobody has named a charity yet."""
    return Cast()


@pytest.mark.parametrize("way", WAYS)
def test_from_closed_lanes_to_a_pledge_of_money(newcomer: Newcomer, cast: Cast, way: str) -> None:
    lang, how = WAYS[way]
    need = make_need(cast, lines=(MONEY,), title="春耕要买化肥", state=NeedState.APPROVED)
    visitor, donor = (newcomer(lang, width=PHONE, **how) for _ in range(2))
    writer, second = (newcomer(lang, width=DESK, **how) for _ in range(2))
    reads_why(visitor)
    writer.signs_in(cast.administrator)
    cannot_publish(writer, need.code)
    writes_the_record(writer)
    reads_why(visitor)  # one officer alone changes nothing
    second.signs_in(cast.operator)
    confirms_it(second)
    visitor.open("/lanes")
    visitor.reads_raw(CHARITY["filing_number"])
    publishes(writer, need.code)
    donor.signs_in(cast.donor)
    pledges(donor, need.code)


def reads_why(visitor: Person) -> None:
    """The page of the lanes says of B and C what is missing."""
    visitor.open("/lanes")
    for lane in ("lane-b", "lane-c"):
        section = visitor.page.locator(f"section[aria-labelledby={lane}]")
        expect(section).to_contain_text(visitor.words("Why it is closed"))
        for paper in ("Charity's full name", "Number of the public-fundraising certificate"):
            expect(section).to_contain_text(visitor.words(paper))
    visitor.reads("No charity has been named yet")


def cannot_publish(writer: Person, need_code: str) -> None:
    """The refusal names what is missing, and leads to where it is filled in."""
    writer.open(f"/needs/{need_code}/review")
    writer.press("Publish")
    expect(writer.page.get_by_role("heading", name=writer.words("There is a problem"))).to_be_visible()
    writer.reads("Number of the public-fundraising certificate")


def writes_the_record(writer: Person) -> None:
    writer.open("/desk")
    writer.follow("The charity's record")
    writer.follow("Write a change")
    writer.fill("Charity's full name", CHARITY["charity_name"])
    writer.fill("Unified social credit code", CHARITY["credit_code"][:-1] + "?")
    writer.fill("Number of the public-fundraising certificate", CHARITY["certificate_number"])
    writer.fill("Filing number of the fundraising plan", CHARITY["filing_number"])
    writer.tick("Lane B is to be open")
    writer.fill("Account name", CHARITY["account_name"])
    writer.fill("Account number", "1234 0000 5678 0000")
    writer.fill("Bank and branch", CHARITY["bank_name"])
    writer.fill("Why it is changed", "照慈善会来函填写")
    writer.press("Hand it to a second officer")
    # The code's last character does not fit: nothing that was typed is lost.
    expect(writer.field("Filing number of the fundraising plan")).to_have_value(CHARITY["filing_number"])
    writer.fill("Unified social credit code", CHARITY["credit_code"])
    writer.press("Hand it to a second officer")
    writer.reads("Written. Nothing changes until another officer confirms it.")
    expect(writer.button("Confirm: it counts from now on")).to_have_count(0)


def confirms_it(second: Person) -> None:
    second.open("/lanes/proposals")
    second.follow_to("照慈善会来函填写")
    second.fill("Last four digits of the account", "9999")
    second.press("Confirm: it counts from now on")
    expect(second.page.get_by_role("heading", name=second.words("There is a problem"))).to_be_visible()
    second.fill("Last four digits of the account", CHARITY["account_number"][-4:])
    second.press("Confirm: it counts from now on")
    second.reads("Confirmed. It is in force from now on.")


def publishes(writer: Person, need_code: str) -> None:
    writer.open(f"/needs/{need_code}/review")
    writer.press("Publish")
    writer.reads("Published. Everybody can see it now.")


def pledges(donor: Person, need_code: str) -> None:
    donor.open(f"/needs/{need_code}")
    donor.follow("Take this on, all or a part")
    donor.fill("How much of “%(item)s” you take on", "500", item="化肥款")
    donor.press("Go on and check")
    donor.reads_raw(CHARITY["charity_name"])
    donor.press("Pledge")
    expect(donor.page).to_have_url(re.compile(r"/claims/[A-Z0-9-]+$"))
    donor.reads_raw("1234 0000 5678 0000")
