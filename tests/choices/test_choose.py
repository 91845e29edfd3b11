"""The donor chooses: back, another need, the pool; all of it or a part. Nobody gets more than is open."""

from __future__ import annotations

import pytest
from flask import Flask

from sun_commune.choices import services
from sun_commune.choices.models import ChoiceState, Route
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, Missing, RuleBroken, SunError
from sun_commune.deliveries.models import Delivery, DeliveryMethod, DeliveryState
from sun_commune.ledger import queries as ledger
from sun_commune.ledger.models import TransferKind
from sun_commune.needs.models import Category, LineKind
from sun_commune.needs.rules import LineInput
from sun_commune.needs.states import NeedState
from sun_commune.pledges.models import Claim, ClaimState, Shown
from tests.cast import YANGWUGOU, Cast
from tests.choices.world import (
    choices,
    choose,
    entries,
    findings,
    give,
    held,
    left_over,
    money_need,
    open_fen,
    stock,
    withdraw,
)
from tests.factories import make_need
from tests.ledger import books


@pytest.fixture(autouse=True)
def _app(app: Flask) -> None:
    """All of it lives in an application."""


def claim_of(code: str | None) -> Claim:
    return db.session.query(Claim).filter_by(code=code).one()


def test_to_the_pool_at_once(cast: Cast) -> None:
    need, claim, choice = left_over(cast)
    choose(cast.donor, choice, Route.POOL)
    (entry,) = entries(TransferKind.MOVED)
    assert (entry.need_code, entry.to_need_code, entry.amount_fen, entry.claim_code) == (
        need.code, "", 50_000, claim.code,
    )  # fmt: skip
    (choice,) = choices()
    assert (choice.state, choice.route, choice.transfer_uid) == (ChoiceState.DONE, Route.POOL, entry.uid)
    assert choice.decided_by == cast.donor.id
    assert (held(need.code), held("")) == (0, 50_000)
    assert findings() == []


def test_to_another_need_by_a_claim_there(cast: Cast) -> None:
    need, claim, choice = left_over(cast)
    other = money_need(cast, 80_000)
    choose(cast.donor, choice, Route.NEED, to_need_code=other.code)
    (choice,) = choices()
    taken = claim_of(choice.to_claim_code)
    assert (taken.state, taken.donor_id, taken.payment_code) == (ClaimState.FULFILLED, cast.donor.id, None)
    assert (taken.shown, taken.display_name) == (Shown.MASKED, claim.display_name)
    assert stock(other) == (50_000, 50_000)
    assert other.state is NeedState.PARTLY_FULFILLED
    (entry,) = entries(TransferKind.MOVED)
    delivery = db.session.query(Delivery).filter_by(transfer_uid=entry.uid).one()
    assert (delivery.state, delivery.method, delivery.code) == (
        DeliveryState.PAID, DeliveryMethod.MOVED, entry.delivery_code,
    )  # fmt: skip
    assert delivery.accepted_by == cast.treasurer.id
    assert (entry.need_code, entry.to_need_code, entry.claim_code) == (need.code, other.code, claim.code)
    assert entry.donor_shown == claim.display_name
    assert (held(need.code), held(other.code)) == (0, 50_000)
    assert findings() == []


def test_never_more_than_is_open(cast: Cast) -> None:
    _need, _claim, choice = left_over(cast, 50_000)
    small = money_need(cast, 30_000)
    with pytest.raises(RuleBroken) as refused:
        choose(cast.donor, choice, Route.NEED, to_need_code=small.code)
    assert refused.value.field == "amount_fen"
    assert "300" in str(refused.value)
    assert entries(TransferKind.MOVED) == []
    choose(cast.donor, choice, Route.NEED, to_need_code=small.code, amount_fen=30_000)
    assert stock(small) == (30_000, 30_000)
    assert small.state is NeedState.FULFILLED
    done, rest = choices()
    assert (done.amount_fen, done.state, rest.amount_fen, rest.state) == (
        30_000, ChoiceState.DONE, 20_000, ChoiceState.OPEN,
    )  # fmt: skip
    assert (rest.due_on, rest.opened_at) == (done.due_on, done.opened_at), "the rest has no more time than all of it"
    choose(cast.donor, rest, Route.POOL)
    assert findings() == []


def test_over_several_lines_each_by_its_own_entry(cast: Cast) -> None:
    _need, _claim, choice = left_over(cast, 50_000)
    more = (LineInput(kind=LineKind.MONEY, item="运费", asked=40_000),)
    other = money_need(cast, 30_000, more=more)
    choose(cast.donor, choice, Route.NEED, to_need_code=other.code)
    assert [(row.amount_fen, row.state) for row in choices()] == [
        (30_000, ChoiceState.DONE), (20_000, ChoiceState.DONE),
    ]  # fmt: skip
    assert [entry.amount_fen for entry in entries(TransferKind.MOVED)] == [30_000, 20_000]
    assert held(other.code) == 50_000
    assert findings() == []


