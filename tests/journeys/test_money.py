"""Money: pledged, transferred with its code, seen by the treasurer, spent by two people, read by everybody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sun_commune.core.clock import today
from sun_commune.needs.models import Need
from tests.cast import Cast
from tests.factories import FERTILISER_MONEY, make_need
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.journeys.treasury import attaches_invoice, fills_paper, hands_it_on

pytestmark = pytest.mark.browser

TITLE = "春耕要买化肥"


WAYS = {"zh-phone": ("zh", {"width": PHONE}), "en-desk-no-script": ("en", {"width": DESK, "script": False})}


@pytest.mark.parametrize("way", WAYS)
def test_from_pledge_to_spending(newcomer: Newcomer, cast: Cast, tmp_path: Path, way: str) -> None:
    lang, how = WAYS[way]
    need = make_need(cast, lines=(FERTILISER_MONEY,), title=TITLE)
    donor, treasurer, second, visitor = (newcomer(lang, **how) for _ in range(4))
    donor.signs_in(cast.donor)
    payment_code = pledges(donor, need)
    treasurer.signs_in(cast.treasurer)
    records_the_arrival(treasurer, payment_code)
    donor.page.reload()
    donor.reads("Everything has arrived. Thank you!")
    writes_a_voucher(treasurer, need, tmp_path)
    second.signs_in(cast.second_treasurer)
    approves_it(second)
    follows_the_money(visitor, need)


def pledges(donor: Person, need: Need) -> str:
    """The code to write into the transfer's remark."""
    donor.open(f"/needs/{need.code}/claim")
    donor.fill("How much of “%(item)s” you take on", "１,５００", item="化肥款")
    donor.press("Go on and check")
    donor.press("Pledge")
    donor.reads("How to pay")
    donor.reads_raw("绵阳市测试慈善会")
    return donor.page.locator("section[aria-labelledby=pay] strong").inner_text().strip()


def records_the_arrival(treasurer: Person, payment_code: str) -> None:
    treasurer.follow("My desk")
    treasurer.open("/treasury/payments")
    treasurer.fill("Payment code", payment_code.lower())
    treasurer.fill("Amount that arrived", "1500")
    treasurer.fill("Day of arrival", today().isoformat())
    treasurer.fill("Bank reference", "20261121-0001")
    treasurer.press("Record the payment")


def writes_a_voucher(treasurer: Person, need: Need, folder: Path) -> None:
    treasurer.open("/treasury/vouchers/new")
    treasurer.fill("Number of the need", need.code.lower())
    fills_paper(treasurer, "１２００．５０")
    attaches_invoice(treasurer, folder)
    hands_it_on(treasurer)


def approves_it(second: Person) -> None:
    second.follow("My desk")
    second.goes_to_first("/treasury/vouchers/")
    second.tick("I have looked at the public copy: nothing private is on it.")
    second.press("Approve and post")
    second.reads("Entry of the ledger")


def follows_the_money(visitor: Person, need: Need) -> None:
    """From the ledger to the entry of the gift, to the need, and from the need to what was spent."""
    visitor.open("/ledger")
    visitor.reads_raw("¥1,500")
    visitor.reads_raw("¥1,200.50")
    visitor.open(f"/needs/{need.code}")
    visitor.follow("Entries in the ledger")
    visitor.reads_raw("¥1,500")
    visitor.goes(visitor.page.locator("main tbody a[href*='/ledger/entries/']").first)
    visitor.reads_raw("¥1,500")
    visitor.reads_raw("¥1,200.50")
    visitor.goes(visitor.page.locator(f"main a[href$='/needs/{need.code}']").first)
    expect(visitor.page).to_have_url(re.compile(rf"/needs/{need.code}$"))
