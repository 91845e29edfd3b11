"""Money handed out before there is an invoice, settled by one, the rest brought back; everybody sees that it is out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sun_commune.core.clock import today
from sun_commune.ledger.papers import PayeeKind
from sun_commune.needs.models import Need
from tests.cast import Cast
from tests.choices.world import give, money_need
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.journeys.treasury import (
    attaches_invoice,
    code_of_paper,
    fills_paper,
    hands_it_on,
    opens_what_waits,
    sheet,
)

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

WAYS = {"zh": ("zh", {}), "en-no-script": ("en", {"script": False})}


@pytest.mark.parametrize("way", WAYS)
def test_handed_out_settled_and_the_rest_returned(newcomer: Newcomer, cast: Cast, tmp_path: Path, way: str) -> None:
    lang, how = WAYS[way]
    need = money_need(cast, title="春耕要买化肥")
    give(cast, need, 100_000)
    maker, checker = (newcomer(lang, width=DESK, **how) for _ in range(2))
    visitor = newcomer(lang, width=PHONE, **how)
    maker.signs_in(cast.treasurer)
    checker.signs_in(cast.second_treasurer)
    hands_out(maker, need, tmp_path)
    advance = code_of_paper(maker)
    approves(checker, advance)
    sees_it_out(visitor, "¥600")
    settles(maker, advance, tmp_path)
    approves(checker, code_of_paper(maker), has_copy=True)
    brings_back_too_much(maker, advance)
    brings_back(maker)
    sees_it_over(visitor, need)


def hands_out(maker: Person, need: Need, folder: Path) -> None:
    maker.open(f"/treasury/advances/new?need={need.code}")
    fills_paper(maker, "600", payee="金禄村村委会", kind=PayeeKind.VILLAGE)
    maker.fill("To be settled by", (today() + timedelta(days=30)).isoformat())
    maker.attach("Invoice or receipt", sheet(folder, "request", "grey"))
    hands_it_on(maker)


def approves(checker: Person, code: str, *, has_copy: bool = False) -> None:
    opens_what_waits(checker, code)
    if has_copy:
        checker.tick("I have looked at the public copy: nothing private is on it.")
    checker.press("Approve and post")
    checker.reads("Approved: it stands on the public ledger.")


def sees_it_out(visitor: Person, amount: str) -> None:
    """Handed out, still held, and until when."""
    visitor.open("/ledger")
    visitor.goes_to_first("/ledger/advances")
    visitor.reads_raw(amount)
    visitor.reads_raw("十袋复合肥")


def settles(maker: Person, advance: str, folder: Path) -> None:
    maker.open(f"/treasury/vouchers/{advance}")
    maker.follow("Hand in an invoice")
    fills_paper(maker, "450")
    attaches_invoice(maker, folder)
    hands_it_on(maker)


def brings_back_too_much(maker: Person, advance: str) -> None:
    maker.open(f"/treasury/vouchers/{advance}")
    maker.follow("Book what came back")
    maker.fill("Amount", "200")
    maker.fill("Bank reference", "20261121-0009")
    maker.press("Book it")
    expect(maker.page.get_by_role("heading", name=maker.words("There is a problem"))).to_be_visible()


def brings_back(maker: Person) -> None:
    """The day is filled in, the reference is still there."""
    expect(maker.field("Bank reference")).to_have_value("20261121-0009")
    maker.fill("Amount", "150")
    maker.press("Book it")
    maker.reads("Booked: the rest of the advance is back in the fund.")
    expect(maker.page.get_by_role("link", name=maker.words("Book what came back"))).to_have_count(0)


def sees_it_over(visitor: Person, need: Need) -> None:
    """450 are spent; 550 lie in the fund, none of it handed out."""
    visitor.open(f"/ledger/funds/{need.code}")
    for amount in ("¥1,000", "¥450", "¥550"):
        visitor.reads_raw(amount)
    visitor.open("/ledger/advances")
    visitor.reads("No advance is open")
