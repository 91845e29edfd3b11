"""A pledge paid online at the simulator, in two parts: each page says that no money moves."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.cast import Cast
from tests.choices.world import money_need
from tests.choices.world import promise as pledge
from tests.journeys.person import PHONE, Newcomer, Person

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

WAYS = {"zh": ("zh", {}), "en-no-script": ("en", {"script": False})}


@pytest.mark.parametrize("way", WAYS)
def test_a_pledge_paid_at_the_simulator(newcomer: Newcomer, cast: Cast, way: str) -> None:
    lang, how = WAYS[way]
    claim = pledge(cast.donor, money_need(cast, title="春耕要买化肥"), 100_000)
    donor = newcomer(lang, width=PHONE, **how)
    donor.signs_in(cast.donor)
    donor.open(f"/claims/{claim.code}")
    goes_to_the_simulator(donor, "400")
    comes_back_without_paying(donor)
    donor.open(f"/claims/{claim.code}")
    goes_to_the_simulator(donor, "400")
    pays(donor)
    donor.follow("Back to the pledge")
    donor.reads_raw("¥600")  # still to come
    goes_to_the_simulator(donor, "600")
    pays(donor)
    donor.follow("Back to the pledge")
    donor.reads("Everything has arrived. Thank you!")
    expect(donor.page.get_by_role("link", name=donor.words("Or pay online"))).to_have_count(0)
    donor.open("/my/gifts")
    for amount in ("¥400", "¥600"):
        donor.reads_raw(amount)


def goes_to_the_simulator(donor: Person, amount: str) -> None:
    donor.follow("Or pay online")
    donor.reads("A simulator: no money moves")
    donor.fill("Amount", amount)
    donor.press("Go on to pay")
    donor.follow("Pay now")
    for words in ("不会产生任何真实付款", "No money moves."):  # in both languages, whoever reads
        donor.reads_raw(words)


def comes_back_without_paying(donor: Person) -> None:
    donor.follow("Do not pay")
    expect(donor.page.get_by_role("link", name=donor.words("Pay now"))).to_be_visible()


def pays(donor: Person) -> None:
    donor.press("Pretend to pay")
    donor.reads("Arrived and booked")
    donor.reads("The simulator said so; no money has moved. In the demo it stands in the ledger like a gift.")
