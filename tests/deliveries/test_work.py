"""Service and hours: a day agreed, done, confirmed by the village; nothing of it enters the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sun_commune.core.clock import today
from sun_commune.core.errors import Conflict, Missing, NotAllowed, RuleBroken
from sun_commune.deliveries import services
from sun_commune.deliveries.models import DeliveryState
from sun_commune.pledges.models import Claim, ClaimState
from tests.cast import Cast
from tests.deliveries.world import agree, claim_line, in_transaction, promise, state, stock, transfers

S = DeliveryState


@pytest.fixture
def claim(cast: Cast) -> Claim:
    """Eight promised hours."""
    return promise(cast, 0, 0, 0, 8)


def test_hours_are_agreed_done_and_confirmed(cast: Cast, claim: Claim) -> None:
    delivery = agree(cast.donor, claim, 8)
    assert (delivery.state, delivery.planned_on) == (S.AGREED, today())
    in_transaction(services.mark_done, cast.donor, delivery)
    assert state(delivery) is S.DONE
    in_transaction(services.confirm_work, cast.secretary, delivery, quantity=8)
    assert state(delivery) is S.CONFIRMED
    assert claim.state is ClaimState.FULFILLED
    assert stock(claim.need_id)[3] == (8, 8)
    assert transfers() == []


def test_fewer_hours_leave_the_rest_promised(cast: Cast, claim: Claim) -> None:
    delivery = agree(cast.donor, claim, 8)
    in_transaction(services.mark_done, cast.donor, delivery)
    for quantity in (0, 9):
        with pytest.raises(RuleBroken):
            in_transaction(services.confirm_work, cast.secretary, delivery, quantity=quantity)
    in_transaction(services.confirm_work, cast.secretary, delivery, quantity=5)
    assert claim_line(claim) == (5, 0, False)
    assert agree(cast.donor, claim, 3).quantity == 3


def test_each_side_does_its_own_part(cast: Cast, claim: Claim) -> None:
    with pytest.raises(Missing):
        agree(cast.secretary, claim)
    delivery = agree(cast.donor, claim, 8)
    for person in (cast.secretary, cast.other_donor):
        with pytest.raises(NotAllowed):
            in_transaction(services.mark_done, person, delivery)
    with pytest.raises(Conflict):
        in_transaction(services.confirm_work, cast.secretary, delivery, quantity=8)
    in_transaction(services.mark_done, cast.donor, delivery)
    for person in (cast.donor, cast.other_secretary, cast.administrator):
        with pytest.raises(NotAllowed):
            in_transaction(services.confirm_work, person, delivery, quantity=8)


def test_the_day_lies_ahead(cast: Cast, claim: Claim) -> None:
    for day in (today() - timedelta(days=1), today() + timedelta(days=365)):
        with pytest.raises(RuleBroken) as caught:
            agree(cast.donor, claim, 1, planned_on=day)
        assert caught.value.field == "planned_on"


def test_work_is_not_sent_and_goods_are_not_agreed(cast: Cast, claim: Claim) -> None:
    from tests.deliveries.world import report, send

    with pytest.raises(Missing):
        send(cast.donor, claim)
    with pytest.raises(Missing):
        report(cast.donor, claim, 1)
