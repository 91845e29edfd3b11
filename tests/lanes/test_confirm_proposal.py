"""A second officer confirms, with the last digits from the charity's paper; the database knows the rule too."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.lanes import queries, services
from sun_commune.lanes.models import LaneDecision, LaneVersion
from tests.cast import Cast, sign_in
from tests.lanes.world import change, confirm, propose


def test_confirmed_version_is_in_force_and_the_old_one_is_kept(cast: Cast) -> None:
    assert cast.administrator.id
    old = queries.present().version
    assert old is not None
    old_id = old.id
    version = change(cast, bank_name="另一银行绵阳分行")
    present = queries.present().version
    assert present is not None
    assert present.id == version.id
    assert [chapter.version.id for chapter in queries.list_chapters()] == [version.id, old_id]
    acts = db.session.execute(select(AuditEntry.act).where(AuditEntry.object_code == version.code)).scalars().all()
    assert acts == ["LanesProposed", "LanesConfirmed"]


def test_writer_does_not_confirm(cast: Cast) -> None:
    version, writer = propose(cast, takes_account=False), cast.administrator
    with pytest.raises(NotAllowed), transaction():
        services.confirm_proposal(writer, version, last_digits="0000")
    with pytest.raises(NotAllowed), transaction():
        services.refuse_proposal(writer, version, reason="我自己来拒绝")


@pytest.mark.parametrize("who", ["treasurer", "supervisor", "secretary", "donor"])
def test_others_do_not_confirm(cast: Cast, who: str) -> None:
    version, person = propose(cast, takes_account=False), getattr(cast, who)
    with pytest.raises(NotAllowed), transaction():
        services.confirm_proposal(person, version, last_digits="0000")


@pytest.mark.parametrize("digits", ["", "1234", "000", "00000"])
def test_wrong_last_digits_confirm_nothing(cast: Cast, digits: str) -> None:
    version, decider = propose(cast, bank_name="另一银行绵阳分行"), cast.operator
    with pytest.raises(RuleBroken, match="last four digits") as caught, transaction():
        services.confirm_proposal(decider, version, last_digits=digits)
    assert caught.value.field == "last_digits"
    assert queries.find_waiting() is version


def test_twice_is_once_and_another_decision_is_a_conflict(cast: Cast) -> None:
    version = change(cast, takes_account=False)
    confirm(cast, version)
    assert db.session.execute(text("SELECT count(*) FROM lane_decisions")).scalar_one() == 2
    decider = cast.other_administrator
    with pytest.raises(Conflict), transaction():
        services.confirm_proposal(decider, version, last_digits="0000")
    with pytest.raises(Conflict), transaction():
        services.refuse_proposal(decider, version, reason="来函已经作废了")


def test_refused_and_taken_back_change_nothing(cast: Cast) -> None:
    decider, writer = cast.operator, cast.administrator
    before = queries.present().version
    version = propose(cast, takes_account=False)
    with pytest.raises(RuleBroken) as caught, transaction():
        services.refuse_proposal(decider, version, reason="不")
    assert caught.value.field == "reason"
    with transaction():
        services.refuse_proposal(decider, version, reason="来函没有盖章")
    second = propose(cast, takes_account=False)
    with transaction():
        services.take_back_proposal(writer, second)
    assert queries.present().version is before
    assert queries.find_waiting() is None


def test_pages_of_a_proposal(client: FlaskClient, cast: Cast) -> None:
    version = propose(cast, account_number="9999000056780001")
    sign_in(client, cast.administrator)
    page = client.get(f"/en/lanes/proposals/{version.code}").text
    assert "Whoever wrote a change cannot confirm it" in page
    sign_in(client, cast.operator)
    page = client.get(f"/en/lanes/proposals/{version.code}").text
    assert "9999 0000 5678 0001" in page
    assert "This changes where gifts of money go" in page
    url = f"/en/lanes/proposals/{version.code}/confirm"
    wrong = client.post(url, data={"once": "the first key", "last_digits": "1111"})
    assert (wrong.status_code, "last four digits" in wrong.text, 'value="1111"' in wrong.text) == (422, True, True)
    assert client.post(url, data={"once": "the second key", "last_digits": "0001"}).status_code == 303
    assert queries.charity_at(queries.list_chapters()[0].since) is queries.present().version


def test_proposal_waits_on_the_desk_of_others(client: FlaskClient, cast: Cast) -> None:
    version = propose(cast, takes_account=False)
    for who, waits in (("administrator", False), ("operator", True), ("treasurer", False)):
        sign_in(client, getattr(cast, who))
        assert (f"/en/lanes/proposals/{version.code}" in client.get("/en/desk").text) is waits


def test_the_database_refuses_one_person_and_every_change(app: Flask, cast: Cast) -> None:
    version_id, writer_id, other_id = propose(cast, takes_account=False).id, cast.administrator.id, cast.operator.id
    decision = (
        "INSERT INTO lane_decisions (version_id, proposed_by, outcome, decided_by, decided_at, reason) "
        "VALUES ({version}, {proposer}, '{outcome}', {decider}, '2026-12-01 00:00:00', '')"
    )
    attacks = [
        decision.format(version=version_id, proposer=writer_id, outcome="confirmed", decider=writer_id),
        decision.format(version=version_id, proposer=other_id, outcome="confirmed", decider=writer_id),
        decision.format(version=version_id, proposer=writer_id, outcome="taken_back", decider=other_id),
        decision.format(version=version_id, proposer=writer_id, outcome="in_force", decider=other_id),
        decision.format(version=1, proposer=1, outcome="confirmed", decider=other_id),
        "UPDATE lane_versions SET account_number = '1'",
        "DELETE FROM lane_versions",
        "UPDATE lane_decisions SET outcome = 'refused'",
        "DELETE FROM lane_decisions",
    ]
    if db.engine.dialect.name == "postgresql":
        attacks += ["TRUNCATE lane_decisions", "SET session_replication_role = replica; DELETE FROM lane_decisions"]
    for attack in attacks:
        with pytest.raises(DatabaseError), db.engine.begin() as connection:
            connection.exec_driver_sql(attack)
    assert db.session.execute(text("SELECT count(*) FROM lane_decisions")).scalar_one() == 1


def test_two_at_once_decide_once(app: Flask, cast: Cast) -> None:
    """Two officers press at the same moment: one decision, the other gets a Conflict."""
    version = propose(cast, takes_account=False)
    code, people = version.code, [cast.operator.id, cast.other_administrator.id]
    db.session.rollback()
    outcomes: list[str] = []
    start = threading.Barrier(len(people))

    def decide(person_id: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction() as session:
                    actor = session.get_one(type(cast.operator), person_id)
                    services.confirm_proposal(actor, queries.find_version(code), last_digits="0000")
                outcomes.append("confirmed")
            except Conflict:
                outcomes.append("conflict")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=decide, args=(person_id,)) for person_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["confirmed", "conflict"]
    counted = select(LaneDecision.id).join(LaneVersion, LaneVersion.id == LaneDecision.version_id)
    assert len(db.session.execute(counted.where(LaneVersion.code == code)).all()) == 1
