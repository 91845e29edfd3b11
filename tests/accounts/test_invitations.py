"""Invitations: made by who may grant the role, used once by somebody else, withdrawn, run out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune.accounts.models import Duty, Invitation, Role, User
from sun_commune.core.db import db
from tests.cast import JINLU, YANGWUGOU, Cast, sign_in

INVITE = {"role": "first_secretary", "place": JINLU, "starts_on": "2026-01-01", "ends_on": ""}
NEWCOMER = {
    "name": "新书记", "phone": "13811112222", "password": "a field of yellow rape", "agree": "y",
    "office_phone": "0816-7654321",
}  # fmt: skip


def invite(client: FlaskClient, key: str = "key-of-the-form", **changed: str) -> Any:
    return client.post("/en/people/invite", data={**INVITE, "once": key, **changed})


def link_from(client: FlaskClient, **changed: str) -> str:
    """Path of a new invitation's link, as its maker reads it."""
    shown = client.get(invite(client, **changed).location)
    assert shown.status_code == 200
    found = re.search(r"(/en/invitations/[\w-]+)<", shown.text)
    assert found
    return found[1]


def test_newcomer_opens_an_account_and_has_the_duty(app: Flask, cast: Cast) -> None:
    county, newcomer = sign_in(app.test_client(), cast.administrator), app.test_client()
    assert county.get("/en/people/invite").status_code == 200
    link = link_from(county)
    page = newcomer.get(link)
    assert page.status_code == 200
    assert "First secretary" in page.text
    answer = newcomer.post(link, data=NEWCOMER)
    assert (answer.status_code, answer.location) == (303, "/en/my")
    assert "First secretary" in newcomer.get("/en/my").text
    user = db.session.execute(select(User).where(User.phone == "+8613811112222")).scalar_one()
    assert user.serves(JINLU, Role.FIRST_SECRETARY)
    assert user.office_phone == "0816-7654321"
    assert user.duties[0].granted_by == cast.administrator.id


def test_person_with_an_account_accepts_signed_in(app: Flask, cast: Cast) -> None:
    link = link_from(sign_in(app.test_client(), cast.administrator))
    donor, elsewhere = sign_in(app.test_client(), cast.donor), sign_in(app.test_client(), cast.donor)
    assert "You accept as 张建国." in donor.get(link).text
    assert donor.post(link, data={"office_phone": "0816-7654321"}).status_code == 303
    assert donor.get("/en/my").status_code == 200
    assert elsewhere.get("/en/my").status_code == 302
    assert cast.donor.serves(JINLU, Role.FIRST_SECRETARY)


def test_link_works_once(app: Flask, cast: Cast) -> None:
    link = link_from(sign_in(app.test_client(), cast.administrator))
    assert sign_in(app.test_client(), cast.donor).post(link, data={}).status_code == 303
    other = sign_in(app.test_client(), cast.stranger)
    assert other.get(link).status_code == 410
    assert other.post(link, data={}).status_code == 410
    assert not cast.stranger.has_role(*Role)


def test_maker_cannot_accept_the_own_invitation(app: Flask, cast: Cast) -> None:
    # A role that no clash forbids, so that only the rule of two people stands in the way.
    operator = sign_in(app.test_client(), cast.operator)
    link = link_from(operator, role="county_admin", place="510723")
    answer = operator.post(link, data={})
    assert answer.status_code == 422
    assert "somebody else has to accept it" in answer.text
    assert not cast.operator.has_role(Role.COUNTY_ADMIN)
    assert operator.get(link).status_code == 200  # the refusal has not used the link up


def test_reviewer_cannot_become_author(app: Flask, cast: Cast) -> None:
    link = link_from(sign_in(app.test_client(), cast.administrator))
    answer = sign_in(app.test_client(), cast.reviewer).post(link, data={})
    assert answer.status_code == 422
    assert "cannot also be" in answer.text


def test_link_runs_out_after_seven_days(app: Flask, cast: Cast) -> None:
    start = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        link = link_from(sign_in(app.test_client(), cast.administrator))
        clock.move_to(start + timedelta(days=7))
        assert app.test_client().get(link).status_code == 410


def test_link_of_a_former_administrator_makes_nobody_an_officer(app: Flask, cast: Cast) -> None:
    link = link_from(sign_in(app.test_client(), cast.administrator))
    code = cast.administrator.duties[0].code
    operator = sign_in(app.test_client(), cast.operator)
    assert operator.post(f"/en/duties/{code}/end", data={"reason": "Moved to another county"}).status_code == 303
    assert sign_in(app.test_client(), cast.donor).post(link, data={}).status_code == 422
    assert not cast.donor.has_role(*Role)


