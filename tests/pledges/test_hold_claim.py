"""Holding: quantities are taken at once, all or nothing, for half an hour."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, Missing, NotEnoughLeft, RuleBroken
from sun_commune.pledges import services
from sun_commune.pledges.models import ClaimState
from tests.cast import Cast
from tests.lanes.world import close_money
from tests.pledges.world import BLANKETS, FEES, HOURS, OVEN, acts, hold, publish_need, state_of, stock_of


def test_hold_takes_part_of_several_lines(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, FEES, OVEN)
    claim = hold(cast.donor, need, 4, 20_000)
    assert claim.state is ClaimState.HELD
    assert claim.held_until == claim.created_at + timedelta(minutes=30)
    assert [(line.quantity, line.outstanding) for line in claim.lines] == [(4, 4), (20_000, 20_000)]
    assert stock_of(need) == [(4, 0), (20_000, 0), (0, 0)]
    assert state_of(need) == "partly_claimed"
    assert need.changes[-1].to_state == "partly_claimed"
    assert acts() == ["NeedProgressed", "ClaimHeld"]


def test_all_of_it_makes_the_need_claimed_and_not_open(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS)
    assert need.is_open
    hold(cast.donor, need, 10)
    assert state_of(need) == "claimed"
    assert not need.is_open


def test_more_than_is_left_says_how_much_and_takes_nothing(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, HOURS, BLANKETS)
    hold(cast.donor, need, 0, 7)
    with pytest.raises(NotEnoughLeft) as caught:
        hold(cast.other_donor, need, 1, 4)
    assert (caught.value.left, caught.value.field) == (3, "lines-2-quantity")
    assert "3 床" in str(caught.value)
    assert stock_of(need) == [(0, 0), (7, 0)]


def test_nothing_left(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS)
    hold(cast.donor, need, 10)
    with pytest.raises(NotEnoughLeft) as caught:
        hold(cast.other_donor, need, 1)
    assert caught.value.left == 0


def test_indivisible_line_is_taken_whole(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, OVEN)
    with pytest.raises(RuleBroken) as caught:
        hold(cast.donor, need, 1)
    assert caught.value.field == "lines-1-quantity"
    hold(cast.donor, need, 2)
    assert stock_of(need) == [(2, 0)]


def test_minimum_holds_but_for_the_remainder(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, {**BLANKETS, "minimum": 4})
    with pytest.raises(RuleBroken) as caught:
        hold(cast.donor, need, 3)
    assert caught.value.field == "lines-1-quantity"
    hold(cast.donor, need, 8)
    with pytest.raises(RuleBroken):
        hold(cast.other_donor, need, 1)
    hold(cast.other_donor, need, 2)
    assert stock_of(need) == [(10, 0)]


@pytest.mark.parametrize("quantity", [0, -1, 10**11 + 1, 10**30])
def test_impossible_quantities_are_refused(app: Flask, cast: Cast, quantity: int) -> None:
    need, donor = publish_need(cast), cast.donor
    wanted = {need.lines[0].id: quantity}
    with pytest.raises(RuleBroken), transaction():
        services.hold_claim(donor, need, wanted=wanted)
    assert stock_of(need) == [(0, 0)]


def test_nothing_chosen_is_refused(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    with pytest.raises(RuleBroken):
        hold(cast.donor, need)


def test_line_of_another_need_is_missing(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    other = publish_need(cast, code="XQ-2026-00002")
    donor, foreign = cast.donor, other.lines[0].id
    with pytest.raises(Missing), transaction():
        services.hold_claim(donor, need, wanted={foreign: 1})
    assert stock_of(other) == [(0, 0)]


@pytest.mark.parametrize("state", ["draft", "approved", "paused", "withdrawn", "expired", "closed"])
def test_need_that_is_not_in_the_open_takes_no_claim(app: Flask, cast: Cast, state: str) -> None:
    need = publish_need(cast, state=state)
    with pytest.raises(Conflict):
        hold(cast.donor, need, 1)
    assert stock_of(need) == [(0, 0)]


def test_need_whose_day_has_passed_takes_no_claim(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, expires_on=today() - timedelta(days=1))
    with pytest.raises(Conflict):
        hold(cast.donor, need, 1)


def test_second_hold_of_the_same_need_changes_the_first(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, HOURS)
    first = hold(cast.donor, need, 9)
    hold(cast.other_donor, need, 1)
    end = first.held_until
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        second = hold(cast.donor, need, 5, 2)
    assert (second.id, second.held_until) == (first.id, end)
    assert stock_of(need) == [(6, 0), (2, 0)]
    with pytest.raises(NotEnoughLeft) as caught:
        hold(cast.donor, need, 10)
    assert caught.value.left == 9
    assert stock_of(need) == [(6, 0), (2, 0)]


def test_change_of_a_hold_obeys_the_minimum_of_the_whole(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, {**BLANKETS, "minimum": 5})
    hold(cast.donor, need, 5)
    hold(cast.donor, need, 6)
    assert stock_of(need) == [(6, 0)]


def test_own_hold_that_ran_out_makes_way_for_a_new_one(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    first = hold(cast.donor, need, 10)
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        second = hold(cast.donor, need, 10)
    assert second.id != first.id
    assert first.state is ClaimState.EXPIRED
    assert stock_of(need) == [(10, 0)]


def test_a_donor_holds_only_so_many_claims(app: Flask, cast: Cast) -> None:
    needs = [publish_need(cast, code=f"XQ-2026-0001{number}") for number in range(6)]
    for need in needs[:5]:
        hold(cast.donor, need, 1)
    with pytest.raises(RuleBroken):
        hold(cast.donor, needs[5], 1)
    hold(cast.other_donor, needs[5], 1)
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        hold(cast.donor, needs[5], 1)


def test_money_needs_a_charity_that_may_receive_it(cast: Cast) -> None:
    close_money(cast)
    need = publish_need(cast, FEES, BLANKETS)
    with pytest.raises(RuleBroken, match="account is closed"):
        hold(cast.donor, need, 20_000)
    hold(cast.donor, need, 0, 1)
    assert stock_of(need) == [(0, 0), (1, 0)]


def test_a_claim_costs_few_statements(app: Flask, cast: Cast) -> None:
    """On a busy server each statement waits for its turn, while others wait for the need's row."""
    need = publish_need(cast, BLANKETS, FEES)
    hold(cast.donor, need, 1)  # from here on the need is partly claimed
    need_id, wanted, donor_id = need.id, {line.id: line.minimum for line in need.lines}, cast.other_donor.id
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        with transaction():
            services.hold_lines(donor_id=donor_id, need_id=need_id, wanted=wanted)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert [statement.split()[0] for statement in statements] == [
        "SELECT",  # locks the need and the donor
        "SELECT",  # what the donor holds already
        "WITH",  # takes the quantities of all lines
        "SELECT",  # asked of money alone: whether the charity's lane is open
        "INSERT",  # the claim
        "INSERT",  # its lines
        "SELECT",  # how far the need has come
        "INSERT",  # the audit trail
    ]
