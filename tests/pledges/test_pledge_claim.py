"""Pledging: a checked hold gets a day, a name to show and, for money, a payment code."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from sun_commune.core import codes
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, Missing, RuleBroken
from sun_commune.pledges import services
from sun_commune.pledges.models import ClaimState, Shown
from tests.cast import Cast
from tests.pledges.world import BLANKETS, FEES, acts, hold, pledge, publish_need, stock_of


def test_pledge_keeps_what_was_held(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = hold(cast.donor, need, 4)
    day = today() + timedelta(days=10)
    donor = cast.donor
    with transaction():
        services.pledge_claim(donor, claim, due_on=day, shown=Shown.REAL, message="祝您过个暖冬")
    assert (claim.state, claim.due_on, claim.half_on) == (ClaimState.PLEDGED, day, today() + timedelta(days=5))
    assert (claim.display_name, claim.message, claim.payment_code) == ("张建国", "祝您过个暖冬", None)
    assert stock_of(need) == [(4, 0)]
    assert acts()[-1] == "ClaimPledged"


def test_money_gets_a_payment_code_with_its_check_character(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, FEES, BLANKETS)
    claim = pledge(cast.donor, hold(cast.donor, need, 20_000, 1))
    assert claim.payment_code is not None
    assert codes.is_valid(claim.payment_code, "JK")
    typo = claim.payment_code[:2] + ("2" if claim.payment_code[2] != "2" else "3") + claim.payment_code[3:]
    assert not codes.is_valid(typo, "JK")


def test_hold_that_ran_out_cannot_be_pledged_though_no_job_has_ended_it(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = hold(cast.donor, need, 4)
    with time_machine.travel(now() + timedelta(minutes=30), tick=False), pytest.raises(Conflict):
        pledge(cast.donor, claim)
    assert claim.state is ClaimState.HELD


def test_second_pledge_is_a_conflict(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = pledge(cast.donor, hold(cast.donor, need, 4))
    with pytest.raises(Conflict):
        pledge(cast.donor, claim)


def test_somebody_elses_claim_is_missing(app: Flask, cast: Cast) -> None:
    claim = hold(cast.donor, publish_need(cast), 4)
    with pytest.raises(Missing):
        pledge(cast.stranger, claim)


@pytest.mark.parametrize("days", [-1, 61, 5000])
def test_day_must_lie_within_reach(app: Flask, cast: Cast, days: int) -> None:
    claim = hold(cast.donor, publish_need(cast), 4)
    with pytest.raises(RuleBroken) as caught:
        pledge(cast.donor, claim, due_on=today() + timedelta(days=days))
    assert caught.value.field == "due_on"


@pytest.mark.parametrize("days", [0, 60])
def test_first_and_last_day_are_fine(app: Flask, cast: Cast, days: int) -> None:
    claim = hold(cast.donor, publish_need(cast), 4)
    assert pledge(cast.donor, claim, due_on=today() + timedelta(days=days)).state is ClaimState.PLEDGED


@pytest.mark.parametrize("message", ["打我电话 138 0000 1234", "身份证 510723197001011234", "长" * 201])
def test_message_holds_no_private_number_and_is_short(app: Flask, cast: Cast, message: str) -> None:
    donor, claim = cast.donor, hold(cast.donor, publish_need(cast), 4)
    with pytest.raises(RuleBroken) as caught, transaction():
        services.pledge_claim(donor, claim, due_on=today(), shown=Shown.REAL, message=message)
    assert caught.value.field == "message"


@pytest.mark.parametrize("name", ["张 138 0000 1234", "510723197001011234", "６２２２０２１２３４５６７８９０１２３"])
def test_name_with_a_private_number_is_never_published(app: Flask, cast: Cast, name: str) -> None:
    donor, claim = cast.donor, hold(cast.donor, publish_need(cast), 4)
    with transaction(audited=False):
        donor.name = name
    with pytest.raises(RuleBroken, match="private number") as caught:
        pledge(donor, claim, shown=Shown.REAL)
    assert caught.value.field == "shown"
    assert pledge(donor, claim, shown=Shown.ANONYMOUS).display_name == ""


@pytest.mark.parametrize(("shown", "name"), [(Shown.REAL, "张建国"), (Shown.MASKED, "张**"), (Shown.ANONYMOUS, "")])
def test_person_is_named_as_chosen(app: Flask, cast: Cast, shown: Shown, name: str) -> None:
    assert services.shown_name(cast.donor.id, shown) == name


def test_organisation_is_marked_until_it_is_verified(app: Flask, cast: Cast) -> None:
    enterprise = cast.enterprise
    assert services.shown_name(enterprise.id, Shown.REAL) == "涪江电器有限公司（未核实）"
    assert services.shown_name(enterprise.id, Shown.MASKED) == "涪**"
    with transaction(audited=False):
        assert enterprise.organisation is not None
        enterprise.organisation.verified_at = now()
    assert services.shown_name(enterprise.id, Shown.REAL) == "涪江电器有限公司"


def test_name_is_fixed_when_pledged(app: Flask, cast: Cast) -> None:
    donor = cast.donor
    claim = pledge(donor, hold(donor, publish_need(cast), 4), shown=Shown.REAL)
    with transaction(audited=False):
        donor.name = "王五"
    db.session.refresh(claim)
    assert claim.display_name == "张建国"
