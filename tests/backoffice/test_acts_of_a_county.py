"""A county administrator reads the acts of the own county; supervisor and operator read all."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.audit.models import AuditEntry
from sun_commune.backoffice.places_of_acts import PLACELESS, acts_within
from sun_commune.core.db import db
from sun_commune.core.events import Event
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Budget, Voucher
from tests.cast import Cast, sign_in
from tests.house import town


def kinds(where: object = True) -> set[str]:
    return set(db.session.scalars(select(AuditEntry.object_kind).where(where).distinct()))  # type: ignore[arg-type]


def test_every_kind_of_act_has_a_place_or_none(app: Flask, cast: Cast) -> None:
    """The whole town lies in one county: that county reads all but what donors did with their own accounts."""
    town.build(cast)
    hidden = select(AuditEntry.object_kind, AuditEntry.object_code).where(~acts_within(["510723"]))
    assert {kind for kind, _code in db.session.execute(hidden)} <= {"user"}
    assert kinds(acts_within(["510723"])) == kinds() - {"user"} | {"user"} & kinds(acts_within(["510723"]))
    assert {"need", "claim", "delivery", "transfer", "correction", "voucher", "household", "invitation"} <= kinds()


def test_another_county_reads_nothing_of_it(app: Flask, cast: Cast) -> None:
    town.build(cast)
    of_the_whole_city = {"transfer", "campaign", "disclosure", "budget", "voucher"}
    assert kinds(acts_within(["510722"])) <= {*PLACELESS, *of_the_whole_city}
    for kind, model in (("budget", Budget), ("voucher", Voucher)):
        seen = select(AuditEntry.object_code).where(acts_within(["510722"]), AuditEntry.object_kind == kind)
        assert set(db.session.scalars(select(model.county_code).where(model.code.in_(seen)))) <= {"5107"}
    read = select(AuditEntry.object_code).where(acts_within(["510722"]), AuditEntry.object_kind == "transfer")
    of_entries = select(Transfer.county_code).where(Transfer.uid.in_(read)).distinct()
    assert list(db.session.scalars(of_entries)) == [""]  # money that nobody has matched yet


def test_every_event_is_of_a_known_kind(app: Flask) -> None:
    placed = str(acts_within(["510723"]).compile(compile_kwargs={"literal_binds": True}))

    def all_events(kind: type[Event]) -> set[type[Event]]:
        return {kind} | {deep for child in kind.__subclasses__() for deep in all_events(child)}

    named = {
        getattr(kind, "object_kind", "") for kind in all_events(Event) if kind.__module__.startswith("sun_commune")
    }
    missing = {kind for kind in named - {""} if f"'{kind}'" not in placed}
    assert missing == set(), "say in backoffice/places_of_acts.py where these acts lie"


@pytest.mark.parametrize(
    ("who", "sees"), [("administrator", True), ("other_administrator", False), ("supervisor", True), ("operator", True)]
)
def test_page_shows_what_its_reader_may_see(client: FlaskClient, cast: Cast, who: str, sees: bool) -> None:
    code = town.build(cast).values["needs.pause_need"]["code"]
    page = sign_in(client, getattr(cast, who)).get("/en/audit", query_string={"object": code})
    assert (page.status_code, f">{code}</a>" in page.text) == (200, sees)


def test_county_sees_acts_about_its_own_officers_alone(client: FlaskClient, cast: Cast) -> None:
    for number, person in enumerate((cast.secretary, cast.other_secretary, cast.donor)):
        browser = client.application.test_client()
        data = {"contact": person.email, "password": "wrong"}
        browser.post("/en/sign-in", data=data, environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"})
    text = sign_in(client, cast.administrator).get("/en/audit").text
    shown = [f">{person.code}</a>" in text for person in (cast.secretary, cast.other_secretary, cast.donor)]
    assert shown == [True, False, False]
