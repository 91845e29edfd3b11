"""Follow a yuan both ways: each gift's parts are the whole gift, each spending's sources the whole spending."""

from __future__ import annotations

from random import Random

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.core.db import db, transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.ledger import checks, figures, services, trace_checks, traces
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.queries import fund_balance
from sun_commune.ledger.services import moving
from sun_commune.ledger.traces import Fate, Resting
from tests.cast import Cast
from tests.ledger.books import DAY, NEED, OTHER_NEED, give, reverse, send_back
from tests.ledger.test_tracing import STAMP, give_back, move, pay

pytestmark = pytest.mark.usefixtures("book_checks_alone")

K = TransferKind


def fate(transfer: Transfer) -> Fate:
    return traces.fates([transfer.id])[transfer.id]


def sources(transfer: Transfer) -> dict[int, int]:
    return {row.transfer_id: row.amount_fen for row in traces.sources(transfer.id)}


def test_a_gift_is_followed_to_where_each_fen_is(app: Flask, cast: Cast) -> None:
    gift = give(amount_fen=1_000, claim_code="RLA")
    other = give(amount_fen=400, claim_code="RLB")
    spending = pay(cast, 300)
    move(250)
    give_back(100, "RLA")
    assert fate(gift) == Fate(spent=300, held=600, refunded=100)
    assert fate(gift).whole == 1_000
    assert fate(other) == Fate(held=400)
    assert traces.fate_of(gift.id)[1] == [Resting(NEED, 350), Resting(OTHER_NEED, 250)]
    there = pay(cast, 200, need_code=OTHER_NEED)
    assert sources(there) == {gift.id: 200}
    assert [(part.kind, part.amount_fen) for part in traces.parts(gift.id)] == [
        (K.SPENDING, 300), (K.REFUND, 100), (K.SPENDING, 200),
    ]  # fmt: skip
    assert traces.spent_by_category(gift.id) == {"goods_purchase": 500}
    assert sources(spending) == {gift.id: 300}


def test_a_spending_out_of_several_gifts_names_each(app: Flask, cast: Cast) -> None:
    gifts = [give(amount_fen=100, donor_shown=name) for name in ("张**", "", "甲公司")]
    spending = pay(cast, 250)
    assert sources(spending) == {gifts[0].id: 100, gifts[1].id: 100, gifts[2].id: 50}
    assert [(row.giver, row.amount_fen, row.gifts_count) for row in traces.sources_by_giver(spending.id)] == [
        ("other", 150, 2), ("anonymous", 100, 1),
    ]  # fmt: skip
    first, second = traces.sources(spending.id, size=1)[:1], traces.sources(spending.id, after=gifts[0].id, size=2)
    assert [row.transfer_id for row in (*first, *second)] == [gift.id for gift in gifts]


def test_what_was_reversed_is_no_part(app: Flask, cast: Cast) -> None:
    gift = give(amount_fen=500)
    reverse(pay(cast, 200))
    assert fate(gift) == Fate(held=500)
    assert traces.parts(gift.id) == []
    reverse(gift)
    assert fate(gift) == Fate(taken_back=500)
    assert [(part.kind, part.amount_fen) for part in traces.parts(gift.id)] == [(K.GIFT, 500)]


def test_a_gift_makes_good_for_another_that_is_taken_back(app: Flask, cast: Cast) -> None:
    first, second = give(amount_fen=300), give(amount_fen=300)
    pay(cast, 100)
    reverse(first)
    assert fate(first) == Fate(spent=100, taken_back=200)
    assert fate(second) == Fate(held=200, taken_back=100)


def unmatched(fen: int, code: str) -> Transfer:
    with transaction():
        return moving.post_unmatched(
            actor_id=None, uid=services.new_uid(), amount_fen=fen, business_on=DAY, source_code=code
        )


def match(fen: int, code: str, need: str = NEED) -> Transfer:
    with transaction():
        return moving.post_matched(
            actor_id=None, uid=services.new_uid(), source_code=code, amount_fen=fen, need_code=need, stamp=STAMP,
            claim_code="RLA", donor_shown="张**",
        )  # fmt: skip


