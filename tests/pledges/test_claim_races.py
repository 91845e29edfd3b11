"""Races for what is left. Nobody ever gets what is not there, and of two acts that race one wins.

The negative control takes the guard away (a read, then a write, with no lock and no condition) and lets a barrier
stand between the two, so that all read before any writes: then more is given away than was asked. If that control
ever passes as safe, these tests prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool

from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotEnoughLeft, SunError
from sun_commune.needs import services as need_services
from sun_commune.needs.models import Need, NeedLine
from sun_commune.pledges import services
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState, Shown
from tests.cast import Cast, sign_in
from tests.pledges.crowd import PATIENCE, together
from tests.pledges.world import BLANKETS, hold, pledge, pledged, publish_need, state_of, stock_of

CLAIMANTS = 32
ASKED = 100


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a connection for each of the crowd."""
    pool = db.engine.pool
    if isinstance(pool, QueuePool):
        pool._max_overflow = 2 * CLAIMANTS
    return app


def crowd_of(cast: Cast, number: int) -> list[int]:
    return [cast.user(f"捐赠者{place}").id for place in range(number)]


def holder(need: Need, donor_id: int, quantity: int) -> Callable[[], object]:
    need_id, line_id = need.id, need.lines[0].id

    def act() -> object:
        with transaction():
            return services.hold_lines(donor_id=donor_id, need_id=need_id, wanted={line_id: quantity})

    return act


def held_in_all(need: Need) -> int:
    statement = select(func.sum(ClaimLine.quantity - ClaimLine.released)).join(Claim).where(Claim.need_id == need.id)
    total = db.session.execute(statement).scalar_one()
    db.session.rollback()
    return int(total or 0)


