"""What deliveries tell of a line: under way, brought, given back, brought in error."""

import pytest
from flask import Flask

from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, Missing
from sun_commune.pledges import services
from sun_commune.pledges.models import ClaimState
from tests.cast import Cast
from tests.pledges.world import BLANKETS, HOURS, acts, hold, pledged, publish_need, state_of, stock_of


def test_part_then_all_is_brought(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = pledged(cast.donor, need, 10)
    line, secretary = claim.lines[0].id, cast.secretary.id
    with transaction():
        services.record_line_delivery(line, 4, secretary)
    assert (stock_of(need), state_of(need)) == ([(10, 4)], "partly_fulfilled")
    assert (claim.state, claim.lines[0].outstanding) == (ClaimState.PLEDGED, 6)
    with transaction():
        services.record_line_delivery(line, 6, secretary)
    assert (stock_of(need), state_of(need)) == ([(10, 10)], "fulfilled")
    assert claim.state is ClaimState.FULFILLED
    assert claim.ended_at is not None
    assert acts()[-2:] == ["NeedProgressed", "ClaimFulfilled"]


@pytest.mark.parametrize("quantity", [0, -3, 5])
def test_never_more_than_is_promised(app: Flask, cast: Cast, quantity: int) -> None:
    need = publish_need(cast)
    claim = pledged(cast.donor, need, 4)
    pledged(cast.other_donor, need, 6)
    line = claim.lines[0].id
    with pytest.raises(Conflict), transaction():
        services.record_line_delivery(line, quantity, None)
    assert stock_of(need) == [(10, 0)]


def test_a_hold_is_not_yet_a_promise(app: Flask, cast: Cast) -> None:
    claim = hold(cast.donor, publish_need(cast), 4)
    line = claim.lines[0].id
    for act in (lambda: services.record_line_delivery(line, 1, None), lambda: services.mark_acted(line)):
        with pytest.raises(Conflict), transaction():
            act()


def test_unknown_line_is_missing(app: Flask) -> None:
    with pytest.raises(Missing), transaction():
        services.record_line_delivery(404, 1, None)


def test_released_part_is_free_again(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, BLANKETS, HOURS)
    claim = pledged(cast.donor, need, 10, 2)
    line, secretary = claim.lines[0].id, cast.secretary.id
    with transaction():
        services.release_line(line, 3, secretary, "三床已损坏，不再补寄")
    assert stock_of(need) == [(7, 0), (2, 0)]
    assert claim.state is ClaimState.PLEDGED
    assert acts()[-1] == "ClaimReleased"


def test_release_of_the_rest_ends_the_claim(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim, other = pledged(cast.donor, need, 4), pledged(cast.other_donor, need, 6)
    first, second = claim.lines[0].id, other.lines[0].id
    with transaction():
        services.record_line_delivery(first, 1, None)
        services.release_line(first, 3, None, "只到了一床")
    assert (claim.state, claim.end_reason) == (ClaimState.FULFILLED, "只到了一床")
    with transaction():
        services.release_line(second, 6, None, "包裹丢失了")
    assert other.state is ClaimState.CANCELLED
    assert (stock_of(need), state_of(need)) == ([(1, 1)], "partly_fulfilled")


def test_booked_in_error_is_promised_again(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = pledged(cast.donor, need, 10)
    line = claim.lines[0].id
    with transaction():
        services.record_line_delivery(line, 10, None)
    with transaction():
        services.undo_line_delivery(line, 10, None)
    assert (stock_of(need), state_of(need)) == ([(10, 0)], "claimed")
    assert (claim.state, claim.ended_at, claim.lines[0].outstanding) == (ClaimState.PLEDGED, None, 10)