def test_money_that_was_matched_later_is_followed_over_both_entries(app: Flask, cast: Cast) -> None:
    came = unmatched(500, "ZD1")
    gift = match(300, "ZD1")
    spending = pay(cast, 120)
    assert fate(came) == Fate(spent=120, held=180, unmatched=200)
    assert fate(gift) == Fate(spent=120, held=180)
    assert sources(spending) == {gift.id: 120}, "the giver stands at the match"
    assert sources(gift) == {came.id: 300}
    back = send_back(200, "ZD1")
    assert fate(came) == Fate(spent=120, held=180, refunded=200)
    assert sources(back) == {came.id: 200}


def test_a_match_that_was_taken_back_is_whole_in_both_views(app: Flask, cast: Cast) -> None:
    came = unmatched(500, "ZD1")
    gift = match(300, "ZD1")
    reverse(gift)
    assert fate(gift) == Fate(taken_back=300)
    assert fate(came) == Fate(unmatched=500)


def random_act(dice: Random, cast: Cast) -> None:
    """One act of any kind, of any size that may or may not be possible."""
    fen, need = dice.randint(1, 400), dice.choice((NEED, OTHER_NEED))
    there = dice.choice([code for code in (NEED, OTHER_NEED, "") if code != need])
    line = f"ZD{dice.randint(1, 3)}"
    acts = {
        "give": lambda: give(amount_fen=fen, need_code=need, claim_code=f"RL{dice.randint(1, 3)}"),
        "pay": lambda: pay(cast, fen, need_code=need),
        "move": lambda: move(fen, out_of=need, to=there),
        "refund": lambda: give_back(fen, f"RL{dice.randint(1, 3)}"),
        "unmatched": lambda: unmatched(fen, line),
        "match": lambda: match(fen, line, need),
        "reverse": lambda: reverse(dice.choice(forward())),
    }
    name = dice.choice(list(acts))
    try:
        acts[name]()
    except (RuleBroken, IndexError):
        db.session.rollback()


def forward() -> list[Transfer]:
    return list(db.session.execute(select(Transfer).where(Transfer.reverses_id.is_(None))).scalars())


@pytest.mark.parametrize("seed", range(6))
def test_the_fen_always_add_up(app: Flask, cast: Cast, seed: int) -> None:
    """In any books: parts of what came, sources of what went, and both against the public figures."""
    dice = Random(seed)  # noqa: S311 - a repeatable story
    for _number in range(45):
        random_act(dice, cast)
    assert not checks.sums_equal_entries()
    assert not trace_checks.layers_equal_entries()
    rows = forward()
    came = [row for row in rows if row.kind in (*traces.GIFTS, K.UNMATCHED, K.MOVED)]
    fates = traces.fates([row.id for row in came])
    assert {row.id: fates[row.id].whole for row in came} == {row.id: row.amount_fen for row in came}
    for row in came:
        of = fates[row.id]
        parts = traces.parts(row.id, size=10_000)
        assert sum(part.amount_fen for part in parts) == of.spent + of.refunded + of.taken_back
        assert sum(place.left_fen for place in traces.fate_of(row.id)[1]) == of.held + of.unmatched
    for row in rows:
        if row.kind in (K.SPENDING, K.REFUND, K.SENT_BACK, K.MATCHED, K.MOVED):
            assert sum(sources(row).values()) == row.amount_fen
            assert sum(each.amount_fen for each in traces.sources_by_giver(row.id)) == row.amount_fen
    first = [fates[row.id] for row in came if row.kind in (K.GIFT, K.UNMATCHED)]
    totals = figures.totals()
    assert sum(of.spent for of in first) == totals.spent
    assert sum(of.held for of in first) == totals.held == sum(map(fund_balance, (NEED, OTHER_NEED, "")))
    assert sum(of.unmatched for of in first) == totals.unmatched


def test_a_lost_use_is_seen(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: parts that leave refunds out do not add up."""
    gift = give(amount_fen=500, claim_code="RLA")
    give_back(200, "RLA")
    monkeypatch.setattr(traces, "PASSED_ON", (*traces.PASSED_ON, K.REFUND))
    assert fate(gift).whole == 300 != gift.amount_fen
