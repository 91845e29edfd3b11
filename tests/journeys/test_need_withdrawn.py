"""A need is withdrawn after money came: one donor gives it to another need, one asks it back and gets it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from sun_commune.choices.models import Route
from sun_commune.core.clock import today
from tests.cast import Cast
from tests.choices.world import give, money_need
from tests.journeys.person import DESK, PHONE, Newcomer, Person

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

OTHER = "另一户也要买化肥"
STAMP = "REFUNDED: all of this gift went back to the donor."
WAYS = {"zh": ("zh", {}), "en-no-script": ("en", {"script": False})}


@pytest.mark.parametrize("way", WAYS)
def test_another_need_and_a_refund(newcomer: Newcomer, cast: Cast, way: str) -> None:
    lang, how = WAYS[way]
    need, other = money_need(cast, title="春耕要买化肥"), money_need(cast, title=OTHER)
    give(cast, need, 50_000)
    give(cast, need, 30_000, donor=cast.other_donor)
    giver, asker = (newcomer(lang, width=PHONE, **how) for _ in range(2))
    administrator, treasurer, second = (newcomer(lang, width=DESK, **how) for _ in range(3))
    administrator.signs_in(cast.administrator)
    withdraws(administrator, need.code)
    giver.signs_in(cast.donor)
    is_asked(giver, "¥500")
    chooses_another_need(giver, other.code)
    asker.signs_in(cast.other_donor)
    is_asked(asker, "¥300")
    asks_it_back(asker)
    treasurer.signs_in(cast.treasurer)
    sends_it(treasurer)
    second.signs_in(cast.second_treasurer)
    finds_it_in_the_account(second)
    slip = sees_the_stamp(asker)
    sees_the_stamp_behind_the_qr(newcomer(lang, width=PHONE, **how), slip)


def withdraws(administrator: Person, need_code: str) -> None:
    administrator.open(f"/needs/{need_code}/review")
    act = administrator.page.locator("details", has_text=administrator.words("Withdraw"))
    act.locator("summary").click()
    administrator.fill("Reason", "核实后发现已由政策覆盖", within=act)
    administrator.press("Withdraw", within=act)
    administrator.reads("Withdrawn.")


def is_asked(donor: Person, amount: str) -> None:
    """By a message, which leads to the choice and says what happens without one."""
    donor.open("/my/inbox")
    donor.goes_to_first("/my/choices/")
    donor.reads_raw(amount)
    donor.reads("The need was withdrawn.")
    donor.reads("If you choose nothing")


def chooses_another_need(donor: Person, need_code: str) -> None:
    donor.pick(donor.words.label(Route.NEED))
    donor.page.get_by_label(re.compile(need_code)).check()
    donor.press("So be it")
    donor.reads("Done. It lies in the fund of that need now.")
    donor.goes(donor.page.locator("main a[href*='/claims/']").last)
    donor.reads_raw(OTHER)
    donor.reads("Everything has arrived. Thank you!")


def asks_it_back(donor: Person) -> None:
    """All of it, as the form proposes."""
    expect(donor.field("How much of it?")).to_have_value(re.compile(r"300"))
    donor.pick(donor.words.label(Route.REFUND))
    donor.press("So be it")
    donor.reads("Chosen. A treasurer sends it back the way it came, and you are told.")


def sends_it(treasurer: Person) -> None:
    treasurer.open("/desk")
    treasurer.goes_to_first("/treasury/refunds/")
    treasurer.reads_raw("¥300")
    treasurer.fill("Day on which it was sent", today().isoformat())
    treasurer.fill("The bank's reference", "20261122-0042")
    treasurer.press("It was sent")
    treasurer.reads("You sent this yourself. A second person has to look.")


def finds_it_in_the_account(second: Person) -> None:
    second.open("/desk")
    second.goes_to_first("/treasury/refunds/")
    second.reads_raw("20261122-0042")
    second.press("It went out: post it")
    second.reads("Confirmed: the refund stands on the public ledger.")


def sees_the_stamp(donor: Person) -> str:
    """On the own slip; where its QR leads."""
    donor.open("/my/receipts")
    donor.goes(donor.page.locator("main tbody th a").first)
    donor.reads(STAMP)
    link = donor.page.get_by_role("link", name=donor.words("What others see behind the QR")).get_attribute("href")
    return (link or "").rsplit("/", 1)[1]


def sees_the_stamp_behind_the_qr(stranger: Person, secret: str) -> None:
    stranger.page.goto(f"{stranger.site.address}/receipts/{secret}")
    stranger.reads(STAMP)
    expect(stranger.page.locator("main")).not_to_contain_text(stranger.words("This slip holds."))
    stranger.follow("its entry in the ledger")
    stranger.reads_raw("¥300")
