"""A donor leaves: nothing personal stays, what was given does, and the ledger is what it was."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import SignIn, User
from sun_commune.audit.models import AuditEntry
from sun_commune.core import selfcheck
from sun_commune.core.db import Base, db, transaction
from sun_commune.ledger.models import Transfer
from sun_commune.needs.models import Need
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, Shown
from tests.cast import PASSWORD, Cast, sign_in
from tests.deliveries import world
from tests.factories import make_need

ADDRESS = "/en/my/closing"
MESSAGE = "请打我的电话约时间"


@pytest.fixture
def given(app: Flask, cast: Cast) -> Claim:
    """A claim that the donor has kept, shown as 张**."""
    claim = world.promise(cast, 2)
    with transaction(audited=False):
        claim.message = MESSAGE
    world.bring(cast, claim, 2)
    db.session.refresh(claim)
    return claim


def close(client: FlaskClient, **changes: str) -> int:
    return client.post(ADDRESS, data={"old_password": PASSWORD, **changes}).status_code


def stored_values() -> str:
    rows = (row for table in Base.metadata.sorted_tables for row in db.session.execute(select(table)))
    return "\n".join(str(value) for row in rows for value in row)


def test_nothing_personal_stays(cast: Cast, client: FlaskClient, given: Claim) -> None:
    donor = cast.donor
    personal = [donor.name, donor.phone, donor.email, donor.password_hash, MESSAGE]
    code, shown = donor.code, given.display_name
    sign_in(client, donor)
    assert donor.email in stored_values()
    assert close(client) == 303
    with transaction(audited=False) as session:  # everybody in the cast has the same password
        session.execute(User.__table__.update().where(User.code != code).values(password_hash="x"))  # type: ignore[attr-defined]
    after = stored_values()
    assert [value for value in personal if value and value in after] == []
    db.session.rollback()
    assert (donor.name, donor.is_enabled, donor.closed_at is not None) == (code, False, True)
    assert db.session.execute(select(SignIn).where(SignIn.user_id == donor.id)).first() is None
    assert "/sign-in" in client.get("/en/my").location
    assert given.display_name == shown == "张**"
    assert selfcheck.find_all(selfcheck.all_checks()) == []
    act = db.session.execute(select(AuditEntry).where(AuditEntry.act == "UserClosed")).scalar_one()
    assert (act.object_code, act.reason) == (code, "")


@pytest.mark.parametrize("wish", ["", "y"])
def test_the_name_goes_from_pages_when_wished_and_never_from_the_ledger(
    cast: Cast, client: FlaskClient, given: Claim, wish: str
) -> None:
    need_address = f"/en/needs/{db.session.get_one(Need, given.need_id).code}"
    page = sign_in(client, cast.donor).get(ADDRESS).text
    assert "Published entries cannot be changed by anybody" in page
    assert "张**" in client.get(need_address).text
    assert close(client, **({"wants_anonymity": wish} if wish else {})) == 303
    assert ("张**" in client.get(need_address).text) is not bool(wish)
    assert given.shown is (Shown.ANONYMOUS if wish else Shown.MASKED)
    assert db.session.execute(select(Transfer.donor_shown)).scalar_one() == "张**"


def test_open_claims_come_first(cast: Cast, client: FlaskClient) -> None:
    claim, donor = world.promise(cast, 2), cast.donor
    sign_in(client, donor)
    answer = client.post(ADDRESS, data={"old_password": PASSWORD})
    assert (answer.status_code, "You still have open claims" in answer.text) == (422, True)
    db.session.rollback()
    assert donor.name == "张建国"
    with transaction():
        pledges.cancel_claim(donor, claim, "临时有事，来不了了")
    need = make_need(cast)
    with transaction():
        held = pledges.hold_claim(donor, need, wanted={need.lines[0].id: 1})
    assert close(client) == 422
    with transaction():
        pledges.cancel_claim(donor, held)
    assert close(client) == 303


def test_the_password_is_asked_for(cast: Cast, client: FlaskClient) -> None:
    sign_in(client, cast.donor)
    assert close(client, old_password="not the password") == 422
    assert close(client, old_password="") == 422
    db.session.rollback()
    assert cast.donor.closed_at is None


def test_officers_and_organisations_stay(cast: Cast, app: Flask) -> None:
    secretary = sign_in(app.test_client(), cast.secretary)
    answer = secretary.post(ADDRESS, data={"old_password": PASSWORD})
    assert (answer.status_code, "stays under your name" in answer.text) == (422, True)
    enterprise = sign_in(app.test_client(), cast.enterprise)
    assert enterprise.get(ADDRESS).status_code == 404
    assert "/my/closing" not in enterprise.get("/en/my").text
    assert "/my/closing" in secretary.get("/en/my").text


def test_the_operator_cannot_open_it_again(cast: Cast, app: Flask) -> None:
    client = sign_in(app.test_client(), cast.donor)
    assert close(client) == 303
    operator = sign_in(app.test_client(), cast.operator)
    address = f"/en/people/{cast.donor.code}"
    assert operator.get(address).status_code == 200
    answer = operator.post(address, data={"reason": "请恢复这个账号", "act": "enable_user"})
    assert answer.status_code == 404
    db.session.rollback()
    assert not cast.donor.is_enabled


def test_the_same_phone_may_join_anew(cast: Cast, app: Flask) -> None:
    phone = cast.donor.phone
    assert close(sign_in(app.test_client(), cast.donor)) == 303
    cast.user("张建国")
    with transaction(audited=False) as session:
        session.execute(User.__table__.update().where(User.name == "张建国").values(phone=phone))  # type: ignore[attr-defined]
    assert db.session.execute(select(User.closed_at).where(User.phone == phone)).scalar_one() is None
