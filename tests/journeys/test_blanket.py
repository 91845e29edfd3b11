"""Huang Guoji's blanket, from posting to published proof: the story that the whole house is built for.

Everybody comes with a browser of their own. Told in both languages on a phone, and once without JavaScript.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from sun_commune.core.clock import today
from sun_commune.households.models import ConsentPurpose
from sun_commune.needs.models import Category
from tests.cast import PASSWORD, Cast
from tests.journeys.person import DESK, PHONE, Newcomer, Person

pytestmark = pytest.mark.browser

TITLE = "山上的老两口想要一床电热毯"
STORY = "老两口住在海拔很高的山上，冬天屋里结冰。\n想要一床电热毯和一台烤火炉，平平安安过冬。"
RETURN_REASON = "请写明烤火炉大概多少钱"
THANKS = "电热毯很暖和，晚上睡得着了。谢谢您！"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo as a phone takes it, larger than what is kept."""
    Image.effect_noise((2000, 1500), 60).convert("RGB").save(tmp_path / "room.jpg", quality=90)
    return tmp_path / "room.jpg"


WAYS = {
    "en-phone": ("en", {"width": PHONE}),
    "zh-phone-no-script": ("zh", {"width": PHONE, "script": False}),
    "en-desk-no-script": ("en", {"width": DESK, "script": False}),
}


def test_from_posting_to_proof(newcomer: Newcomer, cast: Cast, photo: Path) -> None:
    the_story(newcomer, cast, photo, "zh", width=PHONE)


@pytest.mark.one_database
@pytest.mark.parametrize("way", WAYS)
def test_the_same_in_other_ways(newcomer: Newcomer, cast: Cast, photo: Path, way: str) -> None:
    lang, how = WAYS[way]
    the_story(newcomer, cast, photo, lang, **how)


def the_story(newcomer: Newcomer, cast: Cast, photo: Path, lang: str, **how: Any) -> None:
    secretary, reviewer, administrator, visitor = (newcomer(lang, **how) for _ in range(4))
    secretary.signs_in(cast.secretary)
    reviewer.signs_in(cast.reviewer)
    administrator.signs_in(cast.administrator)

    registers_the_household(secretary)
    code = posts_the_need(secretary, photo)
    returns_it(reviewer, code)
    mends_it(secretary, code)
    moves_it(reviewer, code, "Approve", "Approved. The county publishes it next.")
    moves_it(administrator, code, "Publish", "Published. Everybody can see it now.")

    finds_it(visitor)
    joins(visitor)
    claim_code = pledges(visitor, code)
    sends(visitor)
    receives_and_accepts(secretary, photo)
    thanks(secretary, claim_code)

    sees_the_proof(newcomer(lang, **how), code)


def registers_the_household(secretary: Person) -> None:
    secretary.follow("Households")
    secretary.follow("Register a household")
    secretary.fill("Name of the householder", "黄国基")
    secretary.fill("Members of the household", "２")
    secretary.fill("Telephone", "139 0000 1234")
    secretary.fill("Address", "金禄村三组12号")
    secretary.fill("Illness or disability", "风湿")
    secretary.press("Register")
    secretary.reads("The household is registered. Record what else the family agrees to.")
    for purpose in (ConsentPurpose.PUBLISH, ConsentPurpose.VILLAGE, ConsentPurpose.PHOTO):
        secretary.choose("The family agrees to", value=purpose.value)
        secretary.press("Record the consent")
        secretary.reads("The consent is recorded.")
    secretary.reads_raw("黄**")


def posts_the_need(secretary: Person, photo: Path) -> str:
    """The need's code."""
    secretary.follow("Post a need")
    secretary.choose("Category", value=Category.DAILY_NECESSITIES.value)
    secretary.fill("Title", TITLE)
    secretary.fill("Story", STORY)
    writes_line(secretary, 0, item="电热毯", asked="1", unit="床", price="100")
    secretary.press("Add a line")
    writes_line(secretary, 1, item="烤火炉", asked="１", unit="台", price="")
    secretary.attach("Add photos", photo)
    secretary.press("Save the draft")
    secretary.reads("The draft is saved.")
    secretary.fill("What the photo shows", "老两口的卧室")
    secretary.press("Submit for review")
    secretary.reads("Submitted. The township reviews it next.")
    return secretary.code_in_address(r"/needs/([A-Z0-9-]+)/review")


def writes_line(secretary: Person, position: int, *, item: str, asked: str, unit: str, price: str) -> None:
    line = secretary.page.locator(f"#lines-{position}")
    secretary.fill("What", item, within=line)
    secretary.fill("How much", asked, within=line)
    secretary.fill("Unit", unit, within=line)
    secretary.fill("About how many yuan for one", price, within=line)


def opens_from_desk(person: Person, code: str) -> None:
    person.open("/my")
    person.follow("My desk")
    person.goes(person.page.locator(f"main a[href*='{code}']").first)


