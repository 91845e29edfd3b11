"""Joining: a person, an organisation; the same page whether or not the phone had an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune.accounts import throttles
from sun_commune.accounts.events import RegistrationRepeated
from sun_commune.accounts.models import Organisation, User, UserKind
from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db
from sun_commune.notifications.models import OutboxMessage
from tests.cast import PASSWORD, Cast


def credit_code(body: str = "91510700MA6240001") -> str:
    from sun_commune.accounts.credit_codes import check_character

    return body + check_character(body)


PERSON = {"name": "刘爱心", "phone": "138 1111 2222", "password": "a field of yellow rape", "agree": "y"}


def company(**changed: str) -> dict[str, str]:
    values = {"kind": "enterprise", "organisation_name": "绵阳市好心电器有限公司", "credit_code": credit_code()}
    return {**PERSON, **values, **changed}


def register(client: FlaskClient, data: dict[str, str], **query: str) -> Any:
    return client.post("/en/register", data=data, query_string=query)


def count_users() -> int:
    """People; the two closed accounts that named the tests' charity do not count."""
    return db.session.scalar(select(func.count()).select_from(User).where(User.closed_at.is_(None))) or 0


def test_person_joins_and_signs_in(client: FlaskClient) -> None:
    assert client.get("/en/register").status_code == 200
    answer = register(client, PERSON)
    assert (answer.status_code, answer.location) == (303, "/en/register/done")
    assert client.get(answer.location).status_code == 200
    user = db.session.execute(select(User)).scalar_one()
    assert (user.name, user.phone, user.email, user.kind) == ("刘爱心", "+8613811112222", None, UserKind.PERSON)
    assert user.password_hash.startswith("$argon2id$")
    signed_in = client.post("/en/sign-in", data={"contact": "13811112222", "password": PERSON["password"]})
    assert signed_in.status_code == 303
    entry = db.session.execute(select(AuditEntry).where(AuditEntry.act == "UserRegistered")).scalar_one()
    assert entry.reason == "agreed to the privacy notice"


def test_organisation_joins_unverified(client: FlaskClient) -> None:
    assert "Unified social credit code" in client.get("/en/register?as=organisation").text
    assert register(client, company(), **{"as": "organisation"}).status_code == 303
    user = db.session.execute(select(User)).scalar_one()
    assert user.kind is UserKind.ORGANISATION
    assert user.organisation is not None
    assert (user.organisation.credit_code, user.organisation.is_verified) == (credit_code(), False)
    acts = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["UserRegistered", "OrganisationRegistered"]


@pytest.mark.parametrize("by", ["phone", "email"])
def test_known_contact_gets_the_same_page_and_its_owner_a_message(client: FlaskClient, cast: Cast, by: str) -> None:
    owner = cast.donor
    assert owner.phone
    assert owner.email
    fresh = register(client, PERSON)
    contact = {"phone": owner.phone, "email": ""} if by == "phone" else {"phone": "", "email": owner.email.upper()}
    known = register(client, {**PERSON, "name": "冒名者", **contact})
    assert (known.status_code, known.location) == (fresh.status_code, fresh.location)
    assert known.headers.get("Set-Cookie") == fresh.headers.get("Set-Cookie")
    assert count_users() == 2
    told = db.session.scalars(select(AuditEntry.object_code).where(AuditEntry.act == "RegistrationRepeated")).all()
    assert told == [owner.code]
    assert owner.id in db.session.scalars(select(OutboxMessage.user_id)).all()
    signed_in = client.post("/en/sign-in", data={"contact": owner.phone, "password": PERSON["password"]})
    assert signed_in.status_code == 422


