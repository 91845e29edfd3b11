"""Duties: asked for, granted, refused, ended - by the right county, never by oneself, and felt at the next request."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import Duty, DutyState, Role, User
from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db, transaction
from tests.cast import JINLU, YANGWUGOU, Cast, sign_in

REQUEST = {
    "role": "first_secretary",
    "place": "黄溪乡金禄村",
    "office_phone": "0816-7654321",
    "starts_on": "2026-01-01",
}


def ask(client: FlaskClient, key: str = "key-of-the-form", **changed: str) -> Any:
    return client.post("/en/my/duties/request", data={**REQUEST, "ends_on": "", "once": key, **changed})


def requested(app: Flask, user: User, **changed: str) -> str:
    """Code of a duty that ``user`` has asked for."""
    before = set(db.session.scalars(select(Duty.code)))
    assert ask(sign_in(app.test_client(), user), **changed).status_code == 303
    (code,) = set(db.session.scalars(select(Duty.code))) - before
    return code


def duty(code: str) -> Duty:
    return db.session.execute(select(Duty).where(Duty.code == code)).scalar_one()


def decide(client: FlaskClient, code: str, decision: str = "yes", reason: str = "") -> Any:
    return client.post(f"/en/duties/{code}/decide", data={"decision": decision, "reason": reason})


def test_request_is_granted_by_the_county_and_signed_in_for(app: Flask, cast: Cast) -> None:
    donor, county = sign_in(app.test_client(), cast.donor), sign_in(app.test_client(), cast.administrator)
    assert donor.get("/en/my/duties/request").status_code == 200
    assert ask(donor).location == "/en/my"
    code = db.session.execute(select(Duty.code).where(Duty.user_id == cast.donor.id)).scalar_one()
    assert (duty(code).state, duty(code).place_code) == (DutyState.REQUESTED, JINLU)
    assert not cast.donor.has_role(Role.FIRST_SECRETARY)
    assert code in county.get("/en/people").text
    assert "0816-7654321" in county.get(f"/en/duties/{code}/decide").text
    assert decide(county, code).status_code == 303
    assert duty(code).state is DutyState.ACTIVE
    assert donor.get("/en/my").status_code == 302  # the right has changed: sign in again
    assert cast.donor.serves(JINLU, Role.FIRST_SECRETARY)
    assert "Granted" in sign_in(donor, cast.donor).get("/en/my").text
    trail = db.session.execute(select(AuditEntry).where(AuditEntry.act == "DutyGranted")).scalar_one()
    assert (trail.actor_id, trail.object_code) == (cast.administrator.id, code)
    assert (trail.from_state, trail.to_state) == ("requested", "active")


def test_refusal_needs_a_reason_that_the_person_reads(app: Flask, cast: Cast) -> None:
    code = requested(app, cast.donor)
    county = sign_in(app.test_client(), cast.administrator)
    short = decide(county, code, "no", "no")
    assert short.status_code == 422
    assert "5 to 100 characters" in short.text
    assert decide(county, code, "no", "x" * 101).status_code == 422
    assert decide(county, code, "no", "Not sent to this village").status_code == 303
    assert duty(code).state is DutyState.REFUSED
    assert "Not sent to this village" in sign_in(app.test_client(), cast.donor).get("/en/my").text


def test_other_people_do_not_see_the_request(app: Flask, cast: Cast) -> None:
    code = requested(app, cast.donor)
    expected = {
        "other_administrator": 404, "operator": 404, "secretary": 403, "stranger": 403, "donor": 403, "supervisor": 403,
    }  # fmt: skip
    for who, status in expected.items():
        client = sign_in(app.test_client(), getattr(cast, who))
        assert client.get(f"/en/duties/{code}/decide").status_code == status, who
        assert decide(client, code).status_code == status, who
    assert decide(app.test_client(), code).status_code == 302
    assert duty(code).state is DutyState.REQUESTED


def test_administrator_cannot_grant_the_own_request(app: Flask, cast: Cast) -> None:
    # Another county's village, where no clash stands in the way, and then the own county after a move of the duty.
    code = requested(app, cast.administrator, place="前锋镇杨五沟村")
    with transaction(audited=False):
        duty(code).place_code = JINLU
    client = sign_in(app.test_client(), cast.administrator)
    assert decide(client, code).status_code == 404
    assert duty(code).state is DutyState.REQUESTED


def test_author_and_reviewer_are_two_people(app: Flask, cast: Cast) -> None:
    answer = ask(sign_in(app.test_client(), cast.reviewer))
    assert answer.status_code == 422
    assert "Who is Township reviewer cannot also be First secretary there." in answer.text


def test_deciding_twice_is_once_and_deciding_otherwise_is_refused(app: Flask, cast: Cast) -> None:
    code = requested(app, cast.donor)
    county = sign_in(app.test_client(), cast.administrator)
    assert [decide(county, code).status_code for _time in range(2)] == [303, 303]
    assert decide(county, code, "no", "Not sent to this village").status_code == 409
    assert duty(code).state is DutyState.ACTIVE
    acts = db.session.scalars(select(AuditEntry.act).where(AuditEntry.object_code == code)).all()
    assert acts == ["DutyRequested", "DutyGranted"]


def test_asking_twice_is_one_request(app: Flask, cast: Cast) -> None:
    client = sign_in(app.test_client(), cast.donor)
    assert [ask(client).status_code for _time in range(2)] == [303, 303]
    assert ask(client, key="key-of-another-form").status_code == 303
    assert len(db.session.scalars(select(Duty)).all()) == 1


@pytest.mark.parametrize("place", ["金禄", "huangxicun", JINLU, "５１０７２３２１７２０４"])
def test_place_is_found_as_people_write_it(app: Flask, cast: Cast, place: str) -> None:
    page = ask(sign_in(app.test_client(), cast.donor), place=place)
    assert page.status_code in {303, 422}
    if page.status_code == 422:
        assert "No place has this name" in page.text


def test_several_places_are_offered_to_choose_from(app: Flask, cast: Cast) -> None:
    client = sign_in(app.test_client(), cast.donor)
    answer = ask(client, place="村")
    assert answer.status_code == 422
    assert "Several places fit. Choose one." in answer.text
    assert f'value="{JINLU}"' in answer.text
    assert 'value="0816-7654321"' in answer.text
    assert ask(client, place="村", place_code=JINLU).status_code == 303


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"role": "county_admin"}, "Not a valid choice"),
        ({"role": "operator"}, "Not a valid choice"),
        ({"role": ""}, "Choose your role."),
        ({"place": ""}, "No place has this name"),
        ({"place": "x" * 5000}, "Use at most 60 characters."),
        ({"place": "510723"}, "Several places fit."),
        ({"office_phone": ""}, "Enter the phone by which donors reach"),
        ({"office_phone": "call me"}, "Enter a telephone number"),
        ({"starts_on": "soon"}, "Enter a day like 2026-12-04."),
        ({"starts_on": "1066-10-14"}, "The term cannot begin on this day."),
        ({"starts_on": "9999-12-31"}, "The term cannot begin on this day."),
        ({"starts_on": "2026-01-01", "ends_on": "2025-12-31"}, "The term cannot end before it begins."),
        ({"starts_on": "2020-01-01", "ends_on": "2020-12-31"}, "The term would already be over."),
        ({"starts_on": "2026-01-01", "ends_on": "2099-12-31"}, "A term is at most ten years long."),
        ({"once": ""}, "The form came without its key, so nothing was stored."),
    ],
)
def test_wrong_field_is_named_and_the_rest_stays(app: Flask, cast: Cast, changed: dict[str, str], words: str) -> None:
    changed = dict(changed)  # the same parameters serve both databases
    key = changed.pop("once", "key-of-the-form")
    answer = ask(sign_in(app.test_client(), cast.donor), key=key, **changed)
    assert answer.status_code == 422
    assert words in answer.text
    assert {**REQUEST, **changed}["place"][:60] in answer.text
    assert db.session.scalars(select(Duty)).all() == []


def test_waiting_requests_are_limited(app: Flask, cast: Cast) -> None:
    client = sign_in(app.test_client(), cast.donor)
    wanted = [
        (role, place)
        for place in (JINLU, YANGWUGOU, "510723101233")
        for role in ("first_secretary", "information_officer")
    ]
    codes = [ask(client, key=f"key-{role}-{place}", role=role, place=place).status_code for role, place in wanted]
    assert codes == [303] * 5 + [422]


def end(client: FlaskClient, code: str, reason: str = "The term is over") -> Any:
    return client.post(f"/en/duties/{code}/end", data={"reason": reason})


def test_ended_duty_is_felt_at_the_next_request(app: Flask, cast: Cast) -> None:
    code = cast.secretary.duties[0].code
    secretary, county = sign_in(app.test_client(), cast.secretary), sign_in(app.test_client(), cast.administrator)
    assert secretary.get("/en/my").status_code == 200
    assert county.get(f"/en/duties/{code}/end").status_code == 200
    assert end(county, code).status_code == 303
    assert secretary.get("/en/my").status_code == 302
    assert not cast.secretary.has_role(Role.FIRST_SECRETARY)
    assert (duty(code).state, duty(code).reason) == (DutyState.ENDED, "The term is over")
    assert end(county, code).status_code == 303  # a second press is the same act
    acts = db.session.scalars(select(AuditEntry.act)).all()
    assert acts == ["DutyEnded"]


def test_duty_is_ended_only_by_its_county_or_its_holder(app: Flask, cast: Cast) -> None:
    code = cast.secretary.duties[0].code
    for who in ("other_administrator", "operator", "other_secretary", "reviewer", "stranger", "supervisor"):
        client = sign_in(app.test_client(), getattr(cast, who))
        assert client.get(f"/en/duties/{code}/end").status_code == 404, who
        assert end(client, code).status_code == 404, who
    assert duty(code).state is DutyState.ACTIVE
    holder = sign_in(app.test_client(), cast.secretary)
    assert end(holder, code, "x").status_code == 422
    assert end(holder, code, "Called 13800001234 back").status_code == 422
    assert end(holder, code).location == "/en/my"
    assert holder.get("/en/my").status_code == 302


def test_last_operator_stays(app: Flask, cast: Cast) -> None:
    code = cast.operator.duties[0].code
    answer = end(sign_in(app.test_client(), cast.operator), code)
    assert "This is the last operator." in answer.text
    assert duty(code).state is DutyState.ACTIVE


def test_term_ends_by_itself(app: Flask, cast: Cast) -> None:
    secretary = cast.secretary
    with transaction(audited=False):
        db.session.get_one(User, secretary.id).duties[0].ends_on = date(2026, 5, 1)
    with time_machine.travel(datetime(2026, 5, 1, 15, 59, tzinfo=UTC), tick=False):
        assert secretary.serves(JINLU, Role.FIRST_SECRETARY)
    with time_machine.travel(datetime(2026, 5, 1, 16, 0, tzinfo=UTC), tick=False):
        assert not secretary.serves(JINLU, Role.FIRST_SECRETARY)


def test_unknown_duty_is_404(app: Flask, cast: Cast) -> None:
    client = sign_in(app.test_client(), cast.administrator)
    for code in ("D0000000", "x" * 500, "%20", "1"):
        assert client.get(f"/en/duties/{code}/decide").status_code == 404
        assert end(client, code).status_code == 404
