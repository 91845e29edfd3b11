"""A mistake is taken back by its mirror, once, with a reason."""

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.ledger import services
from sun_commune.ledger.models import LedgerSum, Transfer, TransferKind
from tests.cast import Cast
from tests.ledger.books import NEED, bring, give

pytestmark = pytest.mark.usefixtures("book_checks_alone")

REASON = "金额录错，更正后重新入账"


def test_reversal_is_the_mirror(app: Flask, cast: Cast) -> None:
    treasurer, gift = cast.treasurer, give()
    with transaction():
        mirror = services.reverse_transfer(treasurer, gift, REASON)
    assert (mirror.debit_id, mirror.credit_id) == (gift.credit_id, gift.debit_id)
    assert (mirror.reverses_id, mirror.amount_fen, mirror.kind) == (gift.id, gift.amount_fen, TransferKind.GIFT)
    assert services.fund_balance(NEED) == 0
    sums = db.session.execute(select(LedgerSum.amount_fen, LedgerSum.reversed_fen)).all()
    assert sorted(tuple(row) for row in sums) == [(0, 32_000), (32_000, 0)]


def test_asked_twice_it_is_reversed_once(app: Flask, cast: Cast) -> None:
    treasurer, gift = cast.treasurer, give()
    with transaction():
        first = services.reverse_transfer(treasurer, gift, REASON)
    with transaction():
        again = services.reverse_transfer(treasurer, gift, REASON + "！")
    assert first.id == again.id


def test_reversal_of_a_reversal_is_refused(app: Flask) -> None:
    goods = bring()
    with transaction():
        mirror = services.reverse_transfer(None, goods, REASON)
    with transaction(), pytest.raises(Conflict):
        services.reverse_transfer(None, mirror, REASON)
    assert len(db.session.execute(select(Transfer)).all()) == 2


@pytest.mark.parametrize("reason", ["", "错了", "字" * 201])
def test_reason_must_say_something(app: Flask, reason: str) -> None:
    gift = give()
    with transaction(), pytest.raises(RuleBroken) as refused:
        services.reverse_transfer(None, gift, reason)
    assert refused.value.field == "reason"