def test_double_click_is_one_act_and_alarms_nobody(client: FlaskClient) -> None:
    answers = [register(client, PERSON) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert count_users() == 1
    acts = db.session.scalars(select(AuditEntry.act)).all()
    assert RegistrationRepeated.__name__ not in acts


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "Enter your name."),
        ({"name": "x" * 61}, "2 to 60 characters"),
        ({"phone": ""}, "Enter a mobile number or an e-mail address"),
        ({"phone": "12345"}, "Enter a mobile number with 11 digits"),
        ({"phone": "1" * 300}, "Enter a mobile number with 11 digits"),
        ({"email": "no address"}, "Enter an e-mail address like"),
        ({"agree": ""}, "You can join only if you agree"),
        ({"password": ""}, "Choose a password."),
        ({"password": "short"}, "Use at least 10 characters"),
        ({"password": "x" * 129}, "Use at most 128 characters."),
        ({"password": "password123456"}, "among those that are guessed first"),
        ({"password": "阳光公社阳光公社阳光"}, "among those that are guessed first"),
        ({"password": "suncommune2026"}, "among those that are guessed first"),
        ({"password": "aaaaaaaaaaaaaa"}, "among those that are guessed first"),
        ({"password": "1234567890"}, "among those that are guessed first"),
        ({"password": "13811112222!"}, "Do not build the password from"),
    ],
)
def test_wrong_field_is_named_and_the_rest_stays(client: FlaskClient, changed: dict[str, str], words: str) -> None:
    answer = register(client, {**PERSON, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    kept = {name: value for name, value in {**PERSON, **changed}.items() if name in {"name", "phone"} and value}
    assert all(f'value="{value}"' in answer.text for value in kept.values())
    assert PERSON["password"] not in answer.text
    assert count_users() == 0


@pytest.mark.parametrize(
    "password", ["马儿在草地上慢慢吃草", "correct horse battery", "    ten spaces    ", "x7" * 30 + "q"]
)
def test_long_passwords_of_any_kind_are_fine(client: FlaskClient, password: str) -> None:
    assert register(client, {**PERSON, "password": password}).status_code == 303
    answer = client.post("/en/sign-in", data={"contact": PERSON["phone"], "password": password})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": ""}, "Choose what kind"),
        ({"kind": "bank"}, "Not a valid choice"),
        ({"organisation_name": ""}, "Enter the name as it stands in the register."),
        ({"organisation_name": "联系人13800001234"}, "looks like a mobile number"),
        ({"credit_code": ""}, "Enter the credit code"),
        ({"credit_code": credit_code()[:-1] + "9"}, "This is not a valid credit code."),
        ({"credit_code": "1" * 5000}, "valid credit code"),
    ],
)
def test_wrong_organisation_is_refused(client: FlaskClient, changed: dict[str, str], words: str) -> None:
    answer = register(client, company(**changed), **{"as": "organisation"})
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 0


def test_errors_stand_in_the_order_of_the_page(client: FlaskClient) -> None:
    page = register(client, {}, **{"as": "organisation"}).text
    links = re.findall(r'<li><a href="#([a-z_]+?)(?:-0)?">', page)
    assert links == ["kind", "organisation_name", "credit_code", "name", "phone", "password", "agree"]


def test_squatter_does_not_block_the_company(client: FlaskClient) -> None:
    register(client, company(), **{"as": "organisation"})
    answer = register(client, company(phone="13922223333", name="真经理"), **{"as": "organisation"})
    assert answer.status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 2


def test_many_registrations_from_one_address_are_stopped(client: FlaskClient) -> None:
    phones = [f"1381111{number:04d}" for number in range(throttles.REGISTER_ADDRESS.most + 1)]
    codes = [register(client, {**PERSON, "phone": phone}).status_code for phone in phones]
    assert codes == [303] * throttles.REGISTER_ADDRESS.most + [429]


def test_html_in_a_name_is_text(client: FlaskClient) -> None:
    register(client, {**PERSON, "name": "<script>alert(1)</script>"})
    client.post("/en/sign-in", data={"contact": PERSON["phone"], "password": PERSON["password"]})
    page = client.get("/en/my").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_next_is_carried_to_the_sign_in(client: FlaskClient) -> None:
    answer = register(client, PERSON, next="/en/my?x=1")
    assert answer.location == "/en/register/done?next=/en/my?x%3D1"
    assert "/en/sign-in?next=/en/my?x%3D1" in client.get(answer.location).text
    assert "evil" not in register(client, {**PERSON, "phone": "13911113333"}, next="//evil.example").location


def test_everybody_of_the_cast_has_the_password(client: FlaskClient, cast: Cast) -> None:
    assert client.post("/en/sign-in", data={"contact": cast.donor.email, "password": PASSWORD}).status_code == 303
