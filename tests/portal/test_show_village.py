"""A village's page, as it is and as it was; and the list of villages."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.db import db, transaction
from sun_commune.places.models import Place
from tests import factories
from tests.cast import JINLU, Cast


def test_village_with_its_needs(app: Flask, cast: Cast, client: FlaskClient) -> None:
    need = factories.make_need(cast)
    html = client.get(f"/zh/villages/{JINLU}").get_data(as_text=True)
    assert "盐亭县黄溪乡金禄村" in html
    assert need.title in html
    assert JINLU in html


def test_need_that_may_not_name_its_village_is_not_listed_there(app: Flask, cast: Cast, client: FlaskClient) -> None:
    need = factories.make_need(cast, household=factories.make_household(cast), title="一户人家想要电热毯")
    assert need.names_village is False
    assert need.title not in client.get(f"/zh/villages/{JINLU}").get_data(as_text=True)


def test_village_that_was_merged_points_to_its_successor(app: Flask, client: FlaskClient) -> None:
    with transaction(audited=False):
        place = db.session.get_one(Place, JINLU)
        place.valid_to = place.valid_to or date(2019, 12, 1)
        place.merged_into = "510723101233"
    html = client.get(f"/zh/villages/{JINLU}").get_data(as_text=True)
    assert "/zh/villages/510723101233" in html


def test_few_households_are_not_counted_out(app: Flask, cast: Cast, client: FlaskClient) -> None:
    factories.make_household(cast)
    assert "fewer than 5" in client.get(f"/en/villages/{JINLU}").get_data(as_text=True)


@pytest.mark.parametrize("code", ["510723217", "510723", "000000000000", "x", "5107232172040000"])
def test_no_such_village(client: FlaskClient, code: str) -> None:
    assert client.get(f"/zh/villages/{code}").status_code == 404


def test_list_of_villages(app: Flask, cast: Cast, client: FlaskClient) -> None:
    assert "No village has published a need yet" in client.get("/en/villages").get_data(as_text=True)
    factories.make_need(cast)
    assert f"/zh/villages/{JINLU}" in client.get("/zh/villages").get_data(as_text=True)
