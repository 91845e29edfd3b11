"""When nobody chooses: reminded once, then what was announced; and a race with the donor has one winner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import exc
from sqlalchemy.orm.attributes import set_committed_value

from sun_commune.accounts.models import User
from sun_commune.accounts.services import closing
from sun_commune.choices import jobs, services
from sun_commune.choices.models import Choice, ChoiceState, Route
from sun_commune.choices.services import deciding, opening
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict
from sun_commune.ledger.models import TransferKind
from sun_commune.needs.models import Category
from sun_commune.notifications.models import Notice, NoticeKind
from sun_commune.pledges.models import Claim
from tests.cast import YANGWUGOU, Cast
from tests.choices.world import choices, choose, entries, findings, give, held, left_over, money_need, stock, withdraw
from tests.ledger import books
from tests.ledger.test_selfcheck import take_guards_off
from tests.pledges.crowd import together

NOON = datetime.fromisoformat("2026-11-20T04:00:00+00:00")


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[time_machine.Traveller]:
    """All of it lives in an application, and in noons in Shanghai. Gives time_machine's handle to move them."""
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


def after(clock: time_machine.Traveller, days: int) -> None:
    clock.move_to(NOON + timedelta(days=days))


@pytest.fixture
def pool_is_default(app: Flask) -> Iterator[None]:
    before = app.extensions["sun_settings"]
    app.extensions["sun_settings"] = replace(before, choice_default="pool")
    yield
    app.extensions["sun_settings"] = before


def test_nothing_before_the_last_day_is_over(cast: Cast, clock: time_machine.Traveller) -> None:
    left_over(cast)
    after(clock, 30)
    assert jobs.take_defaults() == 0
    assert [row.state for row in choices()] == [ChoiceState.OPEN]
    after(clock, 31)
    assert jobs.take_defaults() == 1
    assert jobs.take_defaults() == 0, "once"
    assert [row.state for row in choices()] == [ChoiceState.DONE]


def test_a_donor_may_still_choose_while_the_default_has_not_come(cast: Cast, clock: time_machine.Traveller) -> None:
    _need, _claim, choice = left_over(cast)
    after(clock, 31)
    choose(cast.donor, choice, Route.REFUND)
    assert jobs.take_defaults() == 0


def test_the_default_is_a_need_of_the_same_category(cast: Cast, clock: time_machine.Traveller) -> None:
    _need, claim, _choice = left_over(cast)
    money_need(cast, category=Category.EDUCATION)
    money_need(cast, 49_999)
    far = money_need(cast, village=YANGWUGOU)
    near = money_need(cast, 60_000)
    after(clock, 31)
    jobs.take_defaults()
    (choice,) = choices()
    assert (choice.route, choice.to_need_code, choice.decided_by) == (Route.NEED, near.code, None)
    assert stock(near) == (50_000, 50_000)
    assert stock(far) == (0, 0)
    taken = db.session.query(Claim).filter_by(code=choice.to_claim_code).one()
    assert (taken.donor_id, taken.display_name) == (cast.donor.id, claim.display_name)
    assert findings() == []


def test_without_such_a_need_it_is_the_pool(cast: Cast, clock: time_machine.Traveller) -> None:
    left_over(cast)
    money_need(cast, category=Category.EDUCATION)
    money_need(cast, 49_999)
    after(clock, 31)
    jobs.take_defaults()
    assert (choices()[0].route, held("")) == (Route.POOL, 50_000)
    assert findings() == []


@pytest.mark.usefixtures("pool_is_default")
def test_the_setting_may_say_pool(cast: Cast, clock: time_machine.Traveller) -> None:
    left_over(cast)
    other = money_need(cast)
    after(clock, 31)
    jobs.take_defaults()
    assert (choices()[0].route, held(""), held(other.code)) == (Route.POOL, 50_000, 0)


