"""The way through the pages: choose, check, pledge, cancel; what goes wrong says so and loses nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.needs.models import Need
from sun_commune.pledges.models import Claim, ClaimState, Shown
from tests.cast import Cast, sign_in
from tests.lanes.world import close_money
from tests.pledges.world import BLANKETS, FEES, HOURS, OVEN, hold, pledged, publish_need, stock_of

KEY = "the-key-of-this-form"


def claim(client: FlaskClient, need: Need, *, once: str = KEY, **fields: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return client.post(f"/en/needs/{need.code}/claim", data={"once": once, **named})


def pledge(client: FlaskClient, code: str, *, once: str = KEY + "-2", **fields: Any) -> TestResponse:
    answers = {"due_on": (today() + timedelta(days=9)).isoformat(), "shown": "masked", "message": "愿您暖和"}
    return client.post(f"/en/claims/{code}/check", data={"once": once, **answers, **fields})


def only_claim() -> Claim:
    db.session.rollback()
    return db.session.execute(select(Claim)).scalar_one()


def count_claims() -> int:
    db.session.rollback()
    return db.session.execute(select(func.count(Claim.id))).scalar_one()


def test_from_choice_to_pledge(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, FEES, OVEN)
    sign_in(client, cast.donor)
    assert "电热毯" in client.get(f"/en/needs/{need.code}/claim").text
    sent = claim(client, need, lines_1_quantity="４", lines_2_quantity="¥ 1,200.50", lines_3_all="y")
    code = only_claim().code
    assert (sent.status_code, sent.location) == (303, f"/en/claims/{code}/check")
    page = client.get(sent.location).text
    assert "4 床" in page
    assert "¥1,200.50" in page
    assert "2 台" in page
    assert "张**" in page
    assert "绵阳市测试慈善会" in page
    held_until = only_claim().held_until
    assert held_until is not None
    done = pledge(client, code)
    assert done.status_code == 303
    made = only_claim()
    assert (made.state, made.shown, made.display_name) == (ClaimState.PLEDGED, Shown.MASKED, "张**")
    assert (made.due_on, made.message) == (today() + timedelta(days=9), "愿您暖和")
    assert stock_of(need) == [(4, 0), (120_050, 0), (2, 0)]
    assert client.get(f"/en/claims/{code}/check").status_code == 302


def test_page_says_when_the_hold_ends_by_the_local_clock(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    sign_in(client, cast.donor)
    with time_machine.travel(now().replace(hour=2, minute=10), tick=False):
        made = hold(cast.donor, need, 1)
        sign_in(client, cast.donor)
        assert "10:40" in client.get(f"/en/claims/{made.code}/check").text


def test_all_that_is_left_without_typing_a_number(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, HOURS)
    hold(cast.other_donor, need, 3)
    sign_in(client, cast.donor)
    assert "All that is left: 7 床" in client.get(f"/en/needs/{need.code}/claim").text
    claim(client, need, lines_1_all="y")
    assert stock_of(need) == [(10, 0), (0, 0)]


def test_every_line_says_how_much_is_left_and_keeps_what_was_typed(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, HOURS, FEES)
    hold(cast.other_donor, need, 9, 7)
    sign_in(client, cast.donor)
    answer = claim(client, need, lines_1_quantity="２", lines_2_quantity="5", lines_3_quantity="200")
    assert answer.status_code == 422
    assert "Only 1 床 left" in answer.text
    assert "Only one hour left" in answer.text
    assert 'value="２"' in answer.text
    assert 'value="200"' in answer.text
    assert f'value="{KEY}"' in answer.text
    assert count_claims() == 1


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "many", "9" * 40, "1e3", "²", "٣"])
def test_quantities_that_are_none(client: FlaskClient, cast: Cast, typed: str) -> None:
    need = publish_need(cast)
    sign_in(client, cast.donor)
    answer = claim(client, need, lines_1_quantity=typed)
    assert answer.status_code == 422
    assert "whole number" in answer.text
    assert stock_of(need) == [(0, 0)]


def test_race_lost_after_the_page_was_read_says_what_is_left(
    client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look before the lock found enough; the guard under the lock did not."""
    need = publish_need(cast)
    hold(cast.other_donor, need, 8)
    sign_in(client, cast.donor)
    monkeypatch.setattr("sun_commune.pledges.forms.ClaimForm.refuse_too_much", lambda _form: False)
    answer = claim(client, need, lines_1_quantity="3")
    assert answer.status_code == 422
    assert "Only 2 床 left" in answer.text
    assert stock_of(need) == [(8, 0)]


