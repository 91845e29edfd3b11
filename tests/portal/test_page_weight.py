"""A first visit fits the budget: page, style, script and icons over the wire, without photos."""

from __future__ import annotations

import re

import pytest
from flask import Flask

FIRST_VISIT_MOST_BYTES = 30 * 1024
ANSWER_HEADERS_BYTES = 400  # of each answer, as an allowance: the test client does not count them


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("address", ["about", "privacy", "volunteers", "ledger", "ledger/entries"])
def test_first_visit(app: Flask, lang: str, address: str) -> None:
    client = app.test_client()
    page = client.get(f"/{lang}/{address}", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert page.status_code == 200
    assert page.headers["Content-Encoding"] == "gzip", "a first page starts no session"
    html = client.get(f"/{lang}/{address}", buffered=True).get_data(as_text=True)
    parts = set(re.findall(r'(?:src|href)="(/assets/[^"#]+\.(?:css|js|svg))', html))
    assert len(parts) >= 3
    answers = [page, *(client.get(part, headers={"Accept-Encoding": "gzip"}, buffered=True) for part in parts)]
    assert all(answer.headers["Content-Encoding"] == "gzip" for answer in answers)
    assert sum(len(answer.data) + ANSWER_HEADERS_BYTES for answer in answers) <= FIRST_VISIT_MOST_BYTES