def test_gifts_of_nobody_and_of_a_closed_account(cast: Cast, clock: time_machine.Traveller) -> None:
    need = money_need(cast)
    books.give(need_code=need.code, claim_code=None, amount_fen=10_000, business_on=NOON.date())
    claim = give(cast, need, 50_000)
    withdraw(cast, need)
    donor = cast.donor
    with transaction():
        closing.close_account(actor=donor, wants_anonymity=True)
    other = money_need(cast)
    after(clock, 31)
    assert jobs.take_defaults() == 2
    nobody, closed = choices(claim_code=None)[0], choices(claim_code=claim.code)[0]
    assert (nobody.route, closed.route, closed.to_need_code) == (Route.POOL, Route.NEED, other.code)
    assert db.session.query(Claim).filter_by(code=closed.to_claim_code).one().display_name == ""
    assert held("") == 10_000


def test_reminded_once_a_week_before_and_by_day(cast: Cast, clock: time_machine.Traveller) -> None:
    left_over(cast)
    after(clock, 22)
    assert jobs.remind_choices() == 0
    clock.move_to(NOON + timedelta(days=23, hours=12))
    assert jobs.remind_choices() == 0, "at midnight nobody is written to"
    clock.move_to(NOON + timedelta(days=24))
    assert jobs.remind_choices() == 1
    assert jobs.remind_choices() == 0
    kinds = [row.kind for row in db.session.query(Notice).filter_by(user_id=cast.donor.id).order_by(Notice.id)]
    assert kinds[-2:] == [NoticeKind.CHOICE_OPENED, NoticeKind.CHOICE_REMINDED]


# --- a race


def racers(choice: Choice, donor: User) -> list[Callable[[], object]]:
    """The donor asks it back, the default comes."""
    choice_id, donor_id = choice.id, donor.id

    def donor_chooses() -> object:
        actor, mine = db.session.get_one(User, donor_id), db.session.get_one(Choice, choice_id)
        with transaction():
            return services.choose(actor, mine, route=Route.REFUND).state

    def default_comes() -> object:
        with transaction():
            return services.take_default(choice_id)

    return [donor_chooses, default_comes]


@pytest.mark.parametrize("number", range(4))
def test_of_donor_and_default_one_wins(app: Flask, cast: Cast, clock: time_machine.Traveller, number: int) -> None:
    _need, _claim, choice = left_over(cast)
    after(clock, 31)
    acts = racers(choice, cast.donor)
    order = acts if number % 2 else acts[::-1]
    answers = together(app, order)
    donor, default = answers if number % 2 else answers[::-1]
    (choice,) = choices()
    if default is True:
        assert isinstance(donor, Conflict)
        assert (choice.state, choice.decided_by) == (ChoiceState.DONE, None)
    else:
        assert (donor, default) == (ChoiceState.CHOSEN, False)
        assert choice.decided_by == cast.donor.id
    assert len(entries(TransferKind.MOVED)) == (default is True)
    assert findings() == []


@pytest.mark.parametrize("guarded", [True, False])
def test_control_the_lock_is_what_lets_one_win(
    cast: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, database_kind: str, guarded: bool
) -> None:
    """Without it each acts on what it read before the other: the money is promised back and moves away, unless the
    database itself refuses the second."""
    _need, _claim, choice = left_over(cast)
    after(clock, 31)

    def read_before(choice_id: int, **_funds: object) -> Choice:
        row = db.session.get_one(Choice, choice_id)
        set_committed_value(row, "state", ChoiceState.OPEN)
        return row

    monkeypatch.setattr(deciding, "lock_choice", read_before)
    monkeypatch.setattr(opening, "settle_fund", lambda *_args, **_values: 0)
    donor_chooses, default_comes = racers(choice, cast.donor)
    if guarded:
        assert donor_chooses() is ChoiceState.CHOSEN
        with pytest.raises(exc.IntegrityError, match="moves only as listed"):
            default_comes()
        return
    take_guards_off(database_kind, "choices")
    assert (donor_chooses(), default_comes()) == (ChoiceState.CHOSEN, True), (
        "the control must let both win, or the race proves nothing"
    )
    assert len(entries(TransferKind.MOVED)) == 1
