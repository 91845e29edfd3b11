"""Steps taken early, late, twice or by the wrong side, over HTTP: refused in words, and the books stay sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core import clock, selfcheck
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.ledger.models import Transfer
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, ClaimState
from tests.cast import Cast, sign_in
from tests.deliveries import world
from tests.deliveries.forms import ACCEPT, RECEIVE, SEND
from tests.factories import make_need
from tests.house.marks import counts
from tests.ledger import books

S = DeliveryState
KEY = "a-key-of-the-test"


@pytest.fixture(autouse=True)
def sound_books(app: Flask) -> Iterator[None]:
    """Whatever a test does, all checks pass afterwards."""
    yield
    with selfcheck.watch():
        assert [str(finding) for finding in selfcheck.find_all(selfcheck.all_checks())] == []


class Hand:
    """Sends forms as one person, each with a key of its own unless told otherwise."""

    def __init__(self, app: Flask, user: User) -> None:
        self.client, self.number = sign_in(app.test_client(), user), 0

    def posts(self, path: str, **values: Any) -> int:
        self.number += 1
        form = {"once": f"{KEY}-{self.number}", **{name.replace("__", "-"): value for name, value in values.items()}}
        return self.client.post(f"/en{path}", data=form).status_code


@pytest.fixture
def hand(app: Flask, cast: Cast) -> Callable[[str], Hand]:
    return lambda who: Hand(app, getattr(cast, who))


def one(kind: type, column: str) -> Any:
    value = db.session.execute(select(getattr(kind, column))).scalars().all()[-1]
    db.session.rollback()
    return value


def test_accepting_before_receiving_and_after_cancelling(cast: Cast, hand: Callable[[str], Hand]) -> None:
    delivery = world.send(cast.donor, world.promise(cast, 2))
    path = f"/deliveries/{delivery.code}"
    village, donor = hand("secretary"), hand("donor")
    before = counts()
    assert village.posts(f"{path}/accept", **ACCEPT) == 422
    assert village.posts(f"{path}/confirm", quantity="1") == 422
    assert village.posts(f"{path}/thank", text="谢谢") == 422
    assert donor.posts(f"{path}/receive", **RECEIVE) == 403, "the giver does not receive"
    assert donor.posts(f"{path}/done") == 422
    assert counts() == before
    assert donor.posts(f"{path}/cancel") == 302
    assert village.posts(f"{path}/receive", **RECEIVE) == 422
    assert donor.posts(f"{path}/dispute", reason="东西不对，请看一看") == 422
    assert world.state(delivery) is S.CANCELLED


def test_claim_that_has_ended_is_not_pledged_sent_or_paid(cast: Cast, hand: Callable[[str], Hand]) -> None:
    need = make_need(cast, lines=world.ALL_LINES)
    donor, code = hand("donor"), need.code
    assert donor.posts(f"/needs/{code}/claim", **{"lines-1-quantity": "2"}) == 303
    claim = one(Claim, "code")
    pledge = {"due_on": today().isoformat(), "shown": "masked"}
    with clock.standing_at(now() + timedelta(minutes=40)):  # past the hold, and not past the sign-in
        assert donor.posts(f"/claims/{claim}/check", **pledge) == 409, "before the job has ended the hold"
        with transaction():
            pledges.expire_hold(one_id(claim))
        assert donor.posts(f"/claims/{claim}/check", **pledge) == 409
        assert donor.posts(f"/claims/{claim}/lines/1/send", **SEND) == 422
        assert donor.posts(f"/claims/{claim}/cancel", reason="来不了了对不起") == 409
    assert one(Claim, "state") is ClaimState.EXPIRED
    assert world.stock(need.id)[0] == (0, 0)


def one_id(code: str) -> int:
    return db.session.execute(select(Claim.id).where(Claim.code == code)).scalar_one()


def test_two_windows_hold_once(cast: Cast, hand: Callable[[str], Hand]) -> None:
    need = make_need(cast, lines=world.ALL_LINES)
    left, right, code = hand("donor"), hand("donor"), need.code
    assert left.posts(f"/needs/{code}/claim", **{"lines-1-quantity": "9"}) == 303
    assert right.posts(f"/needs/{code}/claim", once=f"{KEY}-right", **{"lines-1-quantity": "8"}) == 303
    assert world.stock(need.id)[0] == (8, 0), "the second window changes the hold of the first"
    for quantity in ("11", "1" + "0" * 18, "-1", "0", "１１", "2.5"):
        assert left.posts(f"/needs/{code}/claim", **{"lines-1-quantity": quantity}) == 422
    assert world.stock(need.id)[0] == (8, 0)
    assert left.posts(f"/needs/{code}/claim", **{"lines-1-quantity": "１０"}) == 303
    assert world.stock(need.id)[0] == (10, 0)


def test_dispute_settlement_and_thanks_in_turn(cast: Cast, hand: Callable[[str], Hand]) -> None:
    delivery = world.bring(cast, world.promise(cast, 4), 3)
    path, need_id = f"/deliveries/{delivery.code}", delivery.need_id
    donor, county, village = hand("donor"), hand("administrator"), hand("secretary")
    assert donor.posts(f"{path}/dispute", reason="东西其实是四件") == 302
    assert village.posts(f"{path}/thank", text="谢谢") == 422
    assert village.posts(f"{path}/accept", **ACCEPT) == 422
    settle = {
        "outcome": "accepted",
        "quantity": "2",
        "value_fen": "150",
        "value_basis": "market",
        "text": "查过了，算两件",
    }
    assert village.posts(f"{path}/settle", **settle) == 403
    assert county.posts(f"{path}/settle", **{**settle, "quantity": "4"}) == 422
    assert county.posts(f"{path}/settle", **settle) == 302
    assert county.posts(f"{path}/settle", **settle) in {404, 422}
    assert village.posts(f"{path}/thank", text="谢谢") == 302
    assert village.posts(f"{path}/thank", text="再谢谢") == 422
    assert world.stock(need_id)[0] == (4, 2)
    assert [row.amount_fen for row in world.transfers()] == [20_000, 20_000, 15_000]


def test_gift_is_taken_back_before_and_after_it_was_spent(cast: Cast, hand: Callable[[str], Hand]) -> None:
    claim = world.promise(cast, 0, 10_000)
    need_code, payment_code, need_id = world.need_code_of(claim), claim.payment_code, claim.need_id
    treasurer, second = hand("treasurer"), hand("second_treasurer")
    paid = {"payment_code": payment_code, "arrived_on": today().isoformat(), "bank_reference": "BANK-77"}
    wrong_check = payment_code[:-1] + ("2" if payment_code[-1] != "2" else "3")  # type: ignore[index]  # money has a code
    assert treasurer.posts("/treasury/payments", **{**paid, "payment_code": wrong_check}, amount_fen="60") == 422
    assert treasurer.posts("/treasury/payments", **paid, amount_fen="60") == 302
    assert treasurer.posts("/treasury/payments", **paid, amount_fen="40") == 422, "the same movement twice"
    gift = one(Transfer, "uid")
    about = {"need_code": need_code, "amount_fen": 5_000, "spent_on": today()}
    voucher = books.spend(cast.treasurer, cast.second_treasurer, **about)
    spending = voucher.transfer_uid
    assert treasurer.posts(f"/treasury/entries/{gift}/reverse", reason="银行退回了这笔款") == 303
    assert treasurer.posts(f"/treasury/entries/{gift}/correction/approve") == 403, "who asked does not decide"
    assert second.posts(f"/treasury/entries/{gift}/correction/approve") == 422, "it was spent"
    assert treasurer.posts(f"/treasury/entries/{spending}/reverse", reason="商家把钱退回来了") == 303
    assert second.posts(f"/treasury/entries/{spending}/correction/approve") == 303
    assert second.posts(f"/treasury/entries/{gift}/correction/approve") == 303
    assert second.posts(f"/treasury/entries/{gift}/correction/approve") == 303, "again: the same answer"
    assert treasurer.posts(f"/treasury/entries/{gift}/reverse", reason="银行退回了这笔款") == 409
    assert second.posts(f"/treasury/vouchers/{voucher.code}/approve") == 303, "decided by the same person already"
    assert world.stock(need_id)[1] == (10_000, 0)
    assert len(world.transfers()) == 4
    assert treasurer.posts("/treasury/payments", **paid, amount_fen="100") == 302, "the true amount, booked anew"


def test_own_voucher_and_own_gift_are_for_others(cast: Cast, hand: Callable[[str], Hand]) -> None:
    claim = world.promise(cast, 0, 10_000, donor=cast.second_treasurer)
    paid = {"payment_code": claim.payment_code, "arrived_on": today().isoformat(), "bank_reference": "BANK-78"}
    assert hand("second_treasurer").posts("/treasury/payments", **paid, amount_fen="100") == 422
    need_code, treasurer = world.need_code_of(claim), hand("treasurer")
    assert treasurer.posts("/treasury/payments", **paid, amount_fen="100") == 302
    voucher = books.draft(cast.treasurer, need_code=need_code, amount_fen=5_000, spent_on=today())
    assert treasurer.posts(f"/treasury/vouchers/{voucher.code}/approve") == 403
    publisher = hand("administrator")
    assert publisher.posts(f"/treasury/vouchers/{voucher.code}/approve") == 403, "who published does not pay"
    assert len(world.transfers()) == 1


def test_delivery_of_a_need_that_went_away_can_still_end(cast: Cast, hand: Callable[[str], Hand]) -> None:
    claim = world.promise(cast, 4)
    delivery, claim_code = world.send(cast.donor, claim, 2), claim.code
    need_code, need_id = world.need_code_of(claim), claim.need_id
    county, village, donor = hand("administrator"), hand("secretary"), hand("donor")
    assert county.posts(f"/needs/{need_code}/withdraw", reason="重复发布的需求") == 303
    assert village.posts(f"/deliveries/{delivery.code}/receive", **RECEIVE) == 302
    assert donor.posts(f"/deliveries/{delivery.code}/dispute", reason="东西其实没有送到") == 302
    assert county.posts(f"/deliveries/{delivery.code}/settle", outcome="released", text="不再需要，放回去") == 302
    assert donor.posts(f"/claims/{claim_code}/lines/1/send", **SEND) in {302, 422}
    assert world.stock(need_id)[0][1] == 0
    assert one(Delivery, "accepted_quantity") is None
