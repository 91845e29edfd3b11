"""What county administrators and operators see of people, and decide about accounts and organisations."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import Organisation, User
from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from tests.cast import Cast, sign_in


def test_county_sees_its_officers_and_the_operator_all(app: Flask, cast: Cast) -> None:
    names = [cast.secretary.name, cast.other_secretary.name]
    for who, seen in {
        "administrator": [True, False],
        "other_administrator": [False, True],
        "operator": [True, True],
    }.items():
        text = sign_in(app.test_client(), getattr(cast, who)).get("/en/people").text
        assert [name in text for name in names] == seen, who


def test_donors_are_on_no_list(app: Flask, cast: Cast) -> None:
    donor = cast.donor
    assert donor.name not in sign_in(app.test_client(), cast.administrator).get("/en/people").text


@pytest.mark.parametrize("who", ["secretary", "reviewer", "treasurer", "supervisor", "donor"])
def test_others_do_not_see_people(app: Flask, cast: Cast, who: str) -> None:
    assert sign_in(app.test_client(), getattr(cast, who)).get("/en/people").status_code == 403


@pytest.mark.parametrize("query", ["?q=周", "?q=%25", "?after=x", "?after=99999999999999999999", "?q=%20&after=-1"])
def test_any_query_is_answered(app: Flask, cast: Cast, query: str) -> None:
    text = sign_in(app.test_client(), cast.administrator).get(f"/en/people{query}")
    assert text.status_code == 200


def test_search_by_name(app: Flask, cast: Cast) -> None:
    assert cast.secretary.name == "周书记"
    client = sign_in(app.test_client(), cast.administrator)
    assert "周书记" in client.get("/en/people?q=周").text
    assert "周书记" not in client.get("/en/people?q=郑").text
    assert "周书记" not in client.get("/en/people?q=%25").text


def switch(client: FlaskClient, person: User, act: str, reason: str = "Lost the phone") -> Any:
    return client.post(f"/en/people/{person.code}", data={"act": act, "reason": reason})


def test_operator_disables_and_enables(app: Flask, cast: Cast) -> None:
    donor, operator = sign_in(app.test_client(), cast.donor), sign_in(app.test_client(), cast.operator)
    assert operator.get(f"/en/people/{cast.donor.code}").status_code == 200
    assert switch(operator, cast.donor, "disable_user", "x").status_code == 422
    assert switch(operator, cast.donor, "disable_user").status_code == 303
    assert donor.get("/en/my").status_code == 302
    assert switch(operator, cast.donor, "disable_user").status_code == 303  # a second press does not enable
    assert not db.session.get_one(User, cast.donor.id).is_enabled
    assert switch(operator, cast.donor, "enable_user").status_code == 303
    assert sign_in(donor, cast.donor).get("/en/my").status_code == 200
    acts = db.session.scalars(select(AuditEntry.act)).all()
    assert acts == ["UserDisabled", "UserEnabled"]


def test_only_the_operator_switches_accounts(app: Flask, cast: Cast) -> None:
    for who, status in {"administrator": 404, "other_administrator": 404, "secretary": 403, "donor": 403}.items():
        client = sign_in(app.test_client(), getattr(cast, who))
        assert switch(client, cast.secretary, "disable_user").status_code == status, who
    operator = sign_in(app.test_client(), cast.operator)
    assert switch(operator, cast.operator, "disable_user").status_code == 404
    assert db.session.get_one(User, cast.secretary.id).is_enabled


def test_county_sees_a_person_of_its_own_only(app: Flask, cast: Cast) -> None:
    code = cast.secretary.code
    assert sign_in(app.test_client(), cast.administrator).get(f"/en/people/{code}").status_code == 200
    assert sign_in(app.test_client(), cast.other_administrator).get(f"/en/people/{code}").status_code == 404
    assert sign_in(app.test_client(), cast.administrator).get(f"/en/people/{cast.donor.code}").status_code == 404


def decide(client: FlaskClient, code: str, decision: str = "yes", reason: str = "") -> Any:
    return client.post(f"/en/organisations/{code}", data={"decision": decision, "reason": reason})


def organisation(code: str) -> Organisation:
    return db.session.execute(select(Organisation).where(Organisation.code == code)).scalar_one()


def test_organisation_is_verified(app: Flask, cast: Cast) -> None:
    enterprise, county = cast.enterprise, sign_in(app.test_client(), cast.administrator)
    assert enterprise.organisation
    code = enterprise.organisation.code
    assert "Not yet verified" in sign_in(app.test_client(), enterprise).get("/en/my").text
    assert "涪江电器有限公司" in county.get("/en/people").text
    assert "91510700MA0000000X" in county.get(f"/en/organisations/{code}").text
    assert [decide(county, code).status_code for _time in range(2)] == [303, 303]
    assert organisation(code).is_verified
    assert "Not yet verified" not in sign_in(app.test_client(), enterprise).get("/en/my").text
    assert db.session.scalars(select(AuditEntry.act)).all() == ["OrganisationVerified"]


def test_organisation_is_refused_with_a_reason(app: Flask, cast: Cast) -> None:
    enterprise, county = cast.enterprise, sign_in(app.test_client(), cast.administrator)
    assert enterprise.organisation
    code = enterprise.organisation.code
    assert decide(county, code, "no").status_code == 422
    assert decide(county, code, "no", "The register does not know this code").status_code == 303
    assert "The register does not know this code" in sign_in(app.test_client(), enterprise).get("/en/my").text
    assert decide(county, code).status_code == 303  # found after all
    assert organisation(code).is_verified
    assert decide(county, code, "no", "Changed my mind again").status_code == 409


def test_one_credit_code_is_verified_once(app: Flask, cast: Cast) -> None:
    enterprise, county = cast.enterprise, sign_in(app.test_client(), cast.administrator)
    assert enterprise.organisation
    first = enterprise.organisation
    with transaction(audited=False) as session:
        twin = Organisation(
            code="O0002", kind=first.kind, name="冒名公司", credit_code=first.credit_code, created_at=now()
        )
        session.add(twin)
    assert decide(county, "O0001").status_code == 303
    answer = decide(county, "O0002")
    assert answer.status_code == 409
    assert "Another account is verified as this organisation already." in answer.text


def test_organisations_are_decided_by_counties_only(app: Flask, cast: Cast) -> None:
    assert cast.enterprise.organisation
    code = cast.enterprise.organisation.code
    for who, status in {
        "operator": 404,
        "secretary": 403,
        "treasurer": 403,
        "enterprise": 403,
        "stranger": 403,
    }.items():
        assert decide(sign_in(app.test_client(), getattr(cast, who)), code).status_code == status, who
    assert sign_in(app.test_client(), cast.operator).get(f"/en/organisations/{code}").status_code == 200
    assert not organisation(code).is_verified
    for unknown in ("O9999", "x" * 300, "1"):
        assert sign_in(app.test_client(), cast.administrator).get(f"/en/organisations/{unknown}").status_code == 404