def returns_it(reviewer: Person, code: str) -> None:
    opens_from_desk(reviewer, code)
    reviewer.reads_raw(STORY.split("\n", maxsplit=1)[0])
    act = reviewer.page.locator("details", has_text=reviewer.words("Return to the village"))
    act.locator("summary").click()
    reviewer.fill("Reason", RETURN_REASON, within=act)
    reviewer.press("Return to the village", within=act)
    reviewer.reads("Returned to the village with your reason.")


def mends_it(secretary: Person, code: str) -> None:
    opens_from_desk(secretary, code)
    secretary.reads_raw(RETURN_REASON)
    secretary.fill("About how many yuan for one", "220", within=secretary.page.locator("#lines-1"))
    secretary.press("Submit for review")
    secretary.reads("Submitted. The township reviews it next.")


def moves_it(officer: Person, code: str, button: str, answer: str) -> None:
    opens_from_desk(officer, code)
    officer.press(button)
    officer.reads(answer)


def finds_it(visitor: Person) -> None:
    visitor.open("/")
    visitor.follow("See what is needed")
    for words in ("电热毯", "dianretan"):
        visitor.fill("Search by words or pinyin", words)
        visitor.press("Search")
        visitor.reads_raw(TITLE)
    visitor.fill("Search by words or pinyin", "挖掘机")
    visitor.press("Search")
    visitor.reads("No need fits what you chose")


def joins(visitor: Person) -> None:
    """A visitor becomes a donor: registers, and signs in."""
    visitor.open("/register")
    visitor.fill("Your name", "张建国")
    visitor.fill("Mobile phone", "１３８ 1111 2222")
    visitor.fill("Password", PASSWORD)
    visitor.tick("I have read how my data are used, and agree.")
    visitor.press("Join")
    visitor.open("/sign-in")
    visitor.fill("Phone or e-mail", "13811112222")
    visitor.fill("Password", PASSWORD)
    visitor.press("Sign in", within=visitor.page.locator("main"))
    visitor.reads("My account")


def pledges(donor: Person, code: str) -> str:
    """Both lines; the claim's code."""
    donor.open("/needs?q=电热毯")
    donor.follow_to(TITLE)
    donor.reads_raw("黄**")
    donor.follow("Take this on, all or a part")
    donor.fill("How much of “%(item)s” you take on", "１", item="电热毯")
    donor.fill("How much of “%(item)s” you take on", "1", item="烤火炉")
    donor.press("Go on and check")
    donor.reads("What you take on")
    donor.fill("A message to those who receive it", "祝您冬天暖和！")
    donor.press("Pledge")
    donor.reads("What is due next")
    return donor.code_in_address(r"/claims/([A-Z0-9-]+)$")


def sends(donor: Person) -> None:
    for item in ("电热毯", "烤火炉"):
        donor.open("/my")
        donor.follow("My claims")
        donor.follow_to(TITLE)
        donor.follow("Send it")
        donor.reads_raw(item)
        donor.pick(donor.words("brought in person"))
        donor.fill("Day on which you bring it", (today() + timedelta(days=2)).isoformat())
        donor.press("Record it")
        expect(donor.page).to_have_url(re.compile(r"/claims/[A-Z0-9-]+#"))
        donor.reads("on its way")


def receives_and_accepts(secretary: Person, photo: Path) -> None:
    for _delivery in range(2):
        secretary.open("/desk")
        secretary.follow("Record what was received")
        secretary.attach("Photo of the goods", photo)
        secretary.press("Record it")
        secretary.reads("Its entry in the public ledger")


def thanks(secretary: Person, claim_code: str) -> None:
    secretary.open(f"/claims/{claim_code}")
    secretary.follow("Thank the donor")
    secretary.fill("Your words to the donor", THANKS)
    secretary.press("Send the thanks")
    secretary.reads("Your thanks are on their way.")


def sees_the_proof(visitor: Person, code: str) -> None:
    """What everybody can read: the need is fulfilled, with photo, thanks and entry; the entry leads back."""
    visitor.open(f"/needs/{code}")
    visitor.reads("Fulfilled")
    visitor.reads_raw(THANKS)
    picture = visitor.page.get_by_alt_text(visitor.words("Photo of what arrived")).first
    picture.scroll_into_view_if_needed()
    assert visitor.page.request.get(f"{visitor.site.address}{picture.get_attribute('src')}").ok
    assert "黄国基" not in visitor.page.content()
    visitor.follow("Entry in the ledger")
    visitor.reads_raw("¥")
    visitor.goes(visitor.page.locator(f"main a[href$='/needs/{code}']").first)
    expect(visitor.page).to_have_url(re.compile(rf"/needs/{code}$"))
    visitor.open("/ledger/entries")
    visitor.reads_raw(code)
