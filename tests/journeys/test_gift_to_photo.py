"""Money goes out by a budget and two people, and everybody can follow it: from the gift to the photo, and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sun_commune.ledger.papers import FlagKind, PayeeKind
from sun_commune.needs.models import Need
from tests.cast import Cast
from tests.choices.world import give
from tests.deliveries import world
from tests.factories import FERTILISER_MONEY, make_need
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.journeys.town import photo
from tests.journeys.treasury import (
    attaches_invoice,
    code_of_paper,
    fills_paper,
    hands_it_on,
    opens_what_waits,
)

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

TITLE = "春耕要化肥和电热毯"
SHOP = "涪江电器有限公司"  # it gave to the fund, too: the checker is made to look
WAYS = {"zh": ("zh", {}), "en-no-script": ("en", {"script": False})}


@pytest.mark.parametrize("way", WAYS)
def test_from_budget_to_both_ends_of_the_trace(newcomer: Newcomer, cast: Cast, tmp_path: Path, way: str) -> None:
    lang, how = WAYS[way]
    need = given_for(cast)
    maker, checker = (newcomer(lang, width=DESK, **how) for _ in range(2))
    visitor, donor = (newcomer(lang, width=PHONE, **how) for _ in range(2))
    maker.signs_in(cast.treasurer)
    checker.signs_in(cast.second_treasurer)
    plans(maker, need)
    approves_budget(checker, code_of_paper(maker))
    cannot_pay_beyond_the_budget(maker, need, tmp_path)
    pays(maker, tmp_path)
    answers_and_approves(checker, code_of_paper(maker))
    donor.signs_in(cast.enterprise)
    sees_the_fen(donor)
    follows_it_both_ways(visitor, need)


def given_for(cast: Cast) -> Need:
    """500 yuan of an enterprise, then 1,000 of a person, and two blankets with a photo."""
    need = make_need(cast, lines=(FERTILISER_MONEY, world.BLANKETS), title=TITLE)
    give(cast, need, 50_000, donor=cast.enterprise)
    give(cast, need, 100_000)
    sent = world.send(cast.donor, world.promise(cast, 0, 2, need=need))
    world.accept(cast.secretary, world.receive(cast.secretary, sent, photo_id=photo(cast)))
    return need


def plans(maker: Person, need: Need) -> None:
    maker.open("/treasury/vouchers")
    row = maker.page.locator("main tr", has_text=need.code)
    maker.follow("Budget", within=row)
    maker.fill("Purchase of goods", "900")
    maker.fill("Transport", "100")
    hands_it_on(maker)


def approves_budget(checker: Person, code: str) -> None:
    opens_what_waits(checker, code)
    checker.press("Approve this budget")
    checker.reads("Approved: from now on this budget binds what goes out.")


def cannot_pay_beyond_the_budget(maker: Person, need: Need, folder: Path) -> None:
    """1,000 lie in the fund, 900 in the budget; what was typed stays."""
    maker.open(f"/treasury/vouchers/new?need={need.code}")
    fills_paper(maker, "1000", payee=SHOP, kind=PayeeKind.COMPANY)
    attaches_invoice(maker, folder)
    maker.press("Hand it to a second person")
    expect(maker.page.get_by_role("heading", name=maker.words("There is a problem"))).to_be_visible()
    expect(maker.field("Name of the payee")).to_have_value(SHOP)


def pays(maker: Person, folder: Path) -> None:
    maker.fill("Amount", "800")
    attaches_invoice(maker, folder)
    hands_it_on(maker)


def answers_and_approves(checker: Person, code: str) -> None:
    opens_what_waits(checker, code)
    checker.reads_raw(checker.words.label(FlagKind.PAYEE_GAVE))
    checker.press("Approve and post")  # without an answer, and without a look at the copy
    expect(checker.page.get_by_role("heading", name=checker.words("There is a problem"))).to_be_visible()
    checker.fill("Why this is all right", "三家比价，此家最低，已核对发票")
    checker.tick("I have looked at the public copy: nothing private is on it.")
    checker.press("Approve and post")
    checker.reads("Approved: it stands on the public ledger.")


def sees_the_fen(donor: Person) -> None:
    """The enterprise gave first, so its 500 are spent first."""
    donor.open("/my/gifts")
    donor.reads_raw(TITLE)
    row = donor.page.locator("main table").first.locator("tbody tr")
    expect(row).to_contain_text("¥500")
    donor.follow("Follow this money to the last fen")
    donor.reads_raw("¥500")


def follows_it_both_ways(visitor: Person, need: Need) -> None:
    visitor.open(f"/ledger/entries?need={need.code}&kind=gift")
    visitor.goes(visitor.page.locator("main a[href*='/ledger/entries/']", has_not_text="¥").first)
    visitor.follow("Follow this money to the last fen")
    visitor.reads_raw("¥1,000")
    for part in ("¥300", "¥700"):  # of the second gift: spent, and not spent yet
        visitor.reads_raw(part)
    sees_the_photo(visitor)
    visitor.goes(visitor.page.locator("main td a[href$='#paper']").first)
    sees_the_paper(visitor)
    visitor.follow("Follow this money to the last fen")
    sees_the_photo(visitor)
    gifts = visitor.page.locator("main tbody tr")
    expect(gifts.filter(has_text="¥500")).to_contain_text("涪**")
    visitor.goes(gifts.filter(has_text="¥300").get_by_role("link").first)
    visitor.reads_raw("¥1,000")


def sees_the_photo(visitor: Person) -> None:
    picture = visitor.page.get_by_alt_text(re.compile("电热毯")).first
    picture.scroll_into_view_if_needed()
    assert visitor.page.request.get(f"{visitor.site.address}{picture.get_attribute('src')}").ok


def sees_the_paper(visitor: Person) -> None:
    """The covered copy alone, with what was pointed out."""
    copy = visitor.page.get_by_alt_text(visitor.words("Copy of the invoice or receipt with what is private covered"))
    copy.scroll_into_view_if_needed()
    assert visitor.page.request.get(f"{visitor.site.address}{copy.get_attribute('src')}").ok
    visitor.reads_raw(visitor.words.label(FlagKind.PAYEE_GAVE))
    expect(visitor.page.locator("main")).not_to_contain_text("三家比价")
