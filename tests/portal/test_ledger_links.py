"""Each number of the ledger's pages leads to entries, and what they add up to is that number."""

from __future__ import annotations

import html as entities
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.db import db, transaction
from sun_commune.ledger import services
from sun_commune.ledger.papers import SpendingCategory
from sun_commune.ledger.queries import Stamp
from sun_commune.ledger.services import moving
from tests.cast import Cast
from tests.ledger.books import DAY, NEED, OTHER_NEED, bring, give, reverse, spend
from tests.ledger.test_tracing import give_back, move

pytestmark = pytest.mark.usefixtures("book_checks_alone")

STAMP = Stamp("510723", "daily_necessities")
SANTAI: dict[str, Any] = {"county_code": "510722", "need_code": OTHER_NEED, "category": "industrial_project"}


@pytest.fixture
def lively_book(app: Flask, cast: Cast) -> None:
    """Entries of nearly every kind, in two counties, the pool and suspense, with reversals."""
    give(amount_fen=90_000, claim_code="RLA")
    give(amount_fen=61_011, donor_shown="", claim_code=None, **SANTAI)
    give(amount_fen=7_000, need_code="", county_code="", category="", claim_code=None, donor_shown="甲公司")
    reverse(give(amount_fen=12_345))
    spend(cast.treasurer, cast.second_treasurer, amount_fen=20_000)
    spend(cast.treasurer, cast.second_treasurer, amount_fen=7_700, need_code=OTHER_NEED,
          category=SpendingCategory.TRANSPORT)  # fmt: skip
    reverse_last(spend(cast.treasurer, cast.second_treasurer, amount_fen=900, need_code=OTHER_NEED))
    move(5_000)
    move(1_000, to="")
    give_back(3_000, "RLA")
    with transaction():
        moving.post_unmatched(
            actor_id=None, uid=services.new_uid(), amount_fen=44_000, business_on=DAY, source_code="ZD1"
        )
        moving.post_matched(
            actor_id=None, uid=services.new_uid(), source_code="ZD1", amount_fen=11_000, need_code=NEED, stamp=STAMP,
            donor_shown="乙公司",
        )  # fmt: skip
    bring(value_fen=4_400)
    bring(value_fen=3_300, **SANTAI)
    db.session.rollback()


def reverse_last(voucher: Any) -> None:
    from sun_commune.ledger.queries import find_transfer

    transfer = find_transfer(voucher.transfer_uid)
    assert transfer
    reverse(transfer)


def linked_numbers(html: str) -> set[tuple[str, str]]:
    """(address, amount) of each amount on the page that leads to entries."""
    found = re.findall(r'<a[^>]*href="([^"]*/ledger/entries\?[^"]*)"[^>]*>\s*(¥[\d,.]+)\s*</a>', html)
    return {(entities.unescape(address), amount) for address, amount in found}


@pytest.mark.usefixtures("lively_book")
@pytest.mark.parametrize("page", ["/en/ledger", "/en/ledger?by=category"])
def test_each_number_is_the_sum_of_the_entries_that_it_leads_to(client: FlaskClient, page: str) -> None:
    numbers = linked_numbers(client.get(page).text)
    assert len(numbers) > 30
    for address, amount in numbers:
        if amount != "¥0":
            foot = re.search(r'<dl class="sums".*?</dl>', client.get(address).text, re.DOTALL)
            assert foot, address
            assert f">{amount}</dd>" in foot[0], (address, amount, foot[0])


@pytest.mark.usefixtures("lively_book")
@pytest.mark.parametrize("code", [NEED, OTHER_NEED, "POOL"])
def test_numbers_of_a_funds_flow_are_those_of_its_entries(client: FlaskClient, code: str) -> None:
    numbers = linked_numbers(client.get(f"/en/ledger/funds/{code}").text)
    assert len(numbers) >= 2
    for address, amount in numbers:
        assert f"need={code}" in address
        foot = re.search(r'<dl class="sums".*?</dl>', client.get(address).text, re.DOTALL)
        assert foot, address
        if "kind=moved" not in address:  # drawn on balance, listed both ways
            assert f">{amount}</dd>" in foot[0], (address, amount, foot[0])


@pytest.mark.usefixtures("lively_book")
def test_all_kinds_of_numbers_are_there(client: FlaskClient) -> None:
    """The one test that looks at what the other takes for granted."""
    kinds = {re.search(r"kind=(\w+)", address)[1] for address, _amount in linked_numbers(client.get("/en/ledger").text)}  # type: ignore[index]
    assert kinds == {"raised", "spent", "held", "goods", "moved", "refund", "waiting", "reversal"}


@pytest.mark.usefixtures("lively_book")
def test_a_wrong_footer_is_noticed(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: footers that forget the county do not fit."""
    from sun_commune.ledger import listed
    from sun_commune.ledger.filters import EntryFilters

    kept = listed._kept
    monkeypatch.setattr(listed, "_kept", lambda filters: kept(EntryFilters(kind=filters.kind)))
    with pytest.raises(AssertionError):
        test_each_number_is_the_sum_of_the_entries_that_it_leads_to(client, "/en/ledger")


@pytest.mark.usefixtures("lively_book")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("kind=raised", 6), ("kind=moved", 2), ("county=510722", 6), ("county=510722&kind=moved", 1),
        ("need=POOL", 2), (f"need={OTHER_NEED}&kind=moved", 1), ("kind=waiting", 2), ("giver=anonymous", 3),
        ("giver=other", 5), ("use=transport", 1), ("use=goods_purchase", 3), ("least=400", 3), ("most=40&least=30", 2),
        ("name=甲公司", 1), ("q=甲公司", 1), ("q=huajiao", 0), ("q=烤火炉", 4), ("q=ZD1", 2), ("source=ZD1", 2),
        ("kind=raised&use=transport", 0), ("giver=x&use=y&least=abc", 16), ("q=%22%2A", 0), ("kind=refund", 1),
    ],
)  # fmt: skip
def test_list_and_file_find_the_same(client: FlaskClient, query: str, count: int) -> None:
    html = client.get(f"/en/ledger/entries?{query}").text
    assert len(re.findall(r"<tr[^>]*><td[^>]*><a href=\"[^\"]*/ledger/entries/", html)) == count
    assert client.get(f"/en/ledger.csv?{query}").text.count("\r\n") == count + 1


@pytest.mark.usefixtures("lively_book")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_entry_says_in_a_sentence_what_happened(client: FlaskClient, lang: str) -> None:
    listed = client.get(f"/{lang}/ledger/entries").text
    uids = set(re.findall(r"/ledger/entries/(ZM\w+)", listed))
    assert len(uids) == 16
    for uid in uids:
        html = client.get(f"/{lang}/ledger/entries/{uid}").text
        sentence = re.search(r'<p class="lead">(.*?)</p>', html, re.DOTALL)
        assert sentence
        assert "¥" in sentence[1]
        assert "%(" not in sentence[1]
        trace = client.get(f"/{lang}/ledger/trace/{uid}")
        assert trace.status_code == 200
        assert "row_id" not in trace.text
