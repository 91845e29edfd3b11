"""The home page: four columns, the most urgent needs, figures from the ledger; and the pages that explain."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.ledger import services as ledger
from sun_commune.needs.models import Urgency
from tests import factories
from tests.cast import Cast


def test_home_shows_columns_needs_and_figures(app: Flask, cast: Cast, client: FlaskClient) -> None:
    calm = factories.make_need(cast, title="不急的一个需求写在这里")
    urgent = factories.make_need(cast, title="很急的一个需求写在这里", urgency=Urgency.URGENT)
    treasurer = cast.treasurer.id
    with transaction():
        ledger.post_gift(
            actor_id=treasurer, uid=ledger.new_uid(), need_code=calm.code, county_code=calm.county_code,
            category=calm.category, amount_fen=123450, business_on=today(),
        )  # fmt: skip
    html = client.get("/en/").get_data(as_text=True)
    assert html.index(urgent.title) < html.index(calm.title)
    assert "¥1,234.50" in html
    assert "<dd>2<" in html
    for path in ("/en/needs", "/en/volunteers", "/en/supervision", "/en/information", "/en/ledger"):
        assert f'href="{path}"' in html


def test_empty_home(client: FlaskClient) -> None:
    assert "Nothing is waiting at this moment" in client.get("/en/").get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["volunteers", "supervision", "information", "about", "privacy", "villages", "ledger", "lanes"]
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_that_explain(client: FlaskClient, path: str, lang: str) -> None:
    answer = client.get(f"/{lang}/{path}")
    assert answer.status_code == 200
    assert answer.get_data(as_text=True).count("<h1") == 1


def test_about_names_the_charity(client: FlaskClient, cast: Cast) -> None:
    assert cast.donor.name
    assert "绵阳市测试慈善会" in client.get("/zh/about").get_data(as_text=True)
