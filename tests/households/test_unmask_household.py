"""Reading a family's private fields: with a reason, once, on record."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db
from sun_commune.households.models import Unmasking
from tests.cast import Cast, sign_in
from tests.factories import PRIVATE, make_household


def test_values_show_once_and_the_reason_is_kept(cast: Cast, client: FlaskClient) -> None:
    household = make_household(cast, **PRIVATE)
    sign_in(client, cast.secretary)
    answer = client.post(f"/en/households/{household.code}/unmask", data={"reason": " 打电话约定  送货时间 "})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert all(value in answer.text for value in PRIVATE.values())
    row = db.session.execute(select(Unmasking)).scalar_one()
    assert (row.user_id, row.household_id, row.reason) == (cast.secretary.id, household.id, "打电话约定 送货时间")
    act = db.session.execute(select(AuditEntry).where(AuditEntry.act == "HouseholdUnmasked")).scalar_one()
    assert (act.object_code, act.reason) == (household.code, "打电话约定 送货时间")
    assert client.get(f"/en/households/{household.code}/unmask").status_code == 405


@pytest.mark.parametrize("reason", ["", "看看", "    看一  ", "长" * 101])
def test_without_a_reason_nothing_shows(cast: Cast, client: FlaskClient, reason: str) -> None:
    household = make_household(cast, **PRIVATE)
    sign_in(client, cast.secretary)
    answer = client.post(f"/en/households/{household.code}/unmask", data={"reason": reason})
    assert (answer.status_code, "5 to 100" in answer.text) == (422, True)
    assert all(value not in answer.text for value in PRIVATE.values())
    assert db.session.execute(select(func.count()).select_from(Unmasking)).scalar_one() == 0


def test_township_sees_masks_only(cast: Cast, app: Flask) -> None:
    household = make_household(cast, **PRIVATE)
    client = sign_in(app.test_client(), cast.reviewer)
    assert client.get(f"/en/households/{household.code}").status_code == 200
    assert client.post(f"/en/households/{household.code}/unmask", data={"reason": "需要核实身份"}).status_code == 404
    county = sign_in(app.test_client(), cast.administrator)
    assert county.post(f"/en/households/{household.code}/unmask", data={"reason": "需要核实身份"}).status_code == 200


def test_the_record_of_readings_cannot_be_rewritten(cast: Cast, client: FlaskClient) -> None:
    household = make_household(cast, **PRIVATE)
    sign_in(client, cast.secretary).post(f"/en/households/{household.code}/unmask", data={"reason": "需要核实身份"})
    for attack in ("UPDATE unmaskings SET reason = 'x'", "DELETE FROM unmaskings"):
        with pytest.raises(Exception, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(attack))
    db.session.rollback()
    assert db.session.execute(select(Unmasking.reason)).scalar_one() == "需要核实身份"
