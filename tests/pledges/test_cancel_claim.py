"""Cancelling gives back exactly what was held, and only before a delivery begins."""

import pytest
from flask import Flask

from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, Missing, RuleBroken
from sun_commune.pledges import services
from sun_commune.pledges.models import Claim, ClaimState
from tests.cast import Cast
from tests.pledges.world import BLANKETS, FEES, HOURS, acts, hold, pledged, publish_need, state_of, stock_of

REASON = "家里有急事，实在对不起"


def cancel(cast: Cast, claim: Claim, reason: str = REASON) -> None:
    donor = cast.donor
    with transaction():
        services.cancel_claim(donor, claim, reason)


def test_pledge_is_cancelled_with_a_reason(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, FEES, HOURS)
    pledged(cast.other_donor, need, 3, 10_000, 1)
    before = stock_of(need)
    claim = pledged(cast.donor, need, 7, 30_000)
    assert state_of(need) == "partly_claimed"
    cancel(cast, claim)
    assert stock_of(need) == before
    assert (claim.state, claim.end_reason) == (ClaimState.CANCELLED, REASON)
    assert claim.ended_at is not None
    assert [line.released for line in claim.lines] == [7, 30_000]
    assert acts()[-1] == "ClaimCancelled"


def test_need_opens_again(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = hold(cast.donor, need, 10)
    assert not need.is_open
    cancel(cast, claim, "")
    assert (state_of(need), need.is_open) == ("published", True)


@pytest.mark.parametrize("reason", ["", "太短", "长" * 101, "我的电话13800001234，请打"])
def test_pledge_needs_a_fit_reason(app: Flask, cast: Cast, reason: str) -> None:
    claim = pledged(cast.donor, publish_need(cast), 4)
    with pytest.raises(RuleBroken) as caught:
        cancel(cast, claim, reason)
    assert caught.value.field == "reason"
    assert claim.state is ClaimState.PLEDGED


def test_second_cancel_is_a_conflict_and_restores_nothing_twice(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = pledged(cast.donor, need, 4)
    cancel(cast, claim)
    with pytest.raises(Conflict):
        cancel(cast, claim)
    assert stock_of(need) == [(0, 0)]


def test_delivery_under_way_stops_it(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = pledged(cast.donor, need, 4)
    with transaction(audited=False):
        services.mark_acted(claim.lines[0].id)
    with pytest.raises(Conflict):
        cancel(cast, claim)
    assert stock_of(need) == [(4, 0)]


def test_somebody_elses_claim_is_missing(app: Flask, cast: Cast) -> None:
    claim, stranger = pledged(cast.donor, publish_need(cast), 4), cast.stranger
    with pytest.raises(Missing), transaction():
        services.cancel_claim(stranger, claim, REASON)
