"""Money pledged, sent in parts and too much, found by the bank's statement; and the slip for it, to its proof."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sun_commune.core.clock import today
from sun_commune.pledges.models import Claim
from tests.cast import Cast
from tests.deliveries.world import promise
from tests.factories import FERTILISER_MONEY, make_need
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.statements.papers import csv_bytes
from tests.transparency.site import Signing

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

ITEM = "化肥款"
ACCOUNT = "示例农商行 1234"
#: What no words of a header tell, so that the treasurer has to say it.
HEADER = ["甲", "乙", "丙", "丁", "戊", "己"]
MEANS = {
    "Day": "A",
    "Money in": "B",
    "Money out": "C",
    "Bank's reference": "D",
    "Name of the other side": "E",
    "Remark with the payment code": "F",
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_pledge_to_slip(newcomer: Newcomer, cast: Cast, signing: Signing, tmp_path: Path, lang: str) -> None:
    need = make_need(cast, lines=(FERTILISER_MONEY,), title="春耕要买化肥")
    forgetful = promise(cast, 30_000, need=need, donor=cast.other_donor)
    donor, treasurer = newcomer(lang, width=PHONE), newcomer(lang, width=DESK)
    donor.signs_in(cast.donor)
    code = pledges(donor, need.code)
    treasurer.signs_in(cast.treasurer)
    reads_the_statement(treasurer, statement(tmp_path, code))
    says_what_columns_mean(treasurer)
    posts_it(treasurer)
    places_what_had_no_code(treasurer, forgetful)
    signing.settle()
    sees_what_arrived(donor)
    prints_the_slip(donor)
    sees_behind_the_qr(donor, newcomer(lang, width=PHONE))


def pledges(donor: Person, need_code: str) -> str:
    """1,000 yuan; the payment code."""
    donor.open(f"/needs/{need_code}/claim")
    donor.fill("How much of “%(item)s” you take on", "1000", item=ITEM)
    donor.press("Go on and check")
    donor.press("Pledge")
    return donor.page.locator("section[aria-labelledby=pay] strong").inner_text().strip()


def statement(folder: Path, code: str) -> Path:
    """As a bank's program writes it: the pledge in two parts and 100 yuan too much; a transfer without a code."""
    day = today().isoformat()
    rows = [
        [day, "400.00", "", "A1", "张建国", f"捐款{code}"],
        [day, "700.00", "", "A2", "张建国", f"{code.lower()} 余下的"],
        [day, "300.00", "", "A3", "李四", "一点心意"],
        [day, "", "5.00", "A4", "示例农商行", "手续费"],
    ]
    path = folder / "流水.csv"
    path.write_bytes(csv_bytes([HEADER, *rows], encoding="gb18030"))
    return path


def reads_the_statement(treasurer: Person, path: Path) -> None:
    treasurer.open("/desk")
    treasurer.follow("Statements")
    treasurer.follow("Read a statement")
    treasurer.fill("Account", ACCOUNT)
    treasurer.attach("Statement file", path)
    treasurer.press("Read it")


def says_what_columns_mean(treasurer: Person) -> None:
    treasurer.reads("The header does not tell enough")
    treasurer.reads_raw("手续费")  # GB18030 is read
    for label, letter in MEANS.items():
        treasurer.choose(label, value=str("ABCDEF".index(letter)))
    treasurer.press("See what becomes of every line")


def posts_it(treasurer: Person) -> None:
    treasurer.reads("Nothing is posted yet.")
    for amount in ("¥400", "¥600", "¥100", "¥300"):
        treasurer.reads_raw(amount)
    treasurer.press("Post all of it")
    treasurer.reads("Posted: every incoming yuan of this file is in the books.")


def places_what_had_no_code(treasurer: Person, claim: Claim) -> None:
    treasurer.open("/treasury/suspense")
    lines = treasurer.page.locator("main tbody tr", has_text="¥300")
    treasurer.goes(lines.get_by_role("link").first)
    treasurer.fill("Payment code or number of the claim", claim.code.lower())
    form = treasurer.page.locator("main form").filter(has=treasurer.button("Place it on the claim"))
    treasurer.fill("Amount", "300", within=form)
    treasurer.press("Place it on the claim")
    treasurer.open("/treasury/suspense")
    treasurer.reads_raw("¥100")  # the rest waits for its donor
    expect(treasurer.page.locator("main")).not_to_contain_text("¥300")


def sees_what_arrived(donor: Person) -> None:
    """Both parts, and that the rest waits for an answer."""
    donor.open("/my/claims")
    donor.follow_to("春耕要买化肥")
    donor.reads("Everything has arrived. Thank you!")
    donor.open("/my/choices")
    donor.reads_raw("¥100")
    donor.open("/my/gifts")
    for amount in ("¥400", "¥600"):
        donor.reads_raw(amount)


def prints_the_slip(donor: Person) -> None:
    donor.open("/my/receipts")
    donor.goes(donor.page.locator("main tbody th a").first)
    donor.reads_raw("爱心捐赠凭证" if donor.words.lang == "zh" else "Donation slip")
    donor.reads_raw("陆佰元整")
    donor.page.emulate_media(media="print")
    qr = donor.page.get_by_alt_text(donor.words("QR code of the page that tells how this slip stands now"))
    expect(qr).to_be_visible()
    expect(donor.page.get_by_role("navigation")).to_have_count(0)  # only the slip comes on the paper
    donor.page.emulate_media(media="screen")


def sees_behind_the_qr(donor: Person, stranger: Person) -> None:
    """Anybody with the paper in hand: how the slip stands now, the entry, and its proof."""
    link = donor.page.get_by_role("link", name=donor.words("What others see behind the QR")).get_attribute("href")
    found = re.search(r"/receipts/([A-Za-z0-9_-]+)$", link or "")
    assert found
    stranger.page.goto(f"{stranger.site.address}/receipts/{found[1]}")
    stranger.reads("This slip holds.")
    stranger.reads_raw("¥600")
    assert "张建国" not in stranger.page.content()
    proof = stranger.page.locator("main a[href$='.tlog-proof']").get_attribute("href")
    answer = stranger.page.request.get(f"{stranger.site.address}{proof}")
    assert answer.text().startswith("c2sp.org/tlog-proof@v1\n")
    stranger.goes_to_first("/ledger/entries/")
    stranger.reads_raw("¥600")
