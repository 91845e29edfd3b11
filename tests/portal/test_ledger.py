"""The open ledger: what it shows is what the entries say, in both languages, to somebody who is not signed in."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import gettext
from sqlalchemy import event, select, text

from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.money import yuan
from sun_commune.ledger import entries, jobs, streams
from sun_commune.ledger.entries import EntryFilters
from sun_commune.ledger.models import SelfcheckRun, Transfer
from tests.cast import Cast
from tests.ledger.books import NEED, OTHER_NEED, bring, draft, give, reverse, spend

pytestmark = pytest.mark.usefixtures("book_checks_alone")

LANGS = ["zh", "en"]
CELL = re.compile(r'<td[^>]*class="number">(.*?)</td>')
SANTAI = {"county_code": "510722", "need_code": OTHER_NEED, "category": "industrial_project"}


@pytest.fixture
def book(app: Flask, cast: Cast) -> dict[str, Any]:
    """Gifts, goods, spending and reversals in two counties, two categories and four months."""
    gift = give(claim_code="RLGIFT", delivery_code="SDGIFT")
    give(amount_fen=1_234_567, business_on=date(2018, 1, 31), donor_shown="", **SANTAI)
    give(amount_fen=99, business_on=date(2018, 2, 28), donor_shown="=HYPERLINK(1)", **SANTAI)
    wrong = give(amount_fen=500_000, business_on=date(2018, 2, 1))
    back = reverse(wrong)
    voucher = spend(cast.treasurer, cast.second_treasurer, amount_fen=12_000)
    spend(cast.treasurer, cast.second_treasurer, amount_fen=1_000_001, need_code=OTHER_NEED, spent_on=date(2018, 3, 1))
    goods = bring()
    reverse(bring(value_fen=777))
    bring(value_fen=40_000, item="青花椒苗", quantity=100, unit="株", value_basis="market", **SANTAI)
    db.session.rollback()
    return {
        "gift": gift.uid, "wrong": wrong.uid, "back": back.uid, "voucher": voucher.code,
        "spending": voucher.transfer_uid, "goods": goods.uid,
    }  # fmt: skip


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def figure(html: str, name: str) -> int:
    """Fen of one of the big figures."""
    found = re.search(rf'<dd id="{name}">(.*?)<small>', html, re.DOTALL)
    assert found
    return fen(plain(found[1]))


def fen(words: str) -> int:
    number = re.search(r"-?[\d,]+(?:\.\d+)?", words)
    assert number, words
    return int(Decimal(number[0].replace(",", "")) * 100)


def table(html: str, caption_has: str) -> dict[str, list[int]]:
    """Head of each row -> its figures in fen, of the table whose caption says so."""
    for part in re.findall(r"<table.*?</table>", html, re.DOTALL):
        caption = re.search(r"<caption[^>]*>(.*?)</caption>", part, re.DOTALL)
        if caption and caption_has in caption[1]:
            rows = re.findall(r'<tr[^>]*><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', part, re.DOTALL)
            return {plain(head).strip(): [fen(plain(cell)) for cell in CELL.findall(cells)] for head, cells in rows}
    raise AssertionError(f"no table {caption_has}")


def said(app: Flask, lang: str, message: str) -> str:
    """The message in a language."""
    with app.test_request_context(f"/{lang}/ledger"):
        app.preprocess_request()
        return gettext(message)


def download(client: FlaskClient, lang: str, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/{lang}/ledger.csv{query}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("lang", LANGS)
def test_sceptic_recomputes_every_figure_from_the_file(
    app: Flask, client: FlaskClient, book: dict[str, Any], lang: str
) -> None:
    """Nothing but the downloaded file and the page: every number on the page comes out of the file."""
    lines = [list(line.values()) for line in download(client, lang)]
    heads = list(download(client, lang)[0])
    at = {"day": 1, "counts": 5, "debit": 7, "credit": 8, "county": 11, "category": 13}
    assert len(heads) == 36
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        pair = {line[at["debit"]].split(":")[0], line[at["credit"]].split(":")[0]}
        forward_debit = "fund" if line[at["counts"]].startswith("-") else "bank"
        if pair == {"bank", "fund"}:
            kind = "raised" if line[at["debit"]].split(":")[0] == forward_debit else "spent"
        else:
            assert pair == {"goods-given", "goods-handed-over"}
            kind = "goods"
        for key in ("", line[at["county"]], line[at["category"]], line[at["day"]][:7]):
            sums[kind, key] += fen(line[at["counts"]])
    html = page(client, f"/{lang}/ledger")
    assert figure(html, "raised") == sums["raised", ""] == 32_000 + 1_234_567 + 99
    assert figure(html, "spent") == sums["spent", ""]
    assert figure(html, "goods") == sums["goods", ""]
    assert figure(html, "held") == sums["raised", ""] - sums["spent", ""]
    by_county = table(html, said(app, lang, "All figures by county"))
    by_category = table(html, said(app, lang, "All figures by category"))
    goods_by_county = table(html, said(app, lang, "Goods by county"))
    goods_by_category = table(html, said(app, lang, "Goods by category"))
    for shown, goods, column in (
        (by_county, goods_by_county, at["county"]), (by_category, goods_by_category, at["category"]),
    ):  # fmt: skip
        assert shown.keys() | goods.keys() == {line[column] for line in lines}
        for name, (raised, spent, held) in shown.items():
            assert (raised, spent) == (sums["raised", name], sums["spent", name])
            assert held == raised - spent
        assert {name: [sums["goods", name]] for name in goods} == goods
    months = table(html, said(app, lang, "Raised and spent by month"))
    named = sorted({line[at["day"]][:7] for line in lines})
    drawn = [f"{at // 12}-{at % 12 + 1:02}" for at in range(2020 * 12, 2040 * 12)]
    drawn = [month for month in drawn if named[0] <= month <= named[-1]][-12:]
    assert list(months.values()) == [[sums.get(("raised", month), 0), sums.get(("spent", month), 0)] for month in drawn]


@pytest.mark.parametrize("lang", LANGS)
def test_figures_explain_themselves(client: FlaskClient, book: dict[str, Any], lang: str) -> None:
    html = page(client, f"/{lang}/ledger")
    for name in ("raised", "spent", "held", "way", "goods"):
        note = re.search(rf'<dd id="{name}">.*?<small>(.*?)</small>', html, re.DOTALL)
        assert note
        assert len(note[1]) > 8
    assert "绵阳市测试慈善会" in html


def test_figures_cost_the_same_with_more_entries(client: FlaskClient, book: dict[str, Any]) -> None:
    """The figures are read from the kept sums: the page never adds up the entries."""
    page(client, "/zh/ledger")
    said: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: said.append(args[2].lower()))
    page(client, "/zh/ledger")
    summing = [statement for statement in said if "sum(" in statement or "count(" in statement]
    assert summing
    assert [statement for statement in summing if "from transfers" in statement] == []
    listing = [statement for statement in said if "from transfers" in statement]
    assert listing
    assert all("limit" in statement for statement in listing)


@pytest.mark.parametrize("lang", LANGS)
def test_empty_ledger_says_what_will_come(client: FlaskClient, lang: str) -> None:
    html = page(client, f"/{lang}/ledger")
    assert [figure(html, name) for name in ("raised", "spent", "held", "way", "goods")] == [0] * 5
    assert "/needs" in html
    assert download(client, lang) == []


@pytest.mark.parametrize("lang", LANGS)
def test_page_says_whether_the_checks_pass(client: FlaskClient, book: dict[str, Any], lang: str) -> None:
    assert "notice--warn" in page(client, f"/{lang}/ledger")
    jobs.selfcheck_books()
    assert "notice--good" in page(client, f"/{lang}/ledger")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_sums SET amount_fen = amount_fen + 1"))
    jobs.selfcheck_books()
    html = page(client, f"/{lang}/ledger")
    assert "notice--bad" in html
    assert "sums_equal_entries" in html


def test_page_says_when_the_checks_stopped_running(client: FlaskClient, book: dict[str, Any]) -> None:
    with transaction(audited=False) as session:
        session.add(SelfcheckRun(ran_at=now() - timedelta(hours=2), checks_count=12))
    html = page(client, "/en/ledger")
    assert "notice--warn" in html
    assert "notice--good" not in html


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 11), ("kind=gift", 5), ("kind=spending", 2), ("kind=goods", 4), ("kind=reversal", 2), ("county=510722", 4),
        ("category=industrial_project", 4), ("month=2018-02", 2), ("month=2018-03", 1), (f"need={OTHER_NEED}", 4),
        # Days of the entries themselves, both included; the month is the period in which they count.
        ("since=2018-02-01&until=2018-02-28", 2), ("until=2016-12-31", 0), ("since=2018-03-01&kind=gift&least=1", 1),
        (f"q={OTHER_NEED.lower()}", 4), ("claim=RLGIFT", 1), ("county=510722&kind=gift", 2), ("month=2016-12", 0),
        # What is no value of a filter is no filter.
        ("kind=loan", 11), ("county=5107", 11), ("category=x'--", 11), ("month=2018-13", 11), ("month=0000-01", 11),
        ("since=2018-02-30", 11), ("until=20180228", 11), ("since=x", 11), ("after=ZMNOTHERE", 11),
        ("need=<script>", 0),
    ],
)  # fmt: skip
def test_filters_of_list_and_file_agree(client: FlaskClient, book: dict[str, Any], query: str, count: int) -> None:
    html = page(client, f"/en/ledger/entries?{query}")
    assert len(re.findall(r"<tr[^>]*><td[^>]*><a href=\"[^\"]*/ledger/entries/", html)) == count
    assert len(download(client, "en", f"?{query}")) == count
    assert "<script>" not in html.split("<main")[1]


def test_paging_shows_each_entry_once_both_ways(app: Flask) -> None:
    for number in range(7):
        give(amount_fen=100 + number, business_on=date(2018, 1, 1 + number // 3))
    seen, after = [], ""
    while True:
        found = entries.list_entries(EntryFilters(), after=after, size=3)
        seen.append([row.amount_fen for row in found.rows])
        if not found.after:
            break
        after = found.after
    assert seen == [[106, 105, 104], [103, 102, 101], [100]]
    back = entries.list_entries(EntryFilters(), before=found.before, size=3)
    assert [row.amount_fen for row in back.rows] == [103, 102, 101]


@pytest.mark.parametrize("lang", LANGS)
def test_anonymous_donor_is_named_so_in_the_readers_language(
    app: Flask, client: FlaskClient, book: dict[str, Any], lang: str
) -> None:
    word = said(app, lang, "Anonymous")
    assert word in page(client, f"/{lang}/ledger/entries?kind=gift&county=510722")
    uid = db.session.execute(select(Transfer.uid).where(Transfer.amount_fen == 1_234_567)).scalar_one()
    assert word in page(client, f"/{lang}/ledger/entries/{uid}")


def test_entry_links_both_ways(client: FlaskClient, book: dict[str, Any]) -> None:
    gift = page(client, f"/en/ledger/entries/{book['gift']}")
    assert f"/en/ledger/entries/{book['spending']}" in gift
    assert "claim=RLGIFT" in gift
    assert f"need={NEED}" in gift
    spending = page(client, f"/en/ledger/entries/{book['spending']}")
    assert f"/en/ledger/entries/{book['gift']}" in spending
    assert book["voucher"] in spending
    assert f"/en/ledger/entries/{book['back']}" in page(client, f"/en/ledger/entries/{book['wrong']}")
    assert f"/en/ledger/entries/{book['wrong']}" in page(client, f"/en/ledger/entries/{book['back']}")


def test_private_half_of_a_voucher_is_nowhere(client: FlaskClient, cast: Cast, book: dict[str, Any]) -> None:
    draft(cast.treasurer, amount_fen=100, payee_name="秘密收款人")
    paths = ["/zh/ledger", "/zh/ledger/entries", "/zh/ledger.csv", f"/zh/ledger/entries/{book['spending']}"]
    everything = "".join(page(client, path) for path in paths)
    for secret in ("盐亭县黄溪五金店", "秘密收款人", cast.treasurer.name, cast.second_treasurer.name, "PZ-2026-00003"):
        assert secret not in everything


def test_formulas_in_the_file_are_inert(client: FlaskClient, book: dict[str, Any]) -> None:
    donors = {line["Donor"] for line in download(client, "en")}
    assert "'=HYPERLINK(1)" in donors
    assert "=HYPERLINK(1)" not in donors


def test_file_is_sent_in_pieces(client: FlaskClient, book: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = download(client, "en")
    monkeypatch.setattr(streams, "SPAN", 2)
    assert download(client, "en") == whole
    answer = client.get("/en/ledger.csv", buffered=False)
    assert answer.is_streamed
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("path", ["ledger/entries/ZMNOTHERE", "ledger/entries/1", "ledger/entries/%00"])
def test_unknown_entry_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/zh/{path}").status_code == 404


def test_reversal_is_shown_as_taken_away(client: FlaskClient, book: dict[str, Any]) -> None:
    html = page(client, "/en/ledger/entries?kind=reversal")
    assert f"−¥{yuan(500_000)}" in plain(html)
