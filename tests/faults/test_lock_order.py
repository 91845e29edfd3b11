"""Two acts that need the same rows wait for each other, and never both: rows are locked in one order (docs/ledger.md).

Each act is held once, at the first row that it has locked, until the other one is there, too. Each control takes the
order away: PostgreSQL then has to end one of the two (SQLite has one writer at a time, so nothing can cross there).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, local
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from sun_commune.accounts.models import User
from sun_commune.choices import services as choices
from sun_commune.choices.models import Choice, ChoiceState, Route
from sun_commune.choices.services import deciding, opening, rows
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.deliveries import services as deliveries
from sun_commune.ledger import neighbours, posting
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import Correction
from sun_commune.ledger.services import vouchers
from sun_commune.needs import stock
from tests.cast import Cast, sign_in
from tests.choices.world import REASON, choose, entries, findings, give, left_over, money_need, promise
from tests.choices.world import choices as all_choices
from tests.ledger.books import draft
from tests.pledges.crowd import together

#: So long an act is held for the other one (seconds): in the right order it cannot come; in a control it does.
HELD, PATIENCE = 1.5, 60.0
DEADLOCK = "40P01"


class Story(NamedTuple):
    """Two acts that cross; ``at_needs``: one of them has locked a need when the other has locked a fund."""

    acts: Sequence[Callable[[], object]]
    at_needs: bool = False


@pytest.fixture
def crossing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Call it when the story is told: from then on each thread is held at the first account that it locks, or at the
    first need before that."""

    def hold(*, at_needs: bool, comes: bool = False) -> None:
        barrier, thread = Barrier(2), local()

        def holding(real: Callable[..., Any]) -> Callable[..., Any]:
            def lock(*args: Any, **values: Any) -> Any:
                locked = real(*args, **values)
                if not getattr(thread, "was_held", False):
                    thread.was_held = True
                    with suppress(BrokenBarrierError):  # then the other one waits for what is locked here
                        barrier.wait(PATIENCE if comes else HELD)
                return locked

            return lock

        if at_needs:
            monkeypatch.setattr(stock, "lock_need", holding(stock.lock_need))
        monkeypatch.setattr(posting, "open_account", holding(posting.open_account))
        monkeypatch.setattr(opening, "lock_fund", holding(opening.lock_fund))

    return hold


def told(act: Callable[[], object]) -> Callable[[], object]:
    """PostgreSQL's code when the database ended the act."""

    def run() -> object:
        try:
            with transaction():
                return act()
        except OperationalError as error:
            return str(getattr(error.orig, "sqlstate", error.orig))

    return run


def taking_back(checker: User, transfer: Transfer, maker: User) -> Callable[[], object]:
    """A second person agrees that the entry is reversed."""
    with transaction():
        wish_id, checker_id = ledger.ask_correction(maker, transfer, REASON).id, checker.id

    def act() -> object:
        return ledger.approve_correction(db.session.get_one(User, checker_id), db.session.get_one(Correction, wish_id))

    return told(act)


def moving_on(donor: User, choice: Choice, to: str) -> Callable[[], object]:
    donor_id, choice_id = donor.id, choice.id

    def act() -> object:
        mine = db.session.get_one(Choice, choice_id)
        return choices.choose(db.session.get_one(User, donor_id), mine, route=Route.NEED, to_need_code=to)

    return told(act)


def payment_and_correction(cast: Cast) -> Story:
    """Money arrives for a need while an earlier payment for it is taken back."""
    need = money_need(cast)
    give(cast, need, 30_000)
    claim, treasurer = promise(cast.enterprise, need, 20_000), cast.treasurer
    (earlier,) = entries(TransferKind.GIFT)
    correction = taking_back(cast.second_treasurer, earlier, cast.treasurer)
    code, treasurer_id = claim.payment_code, treasurer.id

    def pay() -> object:
        return deliveries.record_payment(
            db.session.get_one(User, treasurer_id), payment_code=str(code), amount_fen=20_000, arrived_on=today(),
            bank_reference="CROSSING1",
        )  # fmt: skip

    return Story([told(pay), correction], at_needs=True)


def move_and_correction(cast: Cast) -> Story:
    """Left-over money moves to a need while an earlier move there is taken back."""
    goal = money_need(cast)
    _need, _claim, choice = left_over(cast, 30_000)
    choose(cast.donor, choice, Route.NEED, to_need_code=goal.code, amount_fen=10_000)
    (rest,) = all_choices(state=ChoiceState.OPEN)
    (moved,) = entries(TransferKind.MOVED)
    return Story([moving_on(cast.donor, rest, goal.code), taking_back(cast.second_treasurer, moved, cast.treasurer)])