@pytest.mark.parametrize("kind", ["whole", "least", "goods", "ended", "own", "none"])
def test_needs_that_cannot_take_it(cast: Cast, kind: str) -> None:
    need, _claim, choice = left_over(cast, 50_000)
    if kind == "whole":
        code = money_need(cast, 80_000, is_divisible=False).code
    elif kind == "least":
        code = money_need(cast, 200_000, minimum=60_000).code
    elif kind == "goods":
        blanket = LineInput(kind=LineKind.GOODS, item="电热毯", asked=2, unit="床", unit_price_fen=10_000)
        code = make_need(cast, lines=(blanket,)).code
    elif kind == "ended":
        other = money_need(cast)
        withdraw(cast, other)
        code = other.code
    else:
        code = need.code if kind == "own" else "XQ-2026-99999"
    with pytest.raises(RuleBroken) as refused:
        choose(cast.donor, choice, Route.NEED, to_need_code=code)
    assert refused.value.field == "to_need_code"
    assert [row.state for row in choices()] == [ChoiceState.OPEN]


def test_not_to_a_need_in_which_the_donor_has_a_hand(cast: Cast) -> None:
    """Charity Law, art. 40."""
    need = money_need(cast)
    claim = give(cast, need, 50_000, cast.other_secretary)
    withdraw(cast, need)
    (choice,) = choices(claim_code=claim.code)
    own = money_need(cast, village=YANGWUGOU)
    with pytest.raises(RuleBroken):
        choose(cast.other_secretary, choice, Route.NEED, to_need_code=own.code)


def test_only_the_donor_and_only_once(cast: Cast) -> None:
    _need, _claim, choice = left_over(cast)
    for other in (cast.other_donor, cast.treasurer, cast.secretary):
        with pytest.raises(Missing):
            choose(other, choice, Route.POOL)
    choose(cast.donor, choice, Route.REFUND)
    for route in Route:
        with pytest.raises(SunError):
            choose(cast.donor, choice, route)
    assert [row.state for row in choices()] == [ChoiceState.CHOSEN]


@pytest.mark.parametrize("amount", [0, -1, 50_001])
def test_a_part_is_a_part(cast: Cast, amount: int) -> None:
    _need, _claim, choice = left_over(cast)
    with pytest.raises(RuleBroken) as refused:
        choose(cast.donor, choice, Route.POOL, amount_fen=amount)
    assert refused.value.field == "amount_fen"
    assert [row.amount_fen for row in choices()] == [50_000]


def test_what_is_asked_back_nobody_may_spend(cast: Cast) -> None:
    need = money_need(cast)
    give(cast, need, 30_000)
    second = give(cast, need, 50_000, cast.other_donor)
    withdraw(cast, need)
    (choice,) = choices(claim_code=second.code)
    choose(cast.other_donor, choice, Route.REFUND)
    assert ledger.fund_available(need.code) == 30_000
    with pytest.raises(RuleBroken):
        books.draft(cast.treasurer, need_code=need.code, amount_fen=30_001, spent_on=today())
    books.spend(
        cast.treasurer, cast.second_treasurer, need_code=need.code, amount_fen=30_000,
        spent_on=today(),
    )  # fmt: skip
    assert open_fen(need) == {}
    assert findings() == []


def test_money_that_was_spent_meanwhile_is_not_given_away_twice(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if nobody had told: the share is computed again under the lock."""
    need, _claim, choice = left_over(cast)
    with monkeypatch.context() as deaf:
        deaf.setattr(services, "settle_fund", lambda *_args, **_values: 0)
        books.draft(cast.treasurer, need_code=need.code, amount_fen=1_000, spent_on=today())
    with pytest.raises(Conflict):
        choose(cast.donor, choice, Route.POOL)
    assert held("") == 0


def test_moved_money_can_be_left_over_again_and_keeps_its_giver(cast: Cast) -> None:
    need, claim, choice = left_over(cast)
    other = money_need(cast, 80_000, category=Category.EDUCATION)
    give(cast, other, 10_000, cast.other_donor)
    choose(cast.donor, choice, Route.NEED, to_need_code=other.code)
    withdraw(cast, other)
    assert open_fen(other)[claim.code] == 50_000
    (again,) = choices(claim_code=claim.code, need_code=other.code)
    assert again.donor_id == cast.donor.id
    third = money_need(cast, 90_000)
    choose(cast.donor, again, Route.NEED, to_need_code=third.code)
    assert (held(need.code), held(other.code), held(third.code)) == (0, 10_000, 50_000)
    assert [entry.claim_code for entry in entries(TransferKind.MOVED)] == [claim.code, claim.code]
    assert findings() == []
