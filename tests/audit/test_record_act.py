"""The trail: every act with who, what, when, from which state to which, why - and nothing private."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.events import DutyEnded, PasswordResetAsked
from sun_commune.audit.labels import ACTS
from sun_commune.audit.listeners import without_private
from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db, transaction
from sun_commune.core.events import Event, announce
from tests.cast import Cast, sign_in


def every_event(kind: type[Event] = Event) -> set[type[Event]]:
    """Events of the product that are announced as themselves: those without children of their own."""
    children = {child for child in kind.__subclasses__() if child.__module__.startswith("sun_commune.")}
    return {event for child in children for event in (every_event(child) or {child})}


def test_act_is_written_with_who_what_and_why(app: Flask, cast: Cast) -> None:
    donor = cast.donor
    with transaction():
        announce(
            DutyEnded(
                actor_id=donor.id, user_id=donor.id, object_code="D1", from_state="active", to_state="ended",
                reason="term is over",
            )
        )  # fmt: skip
    entry = db.session.execute(select(AuditEntry)).scalar_one()
    assert (entry.actor_id, entry.act, entry.object_kind, entry.object_code) == (donor.id, "DutyEnded", "duty", "D1")
    assert (entry.from_state, entry.to_state, entry.reason) == ("active", "ended", "term is over")


def test_link_of_a_reset_is_not_kept(app: Flask, cast: Cast) -> None:
    donor = cast.donor
    with transaction():
        announce(PasswordResetAsked(actor_id=None, user_id=donor.id, object_code=donor.code, link_token="secret-token"))
    entry = db.session.execute(select(AuditEntry)).scalar_one()
    assert "secret-token" not in " ".join(str(value) for value in vars(entry).values())


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("called 13800001234 about it", "called *** about it"),
        ("身份证５１０７２３１９８００１０１１２３４", "身份证***"),
        ("id 510723198001011234 and 138-0000-1234", "id *** and ***"),
        ("for 510723217204", "for 510723217204"),
        ("entry of 2026-12-04, 120 yuan", "entry of 2026-12-04, 120 yuan"),
    ],
)
def test_private_number_in_a_reason_is_left_out(reason: str, kept: str) -> None:
    assert without_private(reason) == kept


def test_every_event_has_its_words(app: Flask) -> None:
    assert {event.__name__ for event in every_event()} == set(ACTS)


def test_no_act_by_hand_writes_a_phone_or_mail(client: FlaskClient, cast: Cast) -> None:
    """What people do with their accounts leaves nothing on the trail that names their phone, mail or password."""
    sign_in(client, cast.administrator)
    client.post("/en/my/contact", data={"name": "孙管理员", "office_phone": "0816-7654321"})
    client.post("/en/sign-in", data={"contact": "13999998888", "password": "wrong words here"})
    client.post("/en/forgot", data={"contact": cast.donor.phone})
    person = {"name": "刘爱心", "phone": "13811112222", "email": "liu@example.test", "password": "a yellow field"}
    client.post("/en/register", data={**person, "agree": "y"})
    rows = db.session.scalars(select(AuditEntry)).all()
    assert {row.act for row in rows} == {"ContactChanged", "SignInRefused", "PasswordResetAsked", "UserRegistered"}
    text = " ".join(str(value) for row in rows for value in vars(row).values())
    for private in ("7654321", "13999998888", "13811112222", "liu@", "刘爱心", "yellow", "wrong words", "+86139"):
        assert private not in text