@pytest.mark.parametrize("quantity", [1, 7, 10, ASKED])
def test_never_more_than_was_asked(app: Flask, cast: Cast, quantity: int) -> None:
    need = publish_need(cast, {**BLANKETS, "asked": ASKED})
    donors = crowd_of(cast, CLAIMANTS)
    answers = together(app, [holder(need, donor, quantity) for donor in donors])
    winners = [answer for answer in answers if isinstance(answer, services.Held)]
    losers = [answer for answer in answers if not isinstance(answer, services.Held)]
    expected = min(CLAIMANTS, ASKED // quantity)
    assert len(winners) == expected
    assert all(isinstance(loser, NotEnoughLeft) and loser.left < quantity for loser in losers)
    assert stock_of(need) == [(expected * quantity, 0)]
    assert held_in_all(need) == expected * quantity


def without_guard(app: Flask, need: Need, donors: list[int], quantity: int) -> None:
    """The same claims with read-then-write: all read what is left before the first one writes."""
    need_id, line_id = need.id, need.lines[0].id
    between = Barrier(len(donors))

    def claim(donor_id: int) -> None:
        read = text("SELECT claimed, asked FROM need_lines WHERE id = :line")
        claimed, asked = db.session.execute(read, {"line": line_id}).one()
        db.session.rollback()
        between.wait(PATIENCE)
        if claimed + quantity > asked:
            raise NotEnoughLeft("", left=asked - claimed)
        with transaction(audited=False) as session:
            row = {"line": line_id, "claimed": claimed + quantity}
            session.execute(text("UPDATE need_lines SET claimed = :claimed WHERE id = :line"), row)
            made = Claim(
                code=f"RL-OFF-{donor_id}", need_id=need_id, donor_id=donor_id, created_at=now(), held_until=now(),
                lines=[ClaimLine(need_line_id=line_id, quantity=quantity)],
            )  # fmt: skip
            session.add(made)

    together(app, [lambda donor=donor: claim(donor) for donor in donors])  # type: ignore[misc]


def test_control_the_guard_is_what_prevents_it(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, {**BLANKETS, "asked": ASKED})
    without_guard(app, need, crowd_of(cast, CLAIMANTS), 10)
    assert held_in_all(need) == 10 * CLAIMANTS > ASKED, "the control must over-claim, or the races prove nothing"


def test_the_database_itself_refuses_too_much(app: Flask, cast: Cast) -> None:
    """The last guard, under any code: the CHECK."""
    need = publish_need(cast)
    for column, value in (("claimed", 11), ("claimed", -1), ("delivered", 1), ("asked", 0)):
        attack = update(NeedLine).where(NeedLine.need_id == need.id).values({column: value})
        with pytest.raises(IntegrityError), transaction(audited=False) as session:
            session.execute(attack, execution_options={"synchronize_session": False})


def test_one_donor_in_many_tabs_holds_one_claim(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, {**BLANKETS, "asked": ASKED})
    donor = cast.donor.id
    answers = together(app, [holder(need, donor, 10) for _tab in range(8)])
    assert len({answer.id for answer in answers if isinstance(answer, services.Held)}) == 1
    assert stock_of(need) == [(10, 0)]


def test_one_donor_on_many_needs_holds_only_so_many(app: Flask, cast: Cast) -> None:
    needs = [publish_need(cast, code=f"XQ-2026-001{number:02d}") for number in range(12)]
    donor = cast.donor.id
    answers = together(app, [holder(need, donor, 1) for need in needs])
    assert sum(isinstance(answer, services.Held) for answer in answers) == 5


def test_same_key_posted_at_once_makes_one_claim(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, {**BLANKETS, "asked": ASKED})
    path, donor = f"/en/needs/{need.code}/claim", cast.donor
    clients = [sign_in(app.test_client(), donor) for _click in range(6)]

    def click(client: Any) -> Callable[[], object]:
        fields = {"once": "one-key-for-all", "lines-1-quantity": "10"}
        return lambda: client.post(path, data=fields).location

    answers = together(app, [click(client) for client in clients])
    assert len(set(answers)) == 1
    assert str(answers[0]).startswith("/en/claims/RL")
    assert stock_of(need) == [(10, 0)]
    assert held_in_all(need) == 10


def race(app: Flask, *acts: Callable[[], object]) -> list[object]:
    """Each act in its own transaction, all at once."""

    def in_transaction(act: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            with transaction():
                return act()

        return run

    return together(app, [in_transaction(act) for act in acts])


def fetch(claim_id: int) -> Claim:
    found = db.session.get(Claim, claim_id)
    assert found is not None
    return found


@pytest.mark.parametrize("turn", range(6))
def test_pledge_expiry_and_cancel_have_one_winner(app: Flask, cast: Cast, turn: int) -> None:
    """Whether its time is over (cancel and expiry race) or not (pledge and cancel race)."""
    need, donor_id = publish_need(cast), cast.donor.id
    claim_id = hold(cast.donor, need, 4).id
    with transaction(audited=False):
        fetch(claim_id).held_until = now() + timedelta(minutes=5 if turn % 2 else -5)

    def pledge_it() -> object:
        services.pledge_claim(cast_user(donor_id), fetch(claim_id), due_on=today(), shown=Shown.ANONYMOUS)
        return "pledged"

    def cancel_it() -> object:
        services.cancel_claim(cast_user(donor_id), fetch(claim_id))
        return "cancelled"

    answers = race(app, pledge_it, lambda: services.expire_hold(claim_id), cancel_it, pledge_it)
    state = fetch(claim_id).state
    won = {"pledged": "pledged", "cancelled": "cancelled", True: "expired"}
    assert [won[answer] for answer in answers if answer in won] == [state]
    assert stock_of(need) == [(4 if state is ClaimState.PLEDGED else 0, 0)]


def cast_user(user_id: int) -> Any:
    from sun_commune.accounts.models import User

    return db.session.get(User, user_id)


@pytest.mark.parametrize("turn", range(4))
def test_cancel_release_and_delivery_have_one_winner(app: Flask, cast: Cast, turn: int) -> None:
    need, donor_id = publish_need(cast), cast.donor.id
    claim = pledged(cast.donor, need, 4, due_on=today())
    claim_id, line_id = claim.id, claim.lines[0].id

    def cancel_it() -> object:
        services.cancel_claim(cast_user(donor_id), fetch(claim_id), "家里有急事，对不起")
        return "cancelled"

    def deliver_it() -> object:
        services.record_line_delivery(line_id, 4, None)
        return "fulfilled"

    def release_it() -> object:
        return "expired" if services.release_overdue_claim(claim_id) else None

    with time_machine.travel(now() + timedelta(days=2), tick=True):
        answers = race(app, cancel_it, deliver_it, release_it, release_it, deliver_it)
    state = fetch(claim_id).state
    assert [answer for answer in answers if isinstance(answer, str)] == [state]
    assert stock_of(need) == [(4, 4) if state is ClaimState.FULFILLED else (0, 0)]


def test_claim_and_withdrawal_leave_nothing_held(app: Flask, cast: Cast) -> None:
    need = publish_need(cast, {**BLANKETS, "asked": ASKED})
    administrator, need_id = cast.administrator.id, need.id
    donors = crowd_of(cast, 12)

    def withdraw() -> object:
        row = db.session.get(Need, need_id)
        assert row is not None
        with transaction():
            need_services.withdraw_need(cast_user(administrator), row, "乡镇复核后发现情况有变")
        return "withdrawn"

    answers = together(app, [*[holder(need, donor, 5) for donor in donors], withdraw])
    assert answers[-1] == "withdrawn"
    assert all(isinstance(answer, (services.Held, Conflict)) for answer in answers[:-1])
    assert (state_of(need), stock_of(need), held_in_all(need)) == ("withdrawn", [(0, 0)], 0)


def test_crossing_lines_do_not_wait_for_each_other(app: Flask, cast: Cast) -> None:
    """Two lines wanted in opposite order: a ring of waiting transactions would end in a database error."""
    need = publish_need(cast, {**BLANKETS, "asked": ASKED}, {**BLANKETS, "asked": ASKED})
    need_id, lines = need.id, [line.id for line in need.lines]
    donors = crowd_of(cast, 16)

    def act(donor_id: int, order: list[int]) -> Callable[[], object]:
        def run() -> object:
            with transaction():
                wanted = dict.fromkeys(order, 5)
                return services.hold_lines(donor_id=donor_id, need_id=need_id, wanted=wanted)

        return run

    acts = [act(donor, lines if place % 2 else lines[::-1]) for place, donor in enumerate(donors)]
    assert not [answer for answer in together(app, acts) if isinstance(answer, SunError)]
    assert stock_of(need) == [(80, 0), (80, 0)]


def test_hold_of_a_pledge_cannot_be_pledged_twice(app: Flask, cast: Cast) -> None:
    need = publish_need(cast)
    claim = pledge(cast.donor, hold(cast.donor, need, 4))
    with pytest.raises(Conflict):
        pledge(cast.donor, claim)
    assert stock_of(need) == [(4, 0)]
