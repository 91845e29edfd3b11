"""A first visit fits the budget: page, style, script and icons over the wire, without photos."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.cast import JINLU, Cast
from tests.factories import make_need

FIRST_VISIT_MOST_BYTES = 30 * 1024
ANSWER_HEADERS_BYTES = 400  # of each answer, as an allowance: the test client does not count them


MOST_PARTS = 4

ADDRESSES = (
    "", "needs", "needs/{need}", "villages", f"villages/{JINLU}", "ledger", "ledger/entries",
    "ledger?by=category", "ledger/entries?kind=raised", "volunteers",
    "supervision", "information", "about", "privacy",
)  # fmt: skip


@pytest.fixture
def full_list(cast: Cast) -> str:
    """A page full of needs, each with a long story; the code of the last."""
    needs = [make_need(cast, story="冬天屋里结冰，老两口想要一床电热毯。" * 50) for _number in range(12)]
    return needs[-1].code


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_first_visit(app: Flask, full_list: str, lang: str) -> None:
    for address in ADDRESSES:
        check_first_visit(app, lang, address.format(need=full_list))


def check_first_visit(app: Flask, lang: str, address: str) -> None:
    client = app.test_client()
    page = client.get(f"/{lang}/{address}", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert page.status_code == 200
    assert page.headers["Content-Encoding"] == "gzip", "a first page starts no session"
    html = client.get(f"/{lang}/{address}", buffered=True).get_data(as_text=True)
    parts = set(re.findall(r'(?:src|href)="(/assets/[^"#]+\.(?:css|js|svg))', html))
    assert 3 <= len(parts) <= MOST_PARTS
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html.replace('property="og:', ""))
    answers = [page, *(client.get(part, headers={"Accept-Encoding": "gzip"}, buffered=True) for part in parts)]
    assert all(answer.headers["Content-Encoding"] == "gzip" for answer in answers)
    assert sum(len(answer.data) + ANSWER_HEADERS_BYTES for answer in answers) <= FIRST_VISIT_MOST_BYTES
