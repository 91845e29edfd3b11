"""Disputes: said by one side, settled by a third, and everything that had counted is undone first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sun_commune.core.clock import now
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.deliveries import services
from sun_commune.deliveries.models import Delivery, DeliveryState, Settlement, ValueBasis
from sun_commune.pledges.models import ClaimState
from tests.cast import Cast
from tests.deliveries.world import (
    accept,
    agree,
    bring,
    claim_line,
    in_transaction,
    promise,
    receive,
    report,
    send,
    state,
    stock,
    transfers,
)

S = DeliveryState
REASON = "收到的不是电热毯"


def dispute(actor: Any, delivery: Delivery, reason: str = REASON) -> Delivery:
    return in_transaction(services.dispute_delivery, actor, delivery, reason=reason)


def settle(actor: Any, delivery: Delivery, outcome: Settlement, **values: Any) -> Delivery:
    given = {"text": "双方说明后认定如此", **values}
    return in_transaction(services.settle_dispute, actor, delivery, outcome=outcome, **given)


def test_county_accepts_part_and_it_is_posted(cast: Cast) -> None:
    claim = promise(cast, 5)
    delivery = send(cast.donor, claim, 5)
    receive(cast.secretary, delivery, 5)
    dispute(cast.secretary, delivery)
    assert (state(delivery), delivery.dispute_reason) == (S.DISPUTED, REASON)
    settle(cast.administrator, delivery, Settlement.ACCEPTED, quantity=3, value_fen=30_000,
           value_basis=ValueBasis.MARKET)  # fmt: skip
    assert state(delivery) is S.ACCEPTED
    assert claim_line(claim) == (3, 0, False)
    assert transfers()[0].amount_fen == 30_000
    assert (delivery.settled_as, delivery.settled_by) == (Settlement.ACCEPTED, cast.administrator.id)


def test_returned_goods_may_be_brought_again(cast: Cast) -> None:
    claim = promise(cast, 2)
    delivery = send(cast.donor, claim)
    dispute(cast.donor, delivery, "包裹在路上丢失了")
    assert claim_line(claim)[2], "a dispute keeps the promise from being released"
    settle(cast.administrator, delivery, Settlement.RETURNED)
    assert (state(delivery), claim_line(claim)) == (S.CANCELLED, (0, 0, False))
    assert send(cast.donor, claim).state is S.IN_TRANSIT


def test_released_goods_are_open_to_others(cast: Cast) -> None:
    claim = promise(cast, 2)
    delivery = send(cast.donor, claim)
    dispute(cast.secretary, delivery)
    settle(cast.administrator, delivery, Settlement.RELEASED)
    assert claim_line(claim) == (0, 2, False)
    assert stock(claim.need_id)[0] == (0, 0)
    assert claim.state is ClaimState.CANCELLED


def test_dispute_after_acceptance_reverses_the_entry(cast: Cast) -> None:
    claim = promise(cast, 5)
    delivery = send(cast.donor, claim, 5)
    receive(cast.secretary, delivery, 5)
    accept(cast.secretary, delivery, 5, value_fen=50_000)
    dispute(cast.donor, delivery, "价值写错了，应为发票价")
    assert stock(claim.need_id)[0] == (5, 5), "it counts until the county has decided"
    settle(cast.administrator, delivery, Settlement.ACCEPTED, quantity=4, value_fen=48_000,
           value_basis=ValueBasis.INVOICE)  # fmt: skip
    gift, reversal, anew = transfers()
    assert reversal.reverses_id == gift.id
    assert (anew.amount_fen, anew.value_basis, anew.uid) == (48_000, "invoice", delivery.transfer_uid)
    assert stock(claim.need_id)[0] == (5, 4)
    assert claim_line(claim) == (4, 0, False)


def test_release_after_part_was_sent_again_gives_back_only_what_is_left(cast: Cast) -> None:
    claim = promise(cast, 5)
    first = send(cast.donor, claim, 5)
    receive(cast.secretary, first, 5)
    accept(cast.secretary, first, 3)
    bring(cast, claim, 2)
    dispute(cast.secretary, first, "用了两天就坏了")
    settle(cast.administrator, first, Settlement.RELEASED)
    assert claim_line(claim) == (2, 3, False)
    assert stock(claim.need_id)[0] == (2, 2)
    assert claim.state is ClaimState.FULFILLED


def test_county_cannot_count_more_than_is_promised_still(cast: Cast) -> None:
    claim = promise(cast, 5)
    first = send(cast.donor, claim, 5)
    receive(cast.secretary, first, 5)
    accept(cast.secretary, first, 3)
    bring(cast, claim, 2)
    dispute(cast.donor, first, "我寄的五床都收到了")
    with pytest.raises(RuleBroken) as caught:
        settle(cast.administrator, first, Settlement.ACCEPTED, quantity=4, value_fen=1, value_basis=ValueBasis.MARKET)
    assert caught.value.field == "quantity"


def test_disputed_work_is_settled_without_the_ledger(cast: Cast) -> None:
    claim = promise(cast, 0, 0, 0, 8)
    delivery = agree(cast.donor, claim, 8)
    in_transaction(services.mark_done, cast.donor, delivery)
    dispute(cast.secretary, delivery, "只干了半天就走了")
    settle(cast.administrator, delivery, Settlement.ACCEPTED, quantity=4)
    assert (state(delivery), transfers()) == (S.CONFIRMED, [])
    assert claim_line(claim) == (4, 0, False)


def test_county_never_says_that_money_arrived(cast: Cast) -> None:
    claim = promise(cast, 0, 100_000)
    delivery = report(cast.donor, claim, 50_000)
    dispute(cast.donor, delivery, "早就转了还没有入账")
    with pytest.raises(RuleBroken) as caught:
        settle(cast.administrator, delivery, Settlement.ACCEPTED, quantity=50_000)
    assert caught.value.field == "outcome"
    settle(cast.administrator, delivery, Settlement.RELEASED)
    assert claim_line(claim) == (0, 50_000, False)


def test_only_the_sides_dispute_and_only_their_county_settles(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    for person in (cast.other_donor, cast.other_secretary, cast.reviewer, cast.administrator, cast.treasurer):
        with pytest.raises(NotAllowed):
            dispute(person, delivery)
    dispute(cast.information_officer, delivery)
    for person in (cast.donor, cast.secretary, cast.other_administrator, cast.supervisor):
        with pytest.raises(NotAllowed):
            settle(person, delivery, Settlement.RETURNED)
    settle(cast.administrator, delivery, Settlement.RETURNED)
    with pytest.raises(Conflict):
        settle(cast.administrator, delivery, Settlement.RETURNED)


def test_an_administrator_who_gave_does_not_judge(cast: Cast) -> None:
    claim = promise(cast, 2, donor=cast.administrator)
    delivery = send(cast.administrator, claim)
    dispute(cast.secretary, delivery)
    with pytest.raises(NotAllowed):
        settle(cast.administrator, delivery, Settlement.ACCEPTED, quantity=2, value_fen=1,
               value_basis=ValueBasis.MARKET)  # fmt: skip


@pytest.mark.parametrize("reason", ["", "太短", "长" * 101, "打13812345678问我吧"])
def test_a_dispute_says_why(cast: Cast, reason: str) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    with pytest.raises(RuleBroken) as caught:
        dispute(cast.secretary, delivery, reason)
    assert caught.value.field == "reason"
    assert state(delivery) is S.IN_TRANSIT


def test_settling_goods_needs_quantity_and_value(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    dispute(cast.secretary, delivery)
    full = {"quantity": 2, "value_fen": 20_000, "value_basis": ValueBasis.MARKET}
    for missing in full:
        with pytest.raises(RuleBroken) as caught:
            settle(cast.administrator, delivery, Settlement.ACCEPTED, **{**full, missing: None})
        assert caught.value.field == missing
    assert (state(delivery), transfers()) == (S.DISPUTED, [])


def test_what_was_closed_long_ago_is_not_disputed(cast: Cast) -> None:
    delivery = bring(cast, promise(cast, 2))
    with transaction(audited=False):
        delivery.accepted_at = now() - timedelta(days=31)
    with pytest.raises(Conflict):
        dispute(cast.donor, delivery)
