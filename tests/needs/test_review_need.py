"""The offices' page: everything a reviewer must see, the household masked, the acts that are theirs."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.db import db
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from tests.cast import Cast, sign_in
from tests.factories import FERTILISER_MONEY, PRIVATE, STOVE, make_household, make_need, private_values

BUTTONS = {
    "submit": "Submit for review", "approve": "Approve<", "publish": "Publish<", "return": "Return to the village",
    "pause": "Pause<", "resume": "Show again", "withdraw": "Withdraw<", "close": "Close<",
}  # fmt: skip


def offered(client: FlaskClient, need: Need) -> set[str]:
    page = client.get(f"/en/needs/{need.code}/review").text
    return {act for act in BUTTONS if f'action="/en/needs/{need.code}/{act}"' in page}


def test_reviewer_sees_what_is_asked_and_no_private_value(cast: Cast, client: FlaskClient) -> None:
    household = make_household(cast, **PRIVATE)
    need = make_need(cast, household=household, lines=(STOVE, FERTILISER_MONEY), state=NeedState.SUBMITTED)
    page = sign_in(client, cast.reviewer).get(f"/en/needs/{need.code}/review")
    assert page.headers["Cache-Control"] == "no-store"
    for text in (need.title, need.story, "烤火炉", "化肥款", "¥2,000", "about ¥220", household.masked_name,
                 household.code, "Submitted for review", "周书记", "Naming its village"):  # fmt: skip
        assert text in page.text, text
    assert "盐亭县黄溪乡金禄村" in client.get(f"/zh/needs/{need.code}/review").text
    assert all(value not in page.text for value in private_values(household))


def test_each_office_is_offered_its_own_acts(cast: Cast, app: Flask) -> None:
    secretary, reviewer, administrator, supervisor = (
        sign_in(app.test_client(), person)
        for person in (cast.secretary, cast.reviewer, cast.administrator, cast.supervisor)
    )
    submitted = make_need(cast, state=NeedState.SUBMITTED)
    assert offered(secretary, submitted) == {"withdraw"}
    assert offered(reviewer, submitted) == {"approve", "return"}
    assert offered(administrator, submitted) == set()
    approved = make_need(cast, state=NeedState.APPROVED)
    assert (offered(reviewer, approved), offered(administrator, approved)) == (set(), {"publish", "return"})
    published = make_need(cast)
    assert (offered(secretary, published), offered(administrator, published)) == ({"withdraw"}, {"pause", "withdraw"})
    paused = make_need(cast, state=NeedState.PAUSED)
    assert (offered(administrator, paused), offered(reviewer, paused)) == ({"resume", "withdraw"}, set())
    expired = make_need(cast, state=NeedState.EXPIRED)
    assert offered(administrator, expired) == {"close"}
    for need in (submitted, approved, published, paused, expired):
        assert offered(supervisor, need) == set()


def test_whole_way_from_draft_to_publication(cast: Cast, app: Flask) -> None:
    need = make_need(cast, state=NeedState.DRAFT)
    code = need.code
    for person, act, state in (
        (cast.secretary, "submit", NeedState.SUBMITTED),
        (cast.reviewer, "return", NeedState.RETURNED),
        (cast.secretary, "submit", NeedState.SUBMITTED),
        (cast.reviewer, "approve", NeedState.APPROVED),
        (cast.administrator, "publish", NeedState.PUBLISHED),
        (cast.administrator, "pause", NeedState.PAUSED),
        (cast.administrator, "resume", NeedState.PUBLISHED),
    ):
        client = sign_in(app.test_client(), person)
        for _ in range(2):  # a double click
            answer = client.post(f"/en/needs/{code}/{act}", data={"reason": "请补充照片和说明"})
            assert (answer.status_code, answer.location) == (303, f"/en/needs/{code}/review")
        db.session.rollback()
        assert need.state is state
    assert app.test_client().get(f"/en/needs/{code}").status_code == 200


def test_act_in_the_wrong_state_is_a_conflict(cast: Cast, client: FlaskClient) -> None:
    need = make_need(cast, state=NeedState.SUBMITTED)
    sign_in(client, cast.administrator)
    assert client.post(f"/en/needs/{need.code}/close", data={"reason": "已经结束了"}).status_code == 409
    assert client.post(f"/en/needs/{need.code}/resume").status_code == 409


def test_own_office_without_the_right_is_told_so(cast: Cast, client: FlaskClient) -> None:
    need = make_need(cast, state=NeedState.SUBMITTED)
    assert sign_in(client, cast.secretary).post(f"/en/needs/{need.code}/approve").status_code == 403


def test_reason_is_shown_to_the_village_and_not_to_the_public(cast: Cast, app: Flask) -> None:
    need = make_need(cast)
    administrator = sign_in(app.test_client(), cast.administrator)
    administrator.post(f"/en/needs/{need.code}/pause", data={"reason": "家中情况正在核实"})
    administrator.post(f"/en/needs/{need.code}/resume")
    secretary = sign_in(app.test_client(), cast.secretary)
    assert "家中情况正在核实" in secretary.get(f"/en/needs/{need.code}/review").text
    public = app.test_client().get(f"/en/needs/{need.code}").text
    assert ("家中情况正在核实" in public, "周书记" in public, "孙管理员" in public) == (False, False, False)


@pytest.mark.parametrize("state", [NeedState.SUBMITTED, NeedState.PUBLISHED, NeedState.WITHDRAWN])
def test_other_places_do_not_learn_that_it_exists(cast: Cast, app: Flask, state: NeedState) -> None:
    need = make_need(cast, state=state)
    for person in (cast.other_secretary, cast.other_reviewer, cast.other_administrator):
        assert sign_in(app.test_client(), person).get(f"/en/needs/{need.code}/review").status_code == 404
    for person in (cast.stranger, cast.donor, cast.treasurer, cast.operator):
        assert sign_in(app.test_client(), person).get(f"/en/needs/{need.code}/review").status_code == 403


def test_supervisor_reads_it_but_not_the_household(cast: Cast, client: FlaskClient) -> None:
    household = make_household(cast, **PRIVATE)
    need = make_need(cast, household=household)
    page = sign_in(client, cast.supervisor).get(f"/en/needs/{need.code}/review").text
    assert household.masked_name in page
    assert f"/en/households/{household.code}" not in page


def test_html_in_any_text_stays_text(cast: Cast, client: FlaskClient) -> None:
    need = make_need(
        cast,
        state=NeedState.SUBMITTED,
        title="<img src=x onerror=1>",
        story="</p><script>alert(1)</script> 十个字够了吧",
    )
    page = sign_in(client, cast.reviewer).get(f"/en/needs/{need.code}/review").text
    assert ("<script>alert" in page, "<img src=x" in page, "&lt;script&gt;" in page) == (False, False, True)
