"""The desk: each officer sees the own duties, the oldest first, and nothing of other places."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from sun_commune.accounts.models import Duty, DutyState, Role, User
from sun_commune.backoffice import queries
from sun_commune.backoffice.duties import ENDPOINTS, DutyKind
from sun_commune.backoffice.labels import WHAT_TO_DO
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.deliveries import services
from sun_commune.deliveries.models import Delivery
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from tests.cast import JINLU, YANGWUGOU, Cast, sign_in
from tests.deliveries.world import accept, agree, in_transaction, promise, receive, report, send
from tests.factories import make_need

K = DutyKind


def desk(user: User) -> list[tuple[DutyKind, str]]:
    db.session.rollback()
    return [(item.kind, item.code) for item in queries.open_desk(user).items]


def test_needs_go_from_desk_to_desk(cast: Cast) -> None:
    returned = make_need(cast, state=NeedState.RETURNED)
    submitted = make_need(cast, state=NeedState.SUBMITTED)
    approved = make_need(cast, state=NeedState.APPROVED)
    make_need(cast, state=NeedState.DRAFT)
    assert desk(cast.secretary) == [(K.NEED_RETURNED, returned.code)]
    assert desk(cast.information_officer) == [(K.NEED_RETURNED, returned.code)]
    assert desk(cast.reviewer) == [(K.NEED_TO_REVIEW, submitted.code)]
    assert desk(cast.administrator) == [(K.NEED_TO_PUBLISH, approved.code)]
    for outsider in (cast.other_secretary, cast.other_reviewer, cast.other_administrator, cast.supervisor, cast.donor):
        assert desk(outsider) == []


def test_a_draft_is_a_duty_after_a_week(cast: Cast) -> None:
    need = make_need(cast, state=NeedState.DRAFT)
    with transaction(audited=False) as session:
        session.execute(update(Need).values(updated_at=now() - timedelta(days=8)))
    assert desk(cast.secretary) == [(K.DRAFT_OLD, need.code)]


def test_goods_wait_to_be_received_accepted_and_thanked_for(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    code = delivery.code
    assert desk(cast.secretary) == [(K.GOODS_TO_RECEIVE, code)]
    receive(cast.secretary, delivery)
    assert desk(cast.secretary) == [(K.GOODS_TO_ACCEPT, code)]
    accept(cast.secretary, delivery)
    assert desk(cast.secretary) == [(K.THANKS_DUE, code)]
    in_transaction(services.thank_donor, cast.secretary, delivery, text="谢谢您的心意")
    assert desk(cast.secretary) == []


def test_done_work_waits_for_the_village(cast: Cast) -> None:
    delivery = agree(cast.donor, promise(cast, 0, 0, 0, 8), 8)
    assert desk(cast.secretary) == []
    in_transaction(services.mark_done, cast.donor, delivery)
    assert desk(cast.secretary) == [(K.WORK_TO_CONFIRM, delivery.code)]


def test_nobody_is_asked_to_receive_an_own_gift(cast: Cast) -> None:
    secretary = cast.secretary
    delivery = send(secretary, promise(cast, 2, donor=secretary))
    assert desk(secretary) == []
    assert desk(cast.information_officer) == [(K.GOODS_TO_RECEIVE, delivery.code)]


def test_disputes_come_to_the_county(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    in_transaction(services.dispute_delivery, cast.secretary, delivery, reason="箱子里是空的")
    assert desk(cast.administrator) == [(K.DISPUTE_TO_SETTLE, delivery.code)]
    assert desk(cast.other_administrator) == []


def test_reported_payments_come_to_treasurers(cast: Cast) -> None:
    claim = promise(cast, 0, 50_000)
    report(cast.donor, claim, 50_000)
    assert desk(cast.treasurer) == [(K.PAYMENT_REPORTED, claim.payment_code)]
    assert desk(cast.secretary) == []


def test_organisations_and_requests_come_to_who_decides(cast: Cast) -> None:
    administrator, other, operator = cast.administrator, cast.other_administrator, cast.operator
    organisation = cast.enterprise.organisation
    assert organisation is not None
    _request(cast.stranger, "A1", Role.INFORMATION_OFFICER, JINLU)
    _request(cast.other_donor, "A2", Role.INFORMATION_OFFICER, YANGWUGOU)
    _request(cast.donor, "A3", Role.SUPERVISOR, JINLU[:4])
    assert set(desk(administrator)) == {(K.ORGANISATION_TO_VERIFY, organisation.code), (K.DUTY_REQUESTED, "A1")}
    assert (K.DUTY_REQUESTED, "A2") in desk(other)
    assert desk(operator) == [(K.DUTY_REQUESTED, "A3")]


def _request(user: User, code: str, role: Role, place: str) -> None:
    with transaction(audited=False) as session:
        session.add(
            Duty(
                code=code, user_id=user.id, role=role, place_code=place, starts_on=today(),
                state=DutyState.REQUESTED, created_at=now(),
            )
        )  # fmt: skip


def test_one_queue_for_several_duties_the_oldest_first(cast: Cast) -> None:
    claim = promise(cast, 4)
    first, second = send(cast.donor, claim), send(cast.donor, claim)
    returned = make_need(cast, state=NeedState.RETURNED)
    with transaction(audited=False) as session:
        session.execute(update(Delivery).where(Delivery.id == second.id).values(sent_at=now() - timedelta(days=9)))
        session.execute(update(Need).where(Need.id == returned.id).values(updated_at=now() - timedelta(days=3)))
    assert [code for _kind, code in desk(cast.secretary)] == [second.code, returned.code, first.code]


def test_long_queues_are_cut_and_counted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_OF_A_KIND", 3)
    monkeypatch.setattr(queries, "MOST_ITEMS", 2)
    claim = promise(cast, 5)
    for _number in range(5):
        send(cast.donor, claim, 1)
    shown = queries.open_desk(cast.secretary)
    assert (len(shown.items), shown.total) == (2, 5)


def test_every_kind_has_words_and_a_place(app: Flask) -> None:
    assert set(ENDPOINTS) == set(WHAT_TO_DO) == set(DutyKind)


def test_page_links_to_each_duty(cast: Cast, client: FlaskClient) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    with transaction(audited=False) as session:
        session.execute(update(Delivery).values(sent_at=now() - timedelta(days=9)))
    code = delivery.code
    page = sign_in(client, cast.secretary).get("/en/desk").get_data(as_text=True)
    assert f"/en/deliveries/{code}/receive" in page
    assert "waits for more than a week" in page
    assert "Nothing waits" not in page


def test_empty_desk_says_so_and_strangers_have_none(cast: Cast, client: FlaskClient) -> None:
    assert client.get("/en/desk").status_code == 302
    assert "Nothing waits for you" in sign_in(client, cast.supervisor).get("/en/desk").get_data(as_text=True)
    assert sign_in(client, cast.donor).get("/en/desk").status_code == 403


def test_unmatched_money_comes_to_the_treasurers(cast: Cast) -> None:
    from sun_commune.statements import services as statements
    from tests.statements.papers import movement
    from tests.statements.world import act, day, import_rows, lines

    import_rows(cast.treasurer, movement(day(), "5.00", "心意", reference="A1"))
    code = lines()[0].code
    assert desk(cast.treasurer) == desk(cast.second_treasurer) == [(K.SUSPENSE_TO_PLACE, code)]
    act(statements.ask_return, cast.treasurer, lines()[0], amount_fen=500, reason="付款人要求退回")
    assert desk(cast.treasurer) == [(K.SUSPENSE_TO_PLACE, code)]
    assert sorted(desk(cast.second_treasurer)) == [(K.RETURN_TO_CHECK, code), (K.SUSPENSE_TO_PLACE, code)]
    for outsider in (cast.administrator, cast.supervisor, cast.operator, cast.donor):
        assert desk(outsider) == []
