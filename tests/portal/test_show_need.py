"""A need's public page: what everybody sees, what nobody sees, and when there is no page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.households.models import ConsentPurpose
from sun_commune.needs.models import Category
from sun_commune.needs.states import NeedState
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Shown
from tests import factories
from tests.cast import Cast


def page(client: FlaskClient, code: str, lang: str = "en") -> str:
    answer = client.get(f"/{lang}/needs/{code}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_lines_and_the_way_to_claim(app: Flask, cast: Cast, client: FlaskClient) -> None:
    need = factories.make_need(cast, lines=[factories.BLANKET, factories.FERTILISER_MONEY, factories.HARVEST_HOURS])
    html = page(client, need.code)
    for words in ("电热毯", "Asked: 2 床", "Asked: ¥2,000", "Asked: 40 hours", "Claimed: 0 床", need.code):
        assert words in html
    assert f"/en/needs/{need.code}/claim" in html
    for words in ("Goods: you send or bring them", "Money: you transfer it", "Service and hours"):
        assert words in html
    assert "Published by the county" in html
    assert cast.secretary.name not in html


@pytest.mark.parametrize(
    "state",
    [
        NeedState.DRAFT,
        NeedState.SUBMITTED,
        NeedState.RETURNED,
        NeedState.APPROVED,
        NeedState.PAUSED,
        NeedState.WITHDRAWN,
    ],
)
def test_no_page_while_not_public(app: Flask, cast: Cast, client: FlaskClient, state: NeedState) -> None:
    need = factories.make_need(cast, state=state)
    assert client.get(f"/zh/needs/{need.code}").status_code == 404


@pytest.mark.parametrize("code", ["XQ-2026-99999", "1", "XQ-2026-00001'--", "%00", "..%2f..%2fetc", "黄"])
def test_unknown_codes(client: FlaskClient, code: str) -> None:
    assert client.get(f"/zh/needs/{code}").status_code == 404


def test_household_shows_its_mask_alone(app: Flask, cast: Cast, client: FlaskClient) -> None:
    household = factories.make_household(cast)
    need = factories.make_need(cast, household=household, category=Category.MEDICAL)
    html = page(client, need.code, "zh")
    assert "黄**" in html
    for private in ("黄国基", "13900001234", "三组12号", "风湿"):
        assert private not in html
    assert "A family member is ill" in page(client, need.code)


def test_illness_only_with_consent(app: Flask, cast: Cast, client: FlaskClient) -> None:
    household = factories.make_household(cast, consents=[ConsentPurpose.PUBLISH])
    need = factories.make_need(cast, household=household, category=Category.MEDICAL)
    assert "A family member is ill" not in page(client, need.code)


def test_village_is_named_from_five_households_on(app: Flask, cast: Cast, client: FlaskClient) -> None:
    first = factories.make_need(cast, household=factories.make_household(cast))
    assert "金禄村" not in page(client, first.code, "zh")
    for _number in range(4):
        factories.make_household(cast)
    later = factories.make_need(cast, household=factories.make_household(cast))
    assert "金禄村" in page(client, later.code, "zh")
    unwilling = factories.make_household(cast, consents=[ConsentPurpose.PUBLISH])
    private = factories.make_need(cast, household=unwilling, category=Category.EMPLOYMENT)
    assert "金禄村" not in page(client, private.code, "zh")


@pytest.mark.parametrize(
    ("shown", "name"), [(Shown.REAL, "张建国"), (Shown.MASKED, "张**"), (Shown.ANONYMOUS, "Anonymous")]
)
def test_helpers_are_named_as_they_chose(app: Flask, cast: Cast, client: FlaskClient, shown: Shown, name: str) -> None:
    need, donor = factories.make_need(cast), cast.donor
    blanket = need.lines[0].id
    with transaction():
        claim = pledges.hold_claim(donor, need, wanted={blanket: 1})
    assert "Who helps" not in page(client, need.code)
    with transaction():
        pledges.pledge_claim(donor, claim, due_on=today() + timedelta(days=3), shown=shown, message="")
    html = page(client, need.code)
    assert f"{name}: 电热毯 1 床" in html
    assert ("张建国" in html) is (shown is Shown.REAL)
    assert "Claimed: 1 床" in html


def test_nothing_typed_becomes_markup(app: Flask, cast: Cast, client: FlaskClient) -> None:
    attack = "<script>alert(1)</script>想要电热毯"
    need = factories.make_need(cast, title=attack, story=f"{attack} \"onload='x' {{{{ 7*7 }}}} 冬天太冷了")
    html = page(client, need.code)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "{{ 7*7 }}" in html
    assert "<script>alert" not in client.get("/zh/needs").get_data(as_text=True)


def test_expired_says_so(app: Flask, cast: Cast, client: FlaskClient) -> None:
    html = page(client, factories.make_need(cast, state=NeedState.EXPIRED).code)
    assert "The time of this need ran out" in html
    assert "/claim" not in html