def test_nothing_chosen(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    sign_in(client, cast.donor)
    assert "Choose at least one line" in claim(client, need).text


def test_line_that_is_not_of_the_need_is_ignored(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    sign_in(client, cast.donor)
    answer = claim(client, need, lines_7_quantity="1", lines_7_all="y")
    assert answer.status_code == 422
    assert count_claims() == 0


def test_double_click_reload_and_retry_make_one_claim(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    sign_in(client, cast.donor)
    answers = [claim(client, need, lines_1_quantity="4") for _ in range(3)]
    assert {answer.location for answer in answers} == {f"/en/claims/{only_claim().code}/check"}
    assert stock_of(need) == [(4, 0)]
    code = only_claim().code
    pledges = [pledge(client, code) for _ in range(3)]
    assert [answer.status_code for answer in pledges] == [303, 303, 303]
    assert len({answer.location for answer in pledges}) == 1


def test_same_key_with_another_body_is_a_conflict(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    sign_in(client, cast.donor)
    claim(client, need, lines_1_quantity="4")
    answer = claim(client, need, lines_1_quantity="5")
    assert answer.status_code == 409
    assert 'value="5"' in answer.text
    assert stock_of(need) == [(4, 0)]


@pytest.mark.parametrize("once", ["", "x", "y" * 80])
def test_form_without_its_key_is_refused(client: FlaskClient, cast: Cast, once: str) -> None:
    need = publish_need(cast)
    sign_in(client, cast.donor)
    assert claim(client, need, once=once, lines_1_quantity="4").status_code == 422
    assert count_claims() == 0


def test_visitor_signs_in_and_finds_the_choice_again(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, OVEN)
    assert client.get(f"/en/needs/{need.code}/claim").status_code == 200
    answer = claim(client, need, lines_1_quantity="4", lines_2_all="y")
    assert answer.status_code == 303
    assert answer.location.startswith("/en/sign-in?next=")
    assert count_claims() == 0
    back = re.sub("^.*next=", "", answer.location)
    sign_in(client, cast.donor)
    page = client.get(client.application.url_map.bind("").build("root.front_door") + _unquote(back).lstrip("/")).text
    assert 'name="lines-1-quantity" type="text" value="4"' in page
    assert re.search(r'<input checked[^>]*name="lines-2-all"', page)


def _unquote(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)


def test_change_link_shows_and_changes_the_hold(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, OVEN)
    made = hold(cast.donor, need, 10, 2)
    sign_in(client, cast.donor)
    page = client.get(f"/en/needs/{need.code}/claim").text
    assert 'name="lines-1-quantity" type="text" value="10"' in page
    assert re.search(r'<input checked[^>]*name="lines-2-all"', page)
    answer = claim(client, need, lines_1_quantity="6")
    assert answer.location == f"/en/claims/{made.code}/check"
    assert stock_of(need) == [(6, 0), (0, 0)]


@pytest.mark.parametrize("who", ["secretary", "information_officer", "reviewer", "administrator"])
def test_parties_to_the_need_may_not_claim_it(client: FlaskClient, cast: Cast, who: str) -> None:
    need = publish_need(cast)
    sign_in(client, getattr(cast, who))
    assert client.get(f"/en/needs/{need.code}/claim").status_code == 403
    assert claim(client, need, lines_1_quantity="1").status_code == 403
    assert stock_of(need) == [(0, 0)]


@pytest.mark.parametrize("who", ["other_secretary", "other_reviewer", "treasurer", "enterprise"])
def test_everybody_else_may(client: FlaskClient, cast: Cast, who: str) -> None:
    need = publish_need(cast)
    sign_in(client, getattr(cast, who))
    assert claim(client, need, lines_1_quantity="1").status_code == 303


@pytest.mark.parametrize("state", ["draft", "submitted", "approved", "paused", "withdrawn"])
def test_need_that_is_not_public_is_missing(client: FlaskClient, cast: Cast, state: str) -> None:
    need = publish_need(cast, state=state)
    sign_in(client, cast.donor)
    assert client.get(f"/en/needs/{need.code}/claim").status_code == 404
    assert claim(client, need, lines_1_quantity="1").status_code == 404


def test_closed_or_wholly_claimed_need_says_so(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    hold(cast.other_donor, need, 10)
    sign_in(client, cast.donor)
    assert "Nothing of this need is left" in client.get(f"/en/needs/{need.code}/claim").text
    assert claim(client, need, lines_1_quantity="1").status_code == 409


def test_unknown_codes_are_missing(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.donor)
    for path in ("/en/needs/XQ-2026-99999/claim", "/en/claims/RL0/check", "/en/claims/RL0/cancel"):
        assert client.get(path).status_code == 404


def test_claims_of_others_are_missing(client: FlaskClient, cast: Cast) -> None:
    made = hold(cast.donor, publish_need(cast), 1)
    for who in (cast.stranger, cast.other_donor, cast.secretary, cast.administrator):
        sign_in(client, who)
        for act in ("check", "cancel"):
            assert client.get(f"/en/claims/{made.code}/{act}").status_code == 404
            assert client.post(f"/en/claims/{made.code}/{act}", data={"once": KEY}).status_code == 404


def test_visitor_is_sent_to_sign_in_from_the_check_page(client: FlaskClient, cast: Cast) -> None:
    made = hold(cast.donor, publish_need(cast), 1)
    answer = client.get(f"/en/claims/{made.code}/check")
    assert (answer.status_code, "/sign-in" in answer.location) == (302, True)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("due_on", "2020-01-01", "Choose a day from today"),
        ("due_on", "9999-12-31", "Choose a day from today"),
        ("due_on", "someday", "Enter a day"),
        ("due_on", "", "Choose a day"),
        ("shown", "", "Choose how you are shown"),
        ("shown", "admin", "hoice"),
        ("message", "我的电话是１３８００００１２３４", "mobile number"),
        ("message", "长" * 201, "At most 200 characters"),
    ],
)
def test_wrong_answers_are_named_and_the_others_kept(
    client: FlaskClient, cast: Cast, field: str, value: str, words: str
) -> None:
    made = hold(cast.donor, publish_need(cast), 1)
    sign_in(client, cast.donor)
    answer = pledge(client, made.code, **{"message": "愿您暖和", field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert value in answer.text or field == "shown"
    if field != "message":
        assert "愿您暖和" in answer.text
    assert only_claim().state is ClaimState.HELD


def test_hold_that_ran_out_offers_the_same_again(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    made = hold(cast.donor, need, 4)
    with time_machine.travel(now() + timedelta(minutes=30), tick=False):
        sign_in(client, cast.donor)
        answer = pledge(client, made.code)
        assert answer.status_code == 409
        assert "The time for checking is over" in answer.text
        assert "愿您暖和" in answer.text
        assert f"/en/needs/{need.code}/claim?lines-1-quantity=4" in answer.text


def test_pledge_is_cancelled_with_a_reason(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    made = pledged(cast.donor, need, 4)
    sign_in(client, cast.donor)
    assert "Why you cannot keep it" in client.get(f"/en/claims/{made.code}/cancel").text
    wrong = client.post(f"/en/claims/{made.code}/cancel", data={"reason": "no"})
    assert wrong.status_code == 422
    assert 'value="no"' in wrong.text
    done = client.post(f"/en/claims/{made.code}/cancel", data={"reason": "家里有急事，对不起"})
    assert done.status_code == 303
    assert stock_of(need) == [(0, 0)]
    again = client.post(f"/en/claims/{made.code}/cancel", data={"reason": "家里有急事，对不起"})
    assert again.status_code == 409


def test_hold_is_dropped_without_a_reason(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast)
    made = hold(cast.donor, need, 4)
    sign_in(client, cast.donor)
    assert client.post(f"/en/claims/{made.code}/cancel").status_code == 303
    assert stock_of(need) == [(0, 0)]


def test_titles_and_items_are_text_not_markup(client: FlaskClient, cast: Cast) -> None:
    need = publish_need(cast, {**BLANKETS, "item": "<script>alert(1)</script>"}, title="<b onload=x>毯</b>")
    made = hold(cast.donor, need, 4)
    sign_in(client, cast.donor)
    for path in (f"/en/needs/{need.code}/claim", f"/en/claims/{made.code}/check", f"/en/claims/{made.code}/cancel"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<b onload" not in page


def test_money_cannot_be_claimed_without_a_charity(app: Flask, client: FlaskClient, cast: Cast) -> None:
    close_money(cast)
    mixed = publish_need(cast, FEES, BLANKETS)
    money = publish_need(cast, FEES, code="XQ-2026-00002")
    sign_in(client, cast.donor)
    page = client.get(f"/en/needs/{mixed.code}/claim").text
    assert "account is closed" in page
    assert "lines-1-quantity" not in page
    assert claim(client, mixed, lines_1_quantity="200").status_code == 422
    assert "What is left of this need is money" in client.get(f"/en/needs/{money.code}/claim").text
    assert "Money cannot be taken on now" in client.get(f"/en/needs/{mixed.code}").text


def test_village_is_named_unverified_until_checked(client: FlaskClient, cast: Cast) -> None:
    made = hold(cast.enterprise, publish_need(cast), 1)
    sign_in(client, cast.enterprise)
    assert "涪江电器有限公司 (not verified)" in client.get(f"/en/claims/{made.code}/check").text
    with transaction(audited=False):
        assert cast.enterprise.organisation is not None
        cast.enterprise.organisation.verified_at = now()
    assert "(not verified)" not in client.get(f"/en/claims/{made.code}/check").text
