"""The pages: what everybody reads in both languages, and the offices' forms, step by step over HTTP."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.disclosure import sheets
from sun_commune.disclosure.models import ReportVersion, Task, TaskKind, TaskState
from tests.cast import Cast, sign_in
from tests.disclosure.world import COUNTY, OTHER_COUNTY, WORDS, duties, give, on, publish, run, tasks, write
from tests.ledger import books

pytestmark = pytest.mark.usefixtures("book_checks_alone")
LANGS = ["zh", "en"]
KEY = "a-key-of-the-test"
K = TaskKind


@pytest.fixture
def task(app: Flask, cast: Cast) -> Task:
    with on("2026-01-10"):
        give("2026-01-05")
        run()
    with on("2026-04-05"):
        run()
        (found,) = tasks(K.PROGRESS)
    return found


@pytest.fixture
def published(cast: Cast, task: Task) -> Task:
    with on("2026-04-05"):
        books.spend(cast.treasurer, cast.second_treasurer, amount_fen=12_000, spent_on=date(2026, 2, 1))
        books.reverse(give("2026-03-01", 500))
        write(cast.treasurer, task)
        publish(cast.administrator, task)
    return task


@pytest.mark.parametrize("lang", LANGS)
def test_empty_calendar(client: FlaskClient, app: Flask, lang: str) -> None:
    assert client.get(f"/{lang}/disclosure").status_code == 200


@pytest.mark.parametrize("lang", LANGS)
def test_everybody_reads_a_report(client: FlaskClient, published: Task, lang: str) -> None:
    with on("2026-04-06"):
        page = client.get(f"/{lang}/disclosure/{published.code}")
        assert page.status_code == 200
        assert WORDS in page.text
        assert "¥320" in page.text
        heading = re.search(r"<h1>(.*?)<span", page.text, re.DOTALL)
        assert heading
        assert ("盐亭县" if lang == "zh" else "Yanting") in heading[1]
        assert f"/{lang}/ledger/entries?county={COUNTY}&amp;since=2026-01-05" in page.text
        assert client.get(f"/{lang}/disclosure").text.count(f'/{published.code}"') == 1
        assert client.get(f"/{lang}/disclosure/campaigns/HD-2026-00002").status_code == 200


def test_each_sum_leads_to_the_entries_of_its_days(client: FlaskClient, published: Task) -> None:
    """Entries of other days, posted before and after, are not among them."""
    with on("2026-06-01"):
        give("2025-12-31", 1_100)
        give("2026-05-20", 2_200)
    page = client.get(f"/en/disclosure/{published.code}").text
    links = re.findall(r'<a href="(/en/ledger/entries\?[^"]*)">(¥[\d.,]+)<span class="hidden"> (\w+)', page)
    assert [(amount, name) for _url, amount, name in links][:4] == [
        ("¥325", "Raised"), ("¥325", "Raised"), ("¥120", "Spent"), ("¥120", "Spent"),  # of these days, and of all
    ]  # fmt: skip
    for address, amount, name in links[:4]:
        assert f'<dt>{name}</dt><dd class="number">{amount}</dd>' in client.get(address.replace("&amp;", "&")).text
    february = re.search(r'<a href="(/en/ledger/entries\?[^"]*)">February 2026</a>', page)
    assert february
    assert "since=2026-02-01&amp;until=2026-02-28" in february[1]


def test_sums_since_the_beginning_lead_to_all_entries_since_then(app: Flask, published: Task) -> None:
    text = db.session.execute(select(ReportVersion.figures).where(ReportVersion.task_id == published.id)).scalar_one()
    with app.test_request_context("/en/"):
        raised = sheets.sheet_of(text, date(2025, 11, 1)).totals[0]["cells"]
    days = [parse_qs(urlsplit(cell["url"]).query) for cell in raised]
    assert [(day["since"], day["until"]) for day in days] == [
        (["2026-01-05"], ["2026-04-04"]), (["2025-11-01"], ["2026-04-04"]),
    ]  # fmt: skip


def test_sums_of_several_needs_have_no_link(app: Flask, published: Task) -> None:
    """The ledger's list cannot be asked for several needs: a link would show other entries than were summed."""
    text = db.session.execute(select(ReportVersion.figures).where(ReportVersion.task_id == published.id)).scalar_one()
    figures = json.loads(text)
    figures["scope"]["needs"] = ["XQ-2026-00001", "XQ-2026-00002"]
    with app.test_request_context("/en/"):
        some, all_ = (sheets.sheet_of(json.dumps(said), date(2026, 1, 5)) for said in (figures, json.loads(text)))
    for sheet, has_links in ((some, False), (all_, True)):
        rows = [*sheet.months, *sheet.counties, *sheet.categories, *(row["cells"][0] for row in sheet.totals[:2])]
        assert [bool(row["url"]) for row in rows] == [has_links] * len(rows)