def move_and_expiry(cast: Cast) -> Story:
    """Left-over money moves to a need while old drafts about both funds end."""
    goal = money_need(cast)
    give(cast, goal, 5_000)
    need, _claim, choice = left_over(cast, 30_000)
    draft(cast.treasurer, need_code=goal.code, amount_fen=100)
    draft(cast.treasurer, need_code=need.code, amount_fen=100)
    return Story([moving_on(cast.donor, choice, goal.code), told(ledger.expire_vouchers)])


def fund_first(choice_id: int, *, to_need_code: str | None = None) -> Choice:
    """As lock_choice, but the fund that receives is locked when it is posted to."""
    del to_need_code
    return LOCK_CHOICE(choice_id)


LOCK_CHOICE = rows.lock_choice
STORIES: dict[str, Callable[[Cast], Story]] = {
    "payment and correction": payment_and_correction,
    "move and correction": move_and_correction,
    "move and expiry": move_and_expiry,
}


@pytest.fixture
def story(request: pytest.FixtureRequest, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Story:
    story = STORIES[request.param](cast)
    monkeypatch.setattr(vouchers, "now", lambda: now() + timedelta(days=31))  # both drafts are old
    db.session.rollback()
    return story


@pytest.mark.parametrize("story", STORIES, indirect=True)
def test_acts_that_cross_wait_for_each_other(app: Flask, crossing: Callable[..., None], story: Story) -> None:
    crossing(at_needs=story.at_needs)
    answers = together(app, story.acts)
    assert [answer for answer in answers if isinstance(answer, str)] == []
    assert findings() == []


@pytest.mark.parametrize("story", STORIES, indirect=True)
def test_control_without_the_order_one_is_ended(
    app: Flask,
    crossing: Callable[..., None],
    story: Story,
    monkeypatch: pytest.MonkeyPatch,
    database_kind: str,
) -> None:
    monkeypatch.setattr(neighbours, "lock_before_accounts", lambda *_: None)
    monkeypatch.setattr(deciding, "lock_choice", fund_first)
    monkeypatch.setattr(vouchers, "lock_accounts", lambda *_: None)
    crossing(at_needs=story.at_needs, comes=database_kind == "postgresql")
    answers = together(app, story.acts)
    ended = [answer for answer in answers if isinstance(answer, str)]
    assert ended == ([DEADLOCK] if database_kind == "postgresql" else [])
    assert findings() == [], "whoever was ended left nothing behind"


def test_who_was_ended_is_told_and_sends_it_again(
    app: Flask, cast: Cast, crossing: Callable[..., None], monkeypatch: pytest.MonkeyPatch, database_kind: str
) -> None:
    """Should two acts cross all the same: 503, nothing stored, and the very same form does it a moment later."""
    need = money_need(cast)
    give(cast, need, 30_000)
    (earlier,) = entries(TransferKind.GIFT)
    code = promise(cast.enterprise, need, 20_000).payment_code
    with transaction():
        ledger.ask_correction(cast.treasurer, earlier, REASON)
    paying = sign_in(app.test_client(), cast.treasurer)
    checking = sign_in(app.test_client(), cast.second_treasurer)
    day, uid = today().isoformat(), earlier.uid
    form = {"payment_code": code, "amount_fen": "200", "arrived_on": day, "bank_reference": "CROSSING1",
            "once": "crossing-acts"}  # fmt: skip
    sends: list[Callable[[], int]] = [
        lambda: paying.post("/en/treasury/payments", data=form).status_code,
        lambda: checking.post(f"/en/treasury/entries/{uid}/correction/approve").status_code,
    ]
    monkeypatch.setattr(neighbours, "lock_before_accounts", lambda *_: None)
    crossing(at_needs=True, comes=database_kind == "postgresql")
    answers = together(app, sends)
    assert sorted(answer == 503 for answer in answers) == [False, database_kind == "postgresql"]
    assert findings() == []
    again = [send for send, answer in zip(sends, answers, strict=True) if answer == 503]
    assert all(answer in {302, 303} for send in again for answer in together(app, [send]))
    kinds = [(entry.amount_fen, entry.reverses_id is None) for entry in entries(TransferKind.GIFT)]
    assert sorted(kinds) == [(20_000, True), (30_000, False), (30_000, True)]
    assert findings() == []
