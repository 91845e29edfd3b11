"""A report that is overdue says so in public until two people have published it; a closed month takes nothing more."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from sun_commune.core.clock import today
from sun_commune.disclosure.models import TaskKind
from tests.cast import Cast
from tests.choices.world import give, money_need, promise
from tests.disclosure import world
from tests.journeys.person import DESK, PHONE, Newcomer, Person
from tests.journeys.treasury import opens_what_waits

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

CAMPAIGN = "盐亭县冬衣募集"
WAYS = {"zh": ("zh", {}), "en-no-script": ("en", {"script": False})}


@pytest.mark.parametrize("way", WAYS)
def test_overdue_until_published(newcomer: Newcomer, cast: Cast, way: str) -> None:
    lang, how = WAYS[way]
    report = falls_overdue(cast)
    visitor = newcomer(lang, width=PHONE, **how)
    author, reviewer = (newcomer(lang, width=DESK, **how) for _ in range(2))
    sees_it_overdue(visitor)
    author.signs_in(cast.treasurer)
    writes_it(author, report)
    sees_it_overdue(visitor)  # written is not published
    reviewer.signs_in(cast.administrator)
    opens_what_waits(reviewer, f"{report}/review")
    reviewer.press("Publish")
    reviewer.reads("Published: everybody can read the report.")
    reads_it(visitor)


def falls_overdue(cast: Cast) -> str:
    """A campaign of a hundred days, whose first quarter nobody has told; the report's number."""
    begun = today() - timedelta(days=100)
    treasurer = cast.treasurer
    with world.on(begun.isoformat()):
        world.open_campaign(treasurer, title=CAMPAIGN, begins_on=begun)
        give(cast, money_need(cast), 80_000)
    world.run()
    late = [task for task in world.tasks(TaskKind.PROGRESS) if world.campaign_of(task).title == CAMPAIGN]
    return late[0].code


def sees_it_overdue(visitor: Person) -> None:
    visitor.open("/ledger")
    visitor.reads("Reports overdue")
    visitor.goes(visitor.page.locator("main .notice a[href*='/disclosure']").first)
    overdue = visitor.page.get_by_role("table", name=visitor.words("Overdue reports, the oldest first"))
    expect(overdue).to_contain_text(CAMPAIGN)


def writes_it(author: Person, report: str) -> None:
    """The figures stand there already: what was raised in these days."""
    opens_what_waits(author, f"{report}/write")
    author.reads_raw("¥800")
    author.fill("Words of the report", "本季度收到捐款，已联系农资店。\n\n- 下季度采购\n- 下季度入户")
    author.press("Hand it to a second person")
    author.reads("You wrote this yourself. A second person has to decide it.")


def reads_it(visitor: Person) -> None:
    visitor.open("/disclosure")
    published = visitor.page.get_by_role("table", name=visitor.words("Published reports, the newest first"))
    visitor.goes(published.get_by_role("link").first)
    visitor.reads_raw("已联系农资店")
    expect(visitor.page.get_by_role("listitem").filter(has_text="下季度采购")).to_be_visible()
    visitor.reads_raw("¥800")
    program = visitor.page.get_by_role("link", name=visitor.words("The same for programs (JSON)")).get_attribute("href")
    told = visitor.page.request.get(f"{visitor.site.address}{program}").json()
    assert told["figures"]["period"]["raised"] == 80_000


@pytest.mark.parametrize("way", WAYS)
def test_what_comes_late_counts_in_the_open_month(newcomer: Newcomer, cast: Cast, way: str) -> None:
    lang, how = WAYS[way]
    last_month = today().replace(day=1) - timedelta(days=1)
    need = money_need(cast, title="春耕要买化肥")
    with world.on(last_month.replace(day=1).isoformat()):
        late = promise(cast.donor, need, 30_000)
        give(cast, need, 50_000)
    treasurer, visitor = newcomer(lang, width=DESK, **how), newcomer(lang, width=PHONE, **how)
    treasurer.signs_in(cast.treasurer)
    closes(treasurer, f"{last_month:%Y-%m}")
    treasurer.open("/treasury/payments")
    treasurer.fill("Payment code", late.payment_code or "")
    treasurer.fill("Amount that arrived", "300")
    treasurer.fill("Day of arrival", last_month.isoformat())
    treasurer.fill("Bank reference", "20261130-0001")
    treasurer.press("Record the payment")
    visitor.open(f"/ledger/entries?month={today():%Y-%m}")
    visitor.reads_raw("¥300")
    expect(visitor.page.locator("main tbody")).not_to_contain_text("¥500")
    visitor.open("/ledger/periods")
    month = visitor.page.locator("main tbody tr", has_text=re.compile(rf"{last_month:%Y}"))
    expect(month).to_contain_text("¥500")
    expect(month).not_to_contain_text("¥800")


def closes(treasurer: Person, period: str) -> None:
    treasurer.open("/treasury/vouchers")
    treasurer.follow("Closing of months")
    treasurer.reads_raw("¥500")
    treasurer.press("Close %(period)s", period=period)
    treasurer.reads("No month waits to be closed.")