def test_programs_read_the_same_and_can_check_the_fingerprint(client: FlaskClient, published: Task) -> None:
    answer = client.get(f"/en/disclosure/{published.code}/report.json")
    body = json.loads(answer.data)
    text = json.dumps(body["figures"], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert hashlib.sha256(text.encode()).hexdigest() == body["figures_sha256"]
    assert body["figures"]["period"]["spent"] == 12_000
    assert body["words"] == WORDS
    assert answer.mimetype == "application/json"


def test_what_is_not_published_has_no_file(client: FlaskClient, task: Task) -> None:
    assert client.get(f"/en/disclosure/{task.code}/report.json").status_code == 404


@pytest.mark.parametrize("lang", LANGS)
def test_overdue_is_shown_in_public_and_since_when(client: FlaskClient, task: Task, lang: str) -> None:
    with on("2026-04-05"):
        assert "2026-04-05" in client.get(f"/{lang}/disclosure").text
        assert "tag--urgent" not in client.get(f"/{lang}/disclosure").text
    with on("2026-04-15"):
        page = client.get(f"/{lang}/disclosure").text
        assert re.search(r"tag--urgent.*?10", page, re.DOTALL)
        assert "tag--urgent" in client.get(f"/{lang}/disclosure/{task.code}").text
        front = client.get(f"/{lang}/ledger").text
        assert f'href="/{lang}/disclosure"' in front
        assert "2026-04-05" in front


def test_older_versions_stay_to_be_read(client: FlaskClient, cast: Cast, published: Task) -> None:
    with on("2026-05-01"):
        write(cast.treasurer, published, words="更正后的文字说明，补充了冬衣数量。", note="冬衣数量写错")
        publish(cast.administrator, published)
    newest = client.get(f"/en/disclosure/{published.code}").text
    assert "更正后的文字说明" in newest
    assert "冬衣数量写错" in newest
    older = client.get(f"/en/disclosure/{published.code}?version=1").text
    assert WORDS in older
    assert "There is a newer version" in older
    for wrong in ("3", "0", "-1", "x", "²", "9" * 30):
        assert client.get(f"/en/disclosure/{published.code}?version={wrong}").status_code == 404


def test_nobody_reads_a_draft_but_the_offices(client: FlaskClient, cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        write(cast.treasurer, task, words="还没有人看过的草稿文字。")
        for who in (None, "donor", "other_administrator", "supervisor"):
            if who:
                sign_in(client, getattr(cast, who))
            page = client.get(f"/en/disclosure/{task.code}").text
            assert "草稿文字" not in page
            assert "/review" not in page
        sign_in(client, cast.administrator)
        assert "草稿文字" in client.get(f"/en/disclosure/{task.code}/review").text


def test_written_looked_at_and_published_over_http(app: Flask, cast: Cast, task: Task) -> None:
    author, reviewer = app.test_client(), app.test_client()
    with on("2026-04-05"):
        sign_in(author, cast.treasurer)
        sign_in(reviewer, cast.administrator)
        path = f"/en/disclosure/{task.code}"
        assert author.get(f"{path}/write").status_code == 200
        form = {"words": WORDS, "once": KEY}
        for _time in range(2):  # a double click
            answer = author.post(f"{path}/write", data=form)
            assert (answer.status_code, answer.location) == (303, f"{path}/review")
        page = author.get(f"{path}/review").text
        assert "You wrote this yourself" in page
        shown = re.search(r'name="seen_sha256"[^>]*value="([0-9a-f]{64})"', reviewer.get(f"{path}/review").text)
        assert shown
        give("2026-04-01", 5_000)
        late = reviewer.post(f"{path}/publish", data={"seen_sha256": shown[1]})
        assert late.status_code == 409
        assert "The books have changed since the draft" in late.text
        again = re.search(r'name="seen_sha256"[^>]*value="([0-9a-f]{64})"', late.text)
        assert again
        assert reviewer.post(f"{path}/publish", data={"seen_sha256": again[1]}).status_code == 303
        final = reviewer.get(path).text
        assert "Raised in these days: ¥320, now ¥370" in final
    assert tasks(K.PROGRESS)[0].state is TaskState.PUBLISHED


def test_author_cannot_publish_over_http(client: FlaskClient, cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        write(cast.treasurer, task)
        sign_in(client, cast.treasurer)
        assert client.post(f"/en/disclosure/{task.code}/publish", data={"seen_sha256": "0"}).status_code == 403
    assert tasks(K.PROGRESS)[0].state is TaskState.OPEN


def test_sent_back_over_http(client: FlaskClient, cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        write(cast.treasurer, task)
        sign_in(client, cast.administrator)
        path = f"/en/disclosure/{task.code}"
        wrong = client.post(f"{path}/send-back", data={"reason": ""})
        assert (wrong.status_code, "Give a reason." in wrong.text) == (422, True)
        private = client.post(f"{path}/send-back", data={"reason": "请打 13912345678 联系"})
        assert (private.status_code, "mobile number" in private.text) == (422, True)
        assert client.post(f"{path}/send-back", data={"reason": "请写明下季度安排"}).status_code == 303
        sign_in(client, cast.treasurer)
        page = client.get(f"{path}/write").text
        assert "请写明下季度安排" in page
        assert WORDS in page  # nothing typed is lost


@pytest.mark.parametrize(
    ("words", "said"),
    [("", "Write what was done"), ("太短", "10 to 5000"), ("身份证 11010519491231002X 的老人家", "identity number")],
)
def test_bad_words_are_kept_and_named(client: FlaskClient, cast: Cast, task: Task, words: str, said: str) -> None:
    with on("2026-04-05"):
        sign_in(client, cast.treasurer)
        answer = client.post(f"/en/disclosure/{task.code}/write", data={"words": words, "once": KEY})
    assert answer.status_code == 422
    assert said in answer.text
    assert words in answer.text


def test_words_are_never_run_as_html(client: FlaskClient, cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        write(cast.treasurer, task, words="第一段 <b id=zq1>粗</b>\n第二行\n\n第二段")
        publish(cast.administrator, task)
        page = client.get(f"/en/disclosure/{task.code}").text
    assert "<b id=zq1>" not in page
    assert "第二行</p>\n<p>第二段" in page


CAMPAIGN = {
    "title": "盐亭县冬衣募集", "kind": "ordinary", "county_code": COUNTY, "category": "", "need_codes": "",
    "begins_on": "2026年1月1日", "ends_on": "", "once": KEY,
}  # fmt: skip


def test_campaign_over_http(client: FlaskClient, cast: Cast) -> None:
    with on("2026-01-10"):
        sign_in(client, cast.administrator)
        page = client.get("/en/disclosure/campaigns/new").text
        assert f'value="{COUNTY}"' in page
        assert f'value="{OTHER_COUNTY}"' not in page
        places = {client.post("/en/disclosure/campaigns/new", data=CAMPAIGN).location for _time in range(2)}
        assert places == {"/en/disclosure/campaigns/HD-2026-00001"}
    with on("2026-02-10"):
        sign_in(client, cast.administrator)
        wrong = client.post("/en/disclosure/campaigns/HD-2026-00001/end", data={"ends_on": "2026-02-11"})
        assert (wrong.status_code, "2026-02-11" in wrong.text) == (422, True)
        done = client.post("/en/disclosure/campaigns/HD-2026-00001/end", data={"ends_on": "2026-02-09"})
        assert done.status_code == 303
        run()
        assert duties(K.FULL) == [("2026-02-09", "2026-05-09")]


def test_title_is_corrected_in_public(app: Flask, client: FlaskClient, cast: Cast) -> None:
    page = "/en/disclosure/campaigns/HD-2026-00001"
    with on("2026-01-10"):
        sign_in(client, cast.administrator)
        client.post("/en/disclosure/campaigns/new", data=CAMPAIGN)
        assert CAMPAIGN["title"] in client.get(f"{page}/title").text
        wrong = client.post(f"{page}/title", data={"title": "盐亭县冬衣募集行动", "reason": ""})
        assert (wrong.status_code, "盐亭县冬衣募集行动" in wrong.text) == (422, True)
        done = client.post(f"{page}/title", data={"title": "盐亭县冬衣募集行动", "reason": "与备案名称一致"})
        assert done.location == page
        seen = app.test_client().get(page).text
    assert "<h1>盐亭县冬衣募集行动</h1>" in seen
    assert f"before, it was called “{CAMPAIGN['title']}”" in seen
    assert "与备案名称一致" in seen
    assert "Correct the title" not in seen, "a visitor corrects nothing"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Give the campaign a title."),
        ({"county_code": OTHER_COUNTY}, "Not a valid choice"),
        ({"county_code": ""}, "Not a valid choice"),
        ({"begins_on": "2026-02-30"}, "Enter a day like"),
        ({"ends_on": "2025-01-01"}, "before the first one"),
        ({"need_codes": "ｘｑ-2026-99999"}, "There is no need XQ-2026-99999"),
        ({"kind": "standing"}, "Not a valid choice"),
    ],
)
def test_bad_campaign_names_its_field(client: FlaskClient, cast: Cast, changes: dict[str, Any], said: str) -> None:
    with on("2026-01-10"):
        sign_in(client, cast.administrator)
        answer = client.post("/en/disclosure/campaigns/new", data={**CAMPAIGN, **changes})
    assert answer.status_code == 422
    assert said in answer.text


def test_the_desk_leads_to_what_is_to_be_done(client: FlaskClient, cast: Cast, task: Task) -> None:
    with on("2026-04-05"):
        sign_in(client, cast.administrator)
        assert f"/en/disclosure/{task.code}/write" in client.get("/en/desk").text
        write(cast.treasurer, task)
        desk = client.get("/en/desk").text
        assert f"/en/disclosure/{task.code}/review" in desk
        assert f"/en/disclosure/{task.code}/write" not in desk
        sign_in(client, cast.other_administrator)
        assert task.code not in client.get("/en/desk").text
