"""The ledger against a model of a few dictionaries, in any order of acts, on both databases (hypothesis)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, ClassVar

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.ledger import checks, figures, services
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import Voucher, VoucherState
from tests.cast import Cast
from tests.ledger.books import bring, document, draft, give

pytestmark = pytest.mark.usefixtures("book_checks_alone")

NEEDS = {f"XQ-2026-0000{number}": county for number, county in enumerate(("510722", "510723", "510723"), start=1)}
AMOUNTS = st.integers(1, 5_000)
DAYS = st.sampled_from([date(2017, 12, 6), date(2017, 12, 31), date(2018, 1, 1)])


class Books(RuleBasedStateMachine):
    """``self.funds`` is what the model thinks lies in each fund; ``self.live`` which entries still count."""

    app: Flask
    makers: tuple[User, User]
    paper: int

    def __init__(self) -> None:
        super().__init__()
        self.funds: Counter[str] = Counter(self.start)
        self.drafts: dict[int, tuple[str, int, int]] = {}
        self.live: dict[int, tuple[TransferKind, str, int]] = {}
        self.posted: Counter[TransferKind] = Counter()

    start: ClassVar[dict[str, int]] = {}
    book = figures.Totals()

    def refused(self, act: Any, *errors: type[Exception]) -> bool:
        try:
            act()
        except errors:
            db.session.rollback()
            return True
        return False

    @rule(need=st.sampled_from(sorted(NEEDS)), amount=AMOUNTS, day=DAYS, twice=st.booleans())
    def give(self, need: str, amount: int, day: date, twice: bool) -> None:
        said = {"uid": services.new_uid(), "need_code": need, "county_code": NEEDS[need], "amount_fen": amount}
        gift = give(**said, business_on=day)
        if twice:
            assert give(**said, business_on=day).id == gift.id
            assert self.refused(lambda: give(**{**said, "amount_fen": amount + 1}, business_on=day), Conflict)
        self.funds[need] += amount
        self.live[gift.id] = (TransferKind.GIFT, need, amount)
        self.posted[TransferKind.GIFT] += amount

    @rule(need=st.sampled_from(sorted(NEEDS)), value=AMOUNTS, day=DAYS)
    def bring(self, need: str, value: int, day: date) -> None:
        goods = bring(need_code=need, county_code=NEEDS[need], value_fen=value, business_on=day)
        self.live[goods.id] = (TransferKind.GOODS, need, value)
        self.posted[TransferKind.GOODS] += value

    @rule(need=st.sampled_from(sorted(NEEDS)), amount=AMOUNTS, who=st.integers(0, 1))
    def draft(self, need: str, amount: int, who: int) -> None:
        waiting = sum(fen for code, fen, _who in self.drafts.values() if code == need)
        made: list[Voucher] = []

        def act() -> None:
            made.append(draft(self.makers[who], need_code=need, amount_fen=amount, document_id=self.paper))

        if self.refused(act, RuleBroken):
            assert amount > self.funds[need] - waiting
        else:
            assert amount <= self.funds[need] - waiting
            self.drafts[made[0].id] = (need, amount, who)

    @precondition(lambda self: self.drafts)
    @rule(data=st.data(), who=st.integers(0, 1), yes=st.booleans())
    def decide(self, data: st.DataObject, who: int, yes: bool) -> None:
        row = data.draw(st.sampled_from(sorted(self.drafts)))
        need, amount, maker = self.drafts[row]

        def act() -> None:
            with transaction() as session:
                voucher = session.get_one(Voucher, row)
                if yes:
                    services.approve_voucher(self.makers[who], voucher, answer="都用同一张示例票据", copy_checked=True)
                else:
                    services.refuse_voucher(self.makers[who], voucher, "发票抬头不对")

        if self.refused(act, NotAllowed, RuleBroken):
            assert who == maker or (yes and amount > self.funds[need])
            return
        assert who != maker
        del self.drafts[row]
        if yes:
            self.funds[need] -= amount
            self.posted[TransferKind.SPENDING] += amount
            self.live[self.newest_id()] = (TransferKind.SPENDING, need, amount)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), twice=st.booleans())
    def reverse(self, data: st.DataObject, twice: bool) -> None:
        row = data.draw(st.sampled_from(sorted(self.live)))
        kind, need, amount = self.live[row]

        def act() -> None:
            with transaction() as session:
                services.reverse_transfer(None, session.get_one(Transfer, row), "录错了，更正一下")

        if self.refused(act, RuleBroken):
            assert kind is TransferKind.GIFT
            assert amount > self.funds[need]
            return
        if twice:
            act()
        del self.live[row]
        self.posted[kind] -= amount
        if kind is not TransferKind.GOODS:
            self.funds[need] += amount if kind is TransferKind.SPENDING else -amount

    def newest_id(self) -> int:
        db.session.rollback()
        return int(db.session.execute(select(Transfer.id).order_by(Transfer.id.desc()).limit(1)).scalar_one())

    @invariant()
    def books_agree_with_the_model(self) -> None:
        db.session.rollback()
        shown = figures.totals()
        now = (shown.raised - self.book.raised, shown.spent - self.book.spent, shown.goods - self.book.goods)
        assert now == (
            self.posted[TransferKind.GIFT], self.posted[TransferKind.SPENDING], self.posted[TransferKind.GOODS]
        )  # fmt: skip
        for need in NEEDS:
            assert services.fund_balance(need) == self.funds[need] >= 0

    def teardown(self) -> None:
        """Every check of the ledger on the whole book; then the next run begins with what this one left."""
        db.session.rollback()
        found = [f"{check.name}: {words}" for check in checks.CHECKS for words in check.find()]
        assert found == []
        with transaction() as session:
            for voucher in session.execute(select(Voucher).where(Voucher.state == VoucherState.DRAFTED)).scalars():
                other = self.makers[0] if voucher.maker_id == self.makers[1].id else self.makers[1]
                services.refuse_voucher(other, voucher, "下一轮从头开始")
        type(self).start = {need: services.fund_balance(need) for need in NEEDS}
        type(self).book = figures.totals()


@pytest.mark.usefixtures("app")
def test_books_agree_with_a_model(cast: Cast) -> None:
    makers = (cast.treasurer, cast.second_treasurer)
    machine = type("TheseBooks", (Books,), {"makers": makers, "paper": document(makers[0])})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
