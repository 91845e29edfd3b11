"""Which money an entry uses: the stated rule, its four exceptions, and what it does to donors' gifts."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.core.db import db, transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.ledger import services, trace_checks
from sun_commune.ledger.models import Layer, Transfer, Use
from sun_commune.ledger.queries import Stamp, fund_balance
from sun_commune.ledger.services import moving
from tests.cast import Cast
from tests.ledger import books
from tests.ledger.books import DAY, NEED, OTHER_NEED, STAMP, give, refund, reverse, send_back, spend

pytestmark = pytest.mark.usefixtures("book_checks_alone")

THERE = Stamp("510722", "education")


def used(transfer: Transfer) -> list[tuple[int, int]]:
    """(entry that brought the money, fen) of each use, in order."""
    rows = db.session.execute(
        select(Layer.transfer_id, Use.amount_fen)
        .join(Use, Use.layer_id == Layer.id)
        .where(Use.transfer_id == transfer.id)
        .order_by(Use.id)
    )
    return [(row[0], row[1]) for row in rows]


def left(transfer: Transfer) -> int:
    return sum(db.session.execute(select(Layer.left_fen).where(Layer.transfer_id == transfer.id)).scalars())


def entry(uid: str | None) -> Transfer:
    return db.session.execute(select(Transfer).where(Transfer.uid == uid)).scalar_one()


def pay(cast: Cast, fen: int, **changes: Any) -> Transfer:
    return entry(spend(cast.treasurer, cast.second_treasurer, amount_fen=fen, **changes).transfer_uid)


def give_back(fen: int, claim: str | None = None) -> Transfer:
    return refund(fen, claim_code=claim)


def move(fen: int, *, to: str = OTHER_NEED, claim: str | None = None, out_of: str = NEED) -> Transfer:
    return books.move(fen, need_code=out_of, to=to, claim_code=claim, there=THERE)


def sound() -> bool:
    return not trace_checks.layers_equal_entries() and not trace_checks.origins_are_gifts()


def test_first_in_first_out(app: Flask, cast: Cast) -> None:
    first, second = give(amount_fen=300), give(amount_fen=500)
    one, two = pay(cast, 200), pay(cast, 350)
    assert used(one) == [(first.id, 200)]
    assert used(two) == [(first.id, 100), (second.id, 250)]
    assert (left(first), left(second)) == (0, 250)
    assert sound()


def test_one_needs_money_never_pays_for_another(app: Flask, cast: Cast) -> None:
    give(amount_fen=300)
    other = give(amount_fen=300, need_code=OTHER_NEED)
    assert used(pay(cast, 100, need_code=OTHER_NEED)) == [(other.id, 100)]
    assert sound()


def test_a_reversed_spending_gives_back_what_it_used(app: Flask, cast: Cast) -> None:
    first, second = give(amount_fen=300), give(amount_fen=500)
    spending = pay(cast, 400)
    back = reverse(spending)
    assert used(back) == [(first.id, -300), (second.id, -100)]
    assert (left(first), left(second)) == (300, 500)
    assert used(pay(cast, 50)) == [(first.id, 50)]
    assert sound()


def test_a_reversed_gift_takes_its_own_money_first(app: Flask, cast: Cast) -> None:
    first, second = give(amount_fen=300), give(amount_fen=500)
    pay(cast, 100)
    assert used(reverse(second)) == [(second.id, 500)]
    third = give(amount_fen=400)
    assert used(reverse(first)) == [(first.id, 200), (third.id, 100)]
    assert sound()


def test_a_refund_is_the_donors_own_money_while_it_is_there(app: Flask, cast: Cast) -> None:
    first, mine = give(amount_fen=300, claim_code="RLA"), give(amount_fen=500, claim_code="RLB")
    assert used(give_back(200, "RLB")) == [(mine.id, 200)]
    assert used(give_back(400, "RLB")) == [(mine.id, 300), (first.id, 100)]
    assert sound()


def test_money_that_moves_keeps_its_origin(app: Flask, cast: Cast) -> None:
    first, second = give(amount_fen=300, claim_code="RLA"), give(amount_fen=500, claim_code="RLB")
    moved = move(350)
    onward = move(320, out_of=OTHER_NEED, to="")
    rows = db.session.execute(
        select(Layer.origin_id, Layer.amount_fen).where(Layer.transfer_id == onward.id).order_by(Layer.id)
    ).all()
    assert [tuple(row) for row in rows] == [(first.id, 300), (second.id, 20)]
    assert used(onward) == [(moved.id, 300), (moved.id, 20)]
    assert (fund_balance(NEED), fund_balance(OTHER_NEED), fund_balance("")) == (450, 30, 320)
    back = reverse(onward)
    assert fund_balance("") == 0
    assert [fen for _entry, fen in used(back)] == [300, 20, -300, -20]
    assert sound()


def test_unmatched_money_leaves_by_its_own_line(app: Flask, cast: Cast) -> None:
    with transaction():
        one, two = (
            moving.post_unmatched(
                actor_id=None, uid=services.new_uid(), amount_fen=fen, business_on=DAY, source_code=code
            )
            for code, fen in (("ZD1", 300), ("ZD2", 500))
        )
    with transaction():
        matched = moving.post_matched(
            actor_id=None, uid=services.new_uid(), source_code="ZD2", amount_fen=400, need_code=NEED, stamp=STAMP,
            claim_code="RLA", donor_shown="张**",
        )  # fmt: skip
    assert used(matched) == [(two.id, 400)]
    assert used(pay(cast, 150)) == [(matched.id, 150)]
    for code, fen in (("ZD2", 101), ("ZD3", 1)):
        with pytest.raises(RuleBroken, match="still unmatched"):
            send_back(fen, code)
    send_back(300, "ZD1")
    assert (left(one), left(two)) == (0, 100)
    assert sound()


def test_a_wrong_rule_is_noticed(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: last in, first out is not what the check accepts."""
    from sun_commune.ledger import tracing

    rule = tracing._layers_to_use
    monkeypatch.setattr(tracing, "_layers_to_use", lambda *about: list(rule(*about))[::-1])
    give(amount_fen=300)
    give(amount_fen=500)
    pay(cast, 200)
    assert trace_checks.layers_equal_entries()


def test_a_move_is_taken_back_with_its_own_money_or_not_at_all(app: Flask, cast: Cast) -> None:
    """Otherwise what it moved would stand in two places: in the fund it came from, and where it was used."""
    give(amount_fen=300)
    moved = move(200)
    give(amount_fen=500, need_code=OTHER_NEED)
    spending = pay(cast, 50, need_code=OTHER_NEED)
    with pytest.raises(RuleBroken, match="used since"):
        reverse(moved)
    db.session.rollback()
    reverse(spending)
    reverse(moved)
    assert (fund_balance(NEED), fund_balance(OTHER_NEED)) == (300, 500)
    assert sound()
    assert not trace_checks.taken_back_whole()
