"""The public page, and what closed lanes mean for needs and claims."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from sun_commune.core.clock import now, today
from sun_commune.core.db import transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.needs import services as needs
from sun_commune.needs.states import NeedState
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, ClaimState, Shown
from tests.cast import Cast, sign_in
from tests.deliveries import world as deliveries
from tests.factories import BLANKET, FERTILISER_MONEY, make_household, make_need
from tests.lanes.world import CAMPAIGN, CHARITY, change, close_money


def held(cast: Cast, *quantities: int) -> Claim:
    need, donor = make_need(cast, lines=deliveries.ALL_LINES), cast.donor
    wanted = {line.id: quantity for line, quantity in zip(need.lines, quantities, strict=False) if quantity}
    with transaction():
        return pledges.hold_claim(donor, need, wanted=wanted)


def test_nothing_named_yet(client: FlaskClient) -> None:
    page = client.get("/en/lanes").text
    assert "No charity has been named yet" in page
    assert page.count("Why it is closed") == 2
    assert "No charity has been named yet" not in client.get("/en/about").text
    assert "Gifts of money cannot be taken now" in client.get("/en/about").text


def test_open_lanes_say_who_holds_the_money(client: FlaskClient, cast: Cast) -> None:
    assert cast.donor.name
    page = client.get("/en/lanes").text
    for words in (CHARITY["charity_name"], CHARITY["credit_code"], CHARITY["certificate_number"]):
        assert words in page
    assert CHARITY["account_number"] not in page.replace(" ", "")
    assert "Why it is closed" in page  # of lane C
    assert page.count("Not filled in yet") == 1


def test_closed_lane_says_what_is_missing(client: FlaskClient, cast: Cast) -> None:
    change(cast, certificate_number="", valid_until=None)
    page = client.get("/en/lanes").text
    assert "Not filled in yet: Number of the public-fundraising certificate." in page


def test_campaign_is_a_link_out_with_its_filing_number(client: FlaskClient, cast: Cast) -> None:
    change(cast, **CAMPAIGN)
    page = client.get("/en/lanes").text
    assert f'href="{CAMPAIGN["campaign_url"]}" rel="external noopener noreferrer"' in page
    assert CAMPAIGN["campaign_filing_number"] in page
    assert "We get no money from there and count nothing of it" in page


def test_need_for_money_is_drafted_reviewed_but_not_published(client: FlaskClient, cast: Cast) -> None:
    close_money(cast)
    need = make_need(cast, lines=(FERTILISER_MONEY,), household=make_household(cast), state=NeedState.APPROVED)
    sign_in(client, cast.administrator)
    answer = client.post(f"/en/needs/{need.code}/publish")
    assert answer.status_code == 422
    assert "no lane can take money now" in answer.text
    assert "The charity takes nothing on this lane at the moment" in answer.text
    assert "Name of the campaign" in answer.text
    assert need.state is NeedState.APPROVED


def test_need_for_goods_is_published_all_the_same(cast: Cast) -> None:
    close_money(cast)
    assert make_need(cast, lines=(BLANKET,)).state is NeedState.PUBLISHED


def test_campaign_alone_lets_money_needs_be_published_but_not_claimed(client: FlaskClient, cast: Cast) -> None:
    change(cast, takes_account=False, **CAMPAIGN)
    need = make_need(cast, lines=(FERTILISER_MONEY,))
    assert need.state is NeedState.PUBLISHED
    page = client.get(f"/en/needs/{need.code}/claim").text
    assert CAMPAIGN["campaign_url"] in page
    assert "Go on and check" not in page


def test_certificate_that_ran_out_closes_by_itself(cast: Cast) -> None:
    last = today() + timedelta(days=3)
    change(cast, valid_until=last)
    need = make_need(cast, lines=(FERTILISER_MONEY,), state=NeedState.APPROVED)
    administrator = cast.administrator
    later = time_machine.travel(now() + timedelta(days=4), tick=False)
    with later, pytest.raises(RuleBroken, match="was valid until"), transaction():
        needs.publish_need(administrator, need)


def test_published_need_for_money_says_so_and_takes_none(client: FlaskClient, cast: Cast) -> None:
    need = make_need(cast, lines=(FERTILISER_MONEY, BLANKET))
    assert "Money cannot be taken on now" not in client.get(f"/en/needs/{need.code}").text
    close_money(cast)
    page = client.get(f"/en/needs/{need.code}").text
    assert "Money cannot be taken on now" in page
    assert "/en/lanes" in page
    donor, money, blanket = cast.donor, need.lines[0].id, need.lines[1].id
    with pytest.raises(RuleBroken, match="account is closed"), transaction():
        pledges.hold_claim(donor, need, wanted={money: 1000, blanket: 1})
    with transaction():
        pledges.hold_claim(donor, need, wanted={blanket: 1})


def test_hold_of_money_is_not_pledged_after_the_lane_closed(client: FlaskClient, cast: Cast) -> None:
    claim = held(cast, 1, 1000)
    close_money(cast)
    sign_in(client, cast.donor)
    form = {"once": "a key of the test", "due_on": today().isoformat(), "shown": "masked", "message": "祝您过个暖冬"}
    answer = client.post(f"/en/claims/{claim.code}/check", data=form)
    assert answer.status_code == 422
    assert "account is closed" in answer.text
    assert "祝您过个暖冬" in answer.text
    assert claim.state is ClaimState.HELD


def test_pledge_keeps_the_charity_of_its_day(client: FlaskClient, cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 1000)
    first = claim.lane_version_id
    assert first is not None
    second = change(cast, account_number="9999000056780001").id
    assert second != first
    sign_in(client, cast.donor)
    page = client.get(f"/en/claims/{claim.code}").text
    assert "9999 0000 5678 0001" in page
    assert "has changed since you pledged" in page
    assert claim.lane_version_id == first
    goods = deliveries.promise(cast, 1)
    assert goods.lane_version_id is None


def test_pledged_money_shows_no_account_while_the_lane_is_closed(client: FlaskClient, cast: Cast) -> None:
    claim = deliveries.promise(cast, 0, 1000)
    close_money(cast)
    sign_in(client, cast.donor)
    page = client.get(f"/en/claims/{claim.code}").text
    assert "1234 0000 5678 0000" not in page
    assert "Please do not transfer anything now" in page
    # What was on its way all the same is booked: it arrived in the charity's account.
    assert deliveries.record(cast.treasurer, claim.payment_code, 1000)


def test_mixed_claim_by_hand_needs_a_lane_only_for_money(cast: Cast) -> None:
    claim = held(cast, 2)
    close_money(cast)
    donor = cast.donor
    with transaction():
        pledges.pledge_claim(donor, claim, due_on=today(), shown=Shown.MASKED)
    assert claim.lane_version_id is None
