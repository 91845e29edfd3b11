"""Timed work: holds end, donors are reminded, what was not begun is released; once each, day by day in Shanghai."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from sun_commune.pledges import jobs, services
from sun_commune.pledges.events import ClaimReminded
from sun_commune.pledges.models import ClaimState
from tests.cast import Cast
from tests.pledges.world import BLANKETS, HOURS, acts, hold, pledge, pledged, publish_need, state_of, stock_of

START = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai


@pytest.fixture
def clock() -> object:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)  # nine in Shanghai


def test_hold_ends_after_half_an_hour_and_only_once(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    need = publish_need(cast, BLANKETS, HOURS)
    claim = hold(cast.donor, need, 10, 3)
    other = pledged(cast.other_donor, need, 0, 2)
    clock.shift(timedelta(minutes=30) - timedelta(seconds=1))
    assert jobs.release_expired_holds() == 0
    clock.shift(timedelta(seconds=1))
    assert jobs.release_expired_holds() == 1
    assert jobs.release_expired_holds() == 0
    assert (claim.state, claim.end_reason) == (ClaimState.EXPIRED, "hold_ended")
    assert other.state is ClaimState.PLEDGED
    assert stock_of(need) == [(0, 0), (2, 0)]
    assert acts().count("ClaimExpired") == 1


def test_more_than_one_batch_and_a_bad_one_in_between(
    app: Flask, cast: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    donors = [cast.user(f"捐赠者{number}") for number in range(5)]
    claims = [hold(donor, publish_need(cast, code=f"XQ-2026-0001{n}"), 1) for n, donor in enumerate(donors)]
    clock.shift(timedelta(minutes=31))
    bad, real = claims[1].id, services.expire_hold

    def fail_for_one(claim_id: int) -> bool:
        if claim_id == bad:
            raise ZeroDivisionError
        return real(claim_id)

    monkeypatch.setattr(services, "expire_hold", fail_for_one)
    assert jobs.release_expired_holds() == 4
    monkeypatch.setattr(services, "expire_hold", real)
    assert jobs.release_expired_holds() == 1


def reminders(heard: list[ClaimReminded]) -> list[bool]:
    return [event.is_last for event in heard]


@pytest.fixture
def heard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[ClaimReminded]:
    from sun_commune.core import events

    found: list[ClaimReminded] = []
    monkeypatch.setitem(events._listeners, ClaimReminded, [found.append])
    return found


def test_reminded_at_half_time_and_on_the_last_day(
    app: Flask, cast: Cast, clock: time_machine.Traveller, heard: list[ClaimReminded]
) -> None:
    claim = pledged(cast.donor, publish_need(cast), 4, due_on=date(2026, 12, 11))
    for day, expected in ((2, []), (5, []), (6, [False]), (7, [False]), (10, [False]), (11, [False, True])):
        clock.move_to(morning(date(2026, 12, day)))
        jobs.remind_claims()
        jobs.remind_claims()
        assert reminders(heard) == expected, day
    assert claim.reminded_half_at is not None
    assert claim.reminded_last_at is not None
    assert claim.state is ClaimState.PLEDGED


def test_short_pledge_gets_one_reminder_on_its_day(
    app: Flask, cast: Cast, clock: time_machine.Traveller, heard: list[ClaimReminded]
) -> None:
    pledged(cast.donor, publish_need(cast), 4, due_on=today())
    jobs.remind_claims()
    jobs.remind_claims()
    assert reminders(heard) == [True]


@pytest.mark.parametrize("hour", [0, 7, 21, 23])
def test_nobody_is_reminded_at_night(
    app: Flask, cast: Cast, clock: time_machine.Traveller, heard: list[ClaimReminded], hour: int
) -> None:
    pledged(cast.donor, publish_need(cast), 4, due_on=today())
    clock.move_to(datetime(2026, 12, 1, tzinfo=UTC) + timedelta(hours=hour - 8))
    jobs.remind_claims()
    assert heard == []


def test_who_has_begun_is_not_reminded(
    app: Flask, cast: Cast, clock: time_machine.Traveller, heard: list[ClaimReminded]
) -> None:
    claim = pledged(cast.donor, publish_need(cast), 4, due_on=today())
    with transaction(audited=False):
        services.mark_acted(claim.lines[0].id)
    jobs.remind_claims()
    assert heard == []


def test_released_when_the_day_is_over_in_shanghai(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    need = publish_need(cast)
    claim = pledged(cast.donor, need, 10, due_on=date(2026, 12, 8))
    clock.move_to(datetime(2026, 12, 8, 15, 59, 59, tzinfo=UTC))
    assert jobs.release_overdue_claims() == 0
    clock.move_to(datetime(2026, 12, 8, 16, 0, 0, tzinfo=UTC))  # midnight in Shanghai
    assert jobs.release_overdue_claims() == 1
    assert jobs.release_overdue_claims() == 0
    assert (claim.state, claim.end_reason) == (ClaimState.EXPIRED, "overdue")
    assert (stock_of(need), state_of(need)) == ([(0, 0)], "published")


def test_year_turns_in_shanghai(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    pledged(cast.donor, publish_need(cast), 1, due_on=date(2026, 12, 31))
    clock.move_to(datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
    assert jobs.release_overdue_claims() == 0
    clock.move_to(datetime(2026, 12, 31, 16, 0, tzinfo=UTC))
    assert jobs.release_overdue_claims() == 1


def test_lines_under_way_stay_when_the_rest_is_released(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    need = publish_need(cast, BLANKETS, HOURS)
    claim = pledged(cast.donor, need, 10, 3)
    blankets = claim.lines[0].id
    with transaction(audited=False):
        services.mark_acted(blankets)
    clock.shift(timedelta(days=20))
    assert jobs.release_overdue_claims() == 1
    assert jobs.release_overdue_claims() == 0
    assert claim.state is ClaimState.PLEDGED
    assert stock_of(need) == [(10, 0), (0, 0)]
    assert acts()[-1] == "ClaimReleased"
    with transaction():
        services.record_line_delivery(blankets, 4, None)
        services.mark_idle(blankets)
    assert jobs.release_overdue_claims() == 1
    assert (claim.state, stock_of(need)) == (ClaimState.FULFILLED, [(4, 4), (0, 0)])


def test_release_came_first_so_the_delivery_is_a_conflict(
    app: Flask, cast: Cast, clock: time_machine.Traveller
) -> None:
    claim = pledged(cast.donor, publish_need(cast), 4)
    line = claim.lines[0].id
    clock.shift(timedelta(days=20))
    jobs.release_overdue_claims()
    for act in (lambda: services.mark_acted(line), lambda: services.record_line_delivery(line, 1, None)):
        with pytest.raises(Conflict), transaction():
            act()


def set_state(need: Need, state: NeedState) -> None:
    with transaction(audited=False):
        need.state = state


def test_paused_need_stops_the_clock_and_gives_days_afterwards(
    app: Flask, cast: Cast, clock: time_machine.Traveller, heard: list[ClaimReminded]
) -> None:
    need = publish_need(cast)
    claim = pledged(cast.donor, need, 4, due_on=date(2026, 12, 8))
    set_state(need, NeedState.PAUSED)
    clock.move_to(morning(date(2026, 12, 8)))
    jobs.remind_claims()
    clock.move_to(morning(date(2026, 12, 20)))
    assert jobs.release_overdue_claims() == 0
    assert heard == []
    set_state(need, NeedState.PARTLY_CLAIMED)
    need_id = need.id
    with transaction(audited=False):
        services.extend_dates(need_id)
    assert claim.due_on == date(2026, 12, 23)
    assert jobs.release_overdue_claims() == 0


def test_job_on_a_claim_that_moved_on_does_nothing(app: Flask, cast: Cast) -> None:
    claim = pledge(cast.donor, hold(cast.donor, publish_need(cast), 4))
    number, before = claim.id, acts()
    tries: list[Callable[[int], bool]] = [
        services.expire_hold, services.remind_claim, services.release_overdue_claim,
    ]  # fmt: skip
    for act in tries:
        with transaction():
            assert act(number) is False
    assert acts() == before
