"""What opens a choice, for whom, about how much; and what lets it lapse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from sun_commune.choices import jobs, services
from sun_commune.choices.models import ChoiceState, Occasion
from sun_commune.choices.shares import NOBODY, shares
from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import TransferKind
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from tests.cast import Cast
from tests.choices.world import (
    REASON,
    act,
    arrive,
    choices,
    entries,
    findings,
    give,
    left_over,
    money_need,
    open_fen,
    promise,
    withdraw,
)
from tests.ledger import books


@pytest.fixture(autouse=True)
def _app(app: Flask) -> None:
    """All of it lives in an application."""


def expire(need: Need) -> None:
    with transaction(audited=False):
        need.expires_on = today() - timedelta(days=1)
    with transaction():
        needs.expire_need(need)


def test_a_withdrawn_need_asks_each_of_its_donors(cast: Cast) -> None:
    need = money_need(cast)
    first, second = give(cast, need, 50_000), give(cast, need, 30_000, cast.other_donor)
    assert choices() == []
    withdraw(cast, need)
    found = choices()
    assert [(row.claim_code, row.amount_fen, row.donor_id) for row in found] == [
        (first.code, 50_000, cast.donor.id),
        (second.code, 30_000, cast.other_donor.id),
    ]
    assert {row.occasion for row in found} == {Occasion.NEED_WITHDRAWN}
    assert {row.due_on for row in found} == {today() + timedelta(days=30)}
    assert {(row.county_code, row.category) for row in found} == {("510723", "production_technology")}
    assert findings() == []


def test_an_expired_need_and_one_that_is_closed_after_it(cast: Cast) -> None:
    need = money_need(cast)
    give(cast, need, 50_000)
    expire(need)
    assert [row.occasion for row in choices()] == [Occasion.NEED_EXPIRED]
    act(needs.close_need, cast.administrator, need, REASON)
    assert len(choices()) == 1, "asked once, however often it ends"


def test_a_need_that_was_met_asks_about_what_was_not_spent(cast: Cast) -> None:
    need = money_need(cast, 50_000)
    claim = give(cast, need, 50_000)
    books.spend(cast.treasurer, cast.second_treasurer, need_code=need.code, amount_fen=42_000, spent_on=today())
    assert need.state is NeedState.FULFILLED
    act(needs.close_need, cast.administrator, need, REASON)
    assert open_fen(need) == {claim.code: 8_000}
    assert choices()[0].occasion is Occasion.NEED_CLOSED


def test_papers_that_wait_keep_their_money(cast: Cast) -> None:
    need = money_need(cast)
    first, second = give(cast, need, 50_000), give(cast, need, 30_000, cast.other_donor)
    voucher = books.draft(cast.treasurer, need_code=need.code, amount_fen=60_000, spent_on=today())
    withdraw(cast, need)
    assert open_fen(need) == {second.code: 20_000}, "the oldest money goes out first"
    act(ledger.refuse_voucher, cast.second_treasurer, voucher, "发票抬头不对，请更正")
    assert open_fen(need) == {first.code: 50_000, second.code: 30_000}
    assert {row.occasion for row in choices(claim_code=first.code)} == {Occasion.LEFT_OVER}


def test_a_paper_that_is_withdrawn_gives_its_money_back_to_the_question(cast: Cast) -> None:
    need, claim, _choice = left_over(cast)
    voucher = books.draft(cast.treasurer, need_code=need.code, amount_fen=20_000, spent_on=today())
    assert open_fen(need) == {claim.code: 30_000}
    act(ledger.withdraw_voucher, cast.treasurer, voucher)
    assert open_fen(need) == {claim.code: 50_000}


def test_a_paper_that_comes_later_takes_what_nobody_has_decided_about(cast: Cast) -> None:
    """An invoice for what was promised goes before a change of purpose."""
    need, claim, choice = left_over(cast)
    books.draft(cast.treasurer, need_code=need.code, amount_fen=20_000, spent_on=today())
    assert open_fen(need) == {claim.code: 30_000}
    books.draft(cast.treasurer, need_code=need.code, amount_fen=30_000, spent_on=today())
    assert open_fen(need) == {}
    (choice,) = choices()
    assert (choice.state, choice.ended_at is not None) == (ChoiceState.LAPSED, True)
    assert findings() == []


def test_money_that_comes_after_the_end_is_asked_about_too(cast: Cast) -> None:
    need = money_need(cast)
    claim = promise(cast.donor, need, 40_000)
    expire(need)
    assert choices() == []
    arrive(cast.treasurer, claim, 40_000)
    assert open_fen(need) == {claim.code: 40_000}


def test_a_gift_that_is_taken_back_is_no_choice_any_more(cast: Cast) -> None:
    need, _claim, _choice = left_over(cast)
    (gift,) = entries(TransferKind.GIFT)
    books.reverse(gift)
    assert open_fen(need) == {}
    assert findings() == []


def test_a_gift_of_nobody_waits_for_the_default_alone(cast: Cast) -> None:
    need = money_need(cast)
    books.give(need_code=need.code, claim_code=None, amount_fen=10_000, business_on=today())
    withdraw(cast, need)
    assert [(row.claim_code, row.donor_id, row.amount_fen) for row in choices()] == [(None, None, 10_000)]


def test_the_daily_job_finds_what_was_missed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    need = money_need(cast)
    claim = give(cast, need, 50_000)
    with monkeypatch.context() as deaf:
        deaf.setattr(services, "settle_fund", lambda *_args, **_values: 0)
        withdraw(cast, need)
    assert choices() == []
    assert jobs.open_missed_choices() == 1
    assert open_fen(need) == {claim.code: 50_000}
    assert jobs.open_missed_choices() == 0, "again: nothing more"


def test_a_pause_waits_and_an_open_need_takes_its_money_back(cast: Cast) -> None:
    need = money_need(cast)
    claim = give(cast, need, 50_000)
    expire(need)
    assert open_fen(need) == {claim.code: 50_000}
    with transaction(audited=False):
        need.state = NeedState.PAUSED
    assert act(services.settle_fund, need.code, occasion=Occasion.LEFT_OVER, actor_id=None) == 0
    assert open_fen(need) == {claim.code: 50_000}
    with transaction(audited=False):
        need.expires_on = today() + timedelta(days=20)
    act(needs.resume_need, cast.administrator, need)
    assert open_fen(need) == {}
    assert [row.state for row in choices()] == [ChoiceState.LAPSED]


def test_a_need_without_money_opens_nothing(cast: Cast) -> None:
    need = money_need(cast)
    withdraw(cast, need)
    assert choices() == []


PIECES = st.lists(st.tuples(st.sampled_from(["A", "B", "C", NOBODY]), st.integers(1, 50)), max_size=8)


@given(PIECES, st.dictionaries(st.sampled_from(["A", "B", "C"]), st.integers(1, 60)), st.integers(0, 120))
def test_shares_give_away_what_is_left_and_not_more(
    layers: list[tuple[str, int]], back: dict[str, int], reserved: int
) -> None:
    total = sum(fen for _claim, fen in layers)
    found = shares(layers, back, reserved)
    assert sum(found.values()) == max(0, total - reserved - sum(back.values()))
    for claim, fen in found.items():
        assert 0 < fen <= sum(part for owner, part in layers if owner == claim)


def test_shares_take_a_promise_from_its_own_layers_first() -> None:
    layers = [("A", 50), ("B", 50), ("A", 50)]
    assert shares(layers, {}, 0) == {"A": 100, "B": 50}
    assert shares(layers, {}, 60) == {"A": 50, "B": 40}
    assert shares(layers, {"B": 50}, 0) == {"A": 100}
    assert shares(layers, {"B": 70}, 0) == {"A": 80}, "what its own does not hold comes out of the oldest"
    assert shares(layers, {"A": 60}, 50) == {"A": 40}, "its own first layer and ten of the last, then a paper takes B's"
