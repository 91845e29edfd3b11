"""Who is told of what, in which language; the inbox; the demo's outbox."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from sun_commune.accounts.events import DutyGranted, PasswordResetAsked, RegistrationRepeated
from sun_commune.accounts.models import User
from sun_commune.core import clock
from sun_commune.core.db import db, transaction
from sun_commune.core.events import announce
from sun_commune.deliveries import services
from sun_commune.deliveries.models import Settlement
from sun_commune.needs import services as need_services
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from sun_commune.notifications.labels import WORDS
from sun_commune.notifications.models import Notice, NoticeKind, OutboxMessage
from sun_commune.pledges import services as pledges
from tests.cast import Cast, sign_in
from tests.deliveries.world import accept, agree, in_transaction, promise, receive, record, report, send
from tests.factories import make_need

K = NoticeKind


def forget() -> None:
    """Start with empty boxes."""
    with transaction(audited=False) as session:
        session.execute(delete(Notice))
        session.execute(delete(OutboxMessage))


def told() -> set[tuple[str, NoticeKind]]:
    """(name, kind) of every notice."""
    db.session.rollback()
    statement = select(User.name, Notice.kind).join(User, User.id == Notice.user_id)
    return {(name, kind) for name, kind in db.session.execute(statement)}


def last_note(kind: NoticeKind) -> str:
    db.session.rollback()
    statement = select(Notice.note).where(Notice.kind == kind).order_by(Notice.id.desc()).limit(1)
    return db.session.execute(statement).scalar_one()


def test_the_author_hears_of_each_decision(cast: Cast) -> None:
    make_need(cast, state=NeedState.RETURNED)
    assert told() == {("周书记", K.NEED_RETURNED)}
    assert last_note(K.NEED_RETURNED) == "测试用的理由"
    forget()
    make_need(cast, state=NeedState.PUBLISHED)
    assert told() == {("周书记", K.NEED_APPROVED), ("周书记", K.NEED_PUBLISHED)}


def test_goods_tell_each_other_side(cast: Cast) -> None:
    people = (cast.secretary, cast.information_officer, cast.donor)
    need = make_need(cast)
    forget()
    claim = promise(cast, 2, need=need)
    village = {person.name for person in people[:2]}
    assert told() == {(name, K.CLAIM_PLEDGED) for name in village}
    forget()
    delivery = send(cast.donor, claim)
    assert told() == {(name, K.GOODS_SENT) for name in village}
    forget()
    receive(cast.secretary, delivery)
    accept(cast.secretary, delivery)
    assert told() == {("张建国", K.GOODS_RECEIVED), ("张建国", K.GOODS_ACCEPTED), ("张建国", K.CLAIM_FULFILLED)}
    forget()
    in_transaction(services.thank_donor, cast.secretary, delivery, text="谢谢您的电热毯")
    assert told() == {("张建国", K.DELIVERY_THANKED)}
    assert last_note(K.DELIVERY_THANKED) == "谢谢您的电热毯"


def test_work_and_money_tell_each_other_side(cast: Cast) -> None:
    treasurer, secretary = cast.treasurer, cast.secretary
    claim = promise(cast, 0, 50_000)
    forget()
    report(cast.donor, claim, 50_000)
    assert told() == {("卫财务", K.PAYMENT_REPORTED)}
    record(treasurer, claim.payment_code, 50_000)
    assert ("张建国", K.PAYMENT_ARRIVED) in told()
    assert "500" in last_note(K.PAYMENT_ARRIVED)
    hours = promise(cast, 0, 0, 0, 8, donor=cast.other_donor)
    forget()
    delivery = agree(cast.other_donor, hours, 8)
    in_transaction(services.mark_done, cast.other_donor, delivery)
    assert told() == {(secretary.name, K.WORK_AGREED), (secretary.name, K.WORK_DONE)}
    in_transaction(services.confirm_work, secretary, delivery, quantity=8)
    assert ("李四", K.WORK_CONFIRMED) in told()


def test_a_dispute_reaches_the_other_side_and_the_county(cast: Cast) -> None:
    administrator, other = cast.administrator, cast.other_administrator
    delivery = send(cast.donor, promise(cast, 2))
    forget()
    in_transaction(services.dispute_delivery, cast.secretary, delivery, reason="箱子里是空的")
    assert told() == {("张建国", K.DELIVERY_DISPUTED), (administrator.name, K.DISPUTE_TO_SETTLE)}
    assert other.name not in {name for name, _kind in told()}
    forget()
    in_transaction(
        services.settle_dispute, administrator, delivery, outcome=Settlement.RETURNED, text="快递公司承认丢失"
    )
    assert told() == {("张建国", K.DISPUTE_SETTLED), ("周书记", K.DISPUTE_SETTLED)}


def test_reminder_and_release_reach_the_donor(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = promise(cast, 2)
    claim_id = claim.id
    forget()
    later = clock.today() + timedelta(days=15)
    monkeypatch.setattr("sun_commune.pledges.services.pledging.today", lambda: later - timedelta(days=8))
    assert in_transaction(pledges.remind_claim, claim_id)
    assert told() == {("张建国", K.CLAIM_REMINDED)}
    forget()
    monkeypatch.setattr("sun_commune.pledges.services.ending.today", lambda: later)
    assert in_transaction(pledges.release_overdue_claim, claim_id)
    assert told() == {("张建国", K.CLAIM_EXPIRED)}


def test_donor_hears_that_the_need_was_withdrawn(cast: Cast) -> None:
    claim, administrator = promise(cast, 2), cast.administrator
    need = db.session.get_one(Need, claim.need_id)
    forget()
    in_transaction(need_services.withdraw_need, administrator, need, "村里已经解决了")
    assert ("张建国", K.CLAIM_RELEASED) in told()


def test_a_dropped_hold_is_nobodys_news(cast: Cast) -> None:
    need = make_need(cast)
    donor = cast.donor
    with transaction():
        claim = pledges.hold_claim(donor, need, wanted={need.lines[0].id: 1})
    forget()
    in_transaction(pledges.cancel_claim, donor, claim)
    assert told() == set()


def test_messages_speak_the_readers_language(cast: Cast) -> None:
    donor, secretary = cast.donor, cast.secretary
    with transaction(audited=False):
        donor.locale = "en"
    delivery = send(donor, promise(cast, 2))
    forget()
    receive(secretary, delivery)
    accept(secretary, delivery)
    message = db.session.execute(select(OutboxMessage)).scalar_one()
    assert message.address == donor.email
    assert message.subject.startswith("Accepted: ")
    assert "/en/claims/" in message.body


def test_reset_link_goes_to_the_address_and_not_to_the_audit_trail(cast: Cast) -> None:
    donor = cast.donor
    with transaction():
        announce(PasswordResetAsked(actor_id=None, user_id=donor.id, object_code=donor.code, link_token="geheim-7f3a"))
    message = db.session.execute(select(OutboxMessage)).scalar_one()
    assert (message.address, message.is_secret) == (donor.email, True)
    assert "/zh/reset/geheim-7f3a" in message.body
    assert told() == set(), "no link lies in an inbox"
    from sun_commune.audit.models import AuditEntry

    for entry in db.session.execute(select(AuditEntry)).scalars():
        assert "geheim" not in " ".join(str(getattr(entry, column.key)) for column in AuditEntry.__table__.columns)


def test_a_repeated_registration_warns_the_owner_alone(cast: Cast) -> None:
    donor = cast.donor
    with transaction():
        announce(RegistrationRepeated(actor_id=None, user_id=donor.id, object_code=donor.code))
    assert db.session.execute(select(OutboxMessage.address)).scalars().all() == [donor.email]


def test_disabled_people_are_not_written_to(cast: Cast) -> None:
    donor = cast.donor
    with transaction(audited=False):
        donor.is_enabled = False
    with transaction():
        announce(DutyGranted(actor_id=None, user_id=donor.id, object_code="D1"))
    assert told() == set()


def test_nothing_is_kept_of_an_act_that_failed(cast: Cast) -> None:
    donor_id = cast.donor.id

    def fail() -> None:
        with transaction():
            announce(DutyGranted(actor_id=None, user_id=donor_id, object_code="D1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert told() == set()


def test_every_kind_has_words_and_a_page(app: Flask) -> None:
    assert set(WORDS) == set(NoticeKind)


def test_inbox_lists_and_marks_as_read(cast: Cast, client: FlaskClient) -> None:
    donor = cast.donor
    for number in range(3):
        with transaction():
            announce(DutyGranted(actor_id=None, user_id=donor.id, object_code=f"D{number}"))
    sign_in(client, donor)
    page = client.get("/en/my/inbox").get_data(as_text=True)
    assert "3 unread messages" in page
    code = db.session.execute(select(Notice.code).limit(1)).scalar_one()
    db.session.rollback()
    assert client.post(f"/en/my/inbox/{code}/read").status_code == 302
    assert "2 unread messages" in client.get("/en/my/inbox").get_data(as_text=True)
    client.post("/en/my/inbox/read")
    assert "unread" not in client.get("/en/my/inbox").get_data(as_text=True)


def test_inbox_is_ones_own(cast: Cast, client: FlaskClient) -> None:
    donor = cast.donor
    with transaction():
        announce(DutyGranted(actor_id=None, user_id=donor.id, object_code="D1"))
    code = db.session.execute(select(Notice.code)).scalar_one()
    sign_in(client, cast.stranger)
    assert "Nothing in your inbox yet" in client.get("/en/my/inbox").get_data(as_text=True)
    assert client.post(f"/en/my/inbox/{code}/read").status_code == 404
    client.post("/en/my/inbox/read")
    db.session.rollback()
    assert db.session.execute(select(Notice.read_at)).scalar_one() is None


def test_inbox_is_paged(cast: Cast, client: FlaskClient) -> None:
    donor = cast.donor
    with transaction():
        for number in range(35):
            announce(DutyGranted(actor_id=None, user_id=donor.id, object_code=f"D{number}"))
    sign_in(client, donor)
    first = client.get("/en/my/inbox").get_data(as_text=True)
    assert first.count('<li class="panel') == 30
    after = first.split("after=")[1].split('"')[0]
    assert client.get(f"/en/my/inbox?after={after}").get_data(as_text=True).count('<li class="panel') == 5
    assert client.get("/en/my/inbox?after=x' OR 1=1").status_code == 200


def test_outbox_is_shown_in_the_demo_alone(app: Flask, cast: Cast, client: FlaskClient) -> None:
    donor = cast.donor
    with transaction():
        announce(PasswordResetAsked(actor_id=None, user_id=donor.id, object_code=donor.code, link_token="geheim-7f3a"))
    assert client.get("/en/outbox").status_code == 404
    before = app.extensions["sun_settings"]
    app.extensions["sun_settings"] = dataclasses.replace(before, demo=True)
    try:
        page = client.get("/en/outbox").get_data(as_text=True)
    finally:
        app.extensions["sun_settings"] = before
    assert "geheim-7f3a" in page
    assert "Only the demonstration shows this page" in page