def test_withdrawn_link_is_over(app: Flask, cast: Cast) -> None:
    county = sign_in(app.test_client(), cast.administrator)
    link = link_from(county)
    code = db.session.execute(select(Invitation.code)).scalar_one()
    for _time in range(2):
        assert county.post(f"/en/people/invitations/{code}/withdraw").status_code == 303
    assert app.test_client().get(link).status_code == 410
    assert link not in county.get(f"/en/people/invitations/{code}").text


def test_used_invitation_cannot_be_withdrawn(app: Flask, cast: Cast) -> None:
    county = sign_in(app.test_client(), cast.administrator)
    link = link_from(county)
    code = db.session.execute(select(Invitation.code)).scalar_one()
    sign_in(app.test_client(), cast.donor).post(link, data={})
    assert county.post(f"/en/people/invitations/{code}/withdraw").status_code == 409


@pytest.mark.parametrize(
    ("who", "role", "place", "status"),
    [
        ("administrator", "information_officer", JINLU, 303),
        ("administrator", "township_reviewer", "510723217", 303),
        ("administrator", "first_secretary", YANGWUGOU, 422),
        ("administrator", "township_reviewer", "510722128", 422),
        ("administrator", "county_admin", "510723", 422),
        ("administrator", "treasurer", "", 422),
        ("administrator", "operator", "", 422),
        ("operator", "county_admin", "510723", 303),
        ("operator", "treasurer", "", 303),
        ("operator", "supervisor", "", 303),
        ("operator", "operator", "", 303),
        ("operator", "first_secretary", JINLU, 422),
        ("secretary", "first_secretary", JINLU, 403),
        ("reviewer", "first_secretary", JINLU, 403),
        ("supervisor", "supervisor", "", 403),
        ("treasurer", "treasurer", "", 403),
        ("stranger", "operator", "", 403),
    ],
)
def test_who_may_invite_whom(  # noqa: PLR0917 - one row of the table
    app: Flask, cast: Cast, who: str, role: str, place: str, status: int
) -> None:
    client = sign_in(app.test_client(), getattr(cast, who))
    assert invite(client, role=role, place=place).status_code == status
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == (status == 303)


def test_invitation_is_shown_to_its_maker_only(app: Flask, cast: Cast) -> None:
    invite(sign_in(app.test_client(), cast.administrator))
    code = db.session.execute(select(Invitation.code)).scalar_one()
    for who, status in {"other_administrator": 404, "operator": 404, "secretary": 403, "stranger": 403}.items():
        client = sign_in(app.test_client(), getattr(cast, who))
        assert client.get(f"/en/people/invitations/{code}").status_code == status, who
        assert client.post(f"/en/people/invitations/{code}/withdraw").status_code == status, who
    assert db.session.execute(select(Invitation.withdrawn_at)).scalar_one() is None


def test_double_click_makes_one_invitation(app: Flask, cast: Cast) -> None:
    county = sign_in(app.test_client(), cast.administrator)
    locations = {invite(county).location for _click in range(2)}
    assert len(locations) == 1
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 1


def test_database_does_not_hold_the_link(app: Flask, cast: Cast) -> None:
    link = link_from(sign_in(app.test_client(), cast.administrator))
    row = db.session.execute(select(Invitation)).scalar_one()
    assert link.rsplit("/", 1)[1] not in " ".join(str(value) for value in vars(row).values())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password": "short"}, "Use at least 10 characters"),
        ({"agree": ""}, "You can join only if you agree"),
        ({"phone": "13900000001"}, "There is already an account"),
    ],
)
def test_newcomers_wrong_field_leaves_the_link_usable(
    app: Flask, cast: Cast, changed: dict[str, str], words: str
) -> None:
    assert cast.donor.phone == "+8613900000001"
    link = link_from(sign_in(app.test_client(), cast.administrator))
    newcomer = app.test_client()
    answer = newcomer.post(link, data={**NEWCOMER, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalar(select(func.count()).select_from(Duty).where(Duty.place_code == JINLU)) == 0
    assert newcomer.post(link, data=NEWCOMER).status_code == 303


@pytest.mark.parametrize("token", ["x", "x" * 3000, "%00", "é"])
def test_forged_link_is_over(client: FlaskClient, token: str) -> None:
    assert client.get(f"/en/invitations/{token}").status_code in {400, 404, 410}
