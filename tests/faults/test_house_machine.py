"""Claims, payments, vouchers, advances, choices, refunds, reversals and closings in any order, against a few numbers.

Where tests/pledges/test_claims_model.py and tests/ledger/test_books_machine.py each look at one feature, here both
sides must agree after every act, and every self-check of the house when a story ends.
``SUN_FAULT_ROUNDS=full`` plays 50,000 acts; a number plays so many.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, text

from sun_commune.accounts.models import User
from sun_commune.choices import services as choices
from sun_commune.choices.models import Choice, ChoiceState, Route
from sun_commune.core.clock import local, standing_at, today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.deliveries import services as deliveries
from sun_commune.ledger import figures
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher
from sun_commune.needs import services as needs
from sun_commune.needs.models import LineKind, Need
from sun_commune.pledges import jobs as pledges_jobs
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, Shown
from tests.cast import Cast
from tests.faults import acts
from tests.faults.rounds import times
from tests.ledger.books import document, public_copy
from tests.pledges.world import publish_need

STEPS = 25
ASKED = 10_000
START = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
AMOUNTS = st.integers(1, 6_000)
NUMBERS = st.integers(0, 99)
WHY = "核实以后发现情况有变"
PAYEE = {
    "payee_name": "黄溪农资店（虚构）", "payee_kind": PayeeKind.SHOP, "category": SpendingCategory.GOODS_PURCHASE,
    "purpose": "买化肥（虚构）",
}  # fmt: skip


@dataclass
class Promise:
    """One claim on one need: fen promised, fen arrived."""

    need: int
    fen: int
    state: str = "held"
    arrived: int = 0


@dataclass
class Paper:
    """A voucher or advance that waits (``drafted``), or is out."""

    need: int
    fen: int
    due_on: date = date.max


@dataclass
class Purse:
    """One need as the model has it."""

    is_open: bool = True
    claimed: int = 0
    arrived: int = 0
    fund: int = 0
    asked_back: int = 0
    drafts: dict[int, Paper] = field(default_factory=dict)
    advances: dict[int, Paper] = field(default_factory=dict)

    @property
    def available(self) -> int:
        waiting = sum(each.fen for each in (*self.drafts.values(), *self.advances.values()))
        return self.fund - waiting - self.asked_back


class House(RuleBasedStateMachine):
    """Two needs of money; each claim has a donor of its own. Time goes by months."""

    cast: ClassVar[Cast]
    makers: ClassVar[tuple[User, User]]
    paper: ClassVar[int]
    number: ClassVar[int] = 0
    moment: ClassVar[datetime] = START
    acts: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        self.needs: list[Need] = []
        self.purses = [Purse(), Purse()]
        self.claims: dict[int, Promise] = {}
        self.spent: dict[str, tuple[int, int]] = {}
        for _need in range(2):
            type(self).number += 1
            line = {"kind": LineKind.MONEY, "item": "化肥款", "asked": ASKED}
            with standing_at(self.moment):
                expires_on = today() + timedelta(days=3_650)
                code = f"XQ-2026-{self.number:05d}"
                self.needs.append(publish_need(self.cast, line, code=code, expires_on=expires_on))
        db.session.rollback()
        self.codes = [need.code for need in self.needs]
        self.before = figures.totals()
        self.pool = ledger.fund_balance("")
        self.raised = self.gone = self.refunded = 0
        for need in range(2):
            self.give(need, 5_000)

    def do(self, act: Callable[..., Any], *arguments: Any, **values: Any) -> Any:
        type(self).acts += 1
        with standing_at(self.moment), transaction():
            return act(*arguments, **values)

    def refused(self, act: Callable[..., Any], *arguments: Any, **values: Any) -> None:
        with pytest.raises((RuleBroken, Conflict)):
            self.do(act, *arguments, **values)
        db.session.rollback()

    def has(self, state: str) -> bool:
        return any(each.state == state for each in self.claims.values())

    def pick(self, choice: int, *states: str) -> int:
        found = [number for number, each in self.claims.items() if each.state in states]
        return found[choice % len(found)]

    # Claims.

    @rule(need=st.integers(0, 1), fen=AMOUNTS)
    def hold(self, need: int, fen: int) -> None:
        purse, row = self.purses[need], self.needs[need]
        with standing_at(self.moment):
            donor = self.cast.user("捐赠者")
        wanted = {row.lines[0].id: fen}
        if not purse.is_open or fen > ASKED - purse.claimed:
            self.refused(pledges.hold_claim, donor, row, wanted=wanted)
            return
        claim = self.do(pledges.hold_claim, donor, row, wanted=wanted)
        self.claims[claim.id] = Promise(need, fen)
        purse.claimed += fen

    @rule(need=st.integers(0, 1), fen=AMOUNTS)
    def give(self, need: int, fen: int) -> None:
        """The whole way of a gift, so that there is something to spend."""
        known = set(self.claims)
        self.hold(need, fen)
        for number in set(self.claims) - known:
            self.pledge_one(number)
            self.pay(number, fen)

    @precondition(lambda self: self.has("held"))
    @rule(choice=NUMBERS)
    def pledge(self, choice: int) -> None:
        self.pledge_one(self.pick(choice, "held"))

    def pledge_one(self, number: int) -> None:
        claim = db.session.get_one(Claim, number)
        donor = db.session.get_one(User, claim.donor_id)
        said = {"due_on": local(self.moment).date() + timedelta(days=9), "shown": Shown.MASKED}
        self.do(pledges.pledge_claim, donor, claim, **said)
        self.claims[number].state = "pledged"

    @precondition(lambda self: self.claims)
    @rule(choice=NUMBERS)
    def cancel(self, choice: int) -> None:
        number = self.pick(choice, "held", "pledged", "fulfilled", "over")
        promise = self.claims[number]
        claim = db.session.get_one(Claim, number)
        donor = db.session.get_one(User, claim.donor_id)
        if promise.state not in {"held", "pledged"} or promise.arrived:
            self.refused(pledges.cancel_claim, donor, claim, WHY)
            return
        self.do(pledges.cancel_claim, donor, claim, WHY)
        self.release(promise)

    def release(self, promise: Promise) -> None:
        purse = self.purses[promise.need]
        purse.claimed -= promise.fen - promise.arrived
        promise.fen, promise.state = promise.arrived, "fulfilled" if promise.arrived else "over"

    @precondition(lambda self: self.has("pledged"))
    @rule(choice=NUMBERS, fen=AMOUNTS, is_all=st.booleans())
    def arrive(self, choice: int, fen: int, is_all: bool) -> None:
        number = self.pick(choice, "pledged")
        promise = self.claims[number]
        self.pay(number, promise.fen - promise.arrived if is_all else fen)

    def pay(self, number: int, fen: int) -> None:
        promise = self.claims[number]
        code = db.session.get_one(Claim, number).payment_code or ""
        said = {
            "payment_code": code, "amount_fen": fen, "arrived_on": local(self.moment).date(),
            "bank_reference": secrets.token_hex(8),
        }  # fmt: skip
        if fen > promise.fen - promise.arrived:
            self.refused(deliveries.record_payment, self.makers[0], **said)
            return
        self.do(deliveries.record_payment, self.makers[0], **said)
        promise.arrived += fen
        purse = self.purses[promise.need]
        purse.arrived += fen
        purse.fund += fen
        self.raised += fen
        if promise.arrived == promise.fen:
            promise.state = "fulfilled"

    # Money out.

    @rule(need=st.integers(0, 1), fen=AMOUNTS)
    def draft(self, need: int, fen: int) -> None:
        purse = self.purses[need]
        said = {
            **PAYEE, "need_code": self.codes[need], "amount_fen": fen, "document_id": self.paper,
            "redacted_id": public_copy(self.makers[0]), "spent_on": local(self.moment).date(),
        }  # fmt: skip
        if fen > purse.available:
            self.refused(ledger.draft_voucher, self.makers[0], **said)
            return
        purse.drafts[self.do(ledger.draft_voucher, self.makers[0], **said).id] = Paper(need, fen)

    @rule(need=st.integers(0, 1), fen=AMOUNTS)
    def spend(self, need: int, fen: int) -> None:
        """The whole way of a payment."""
        purse = self.purses[need]
        known = set(purse.drafts)
        self.draft(need, fen)
        for number in set(purse.drafts) - known:
            self.pay_out(purse, number)

    def approve(self, voucher: int) -> Voucher:
        row = db.session.get_one(Voucher, voucher)
        self.do(ledger.approve_voucher, self.makers[1], row, answer="都用同一张示例票据", copy_checked=True)
        return row

    @precondition(lambda self: any(purse.drafts for purse in self.purses))
    @rule(choice=NUMBERS, yes=st.booleans())
    def decide(self, choice: int, yes: bool) -> None:
        waiting = [(purse, number) for purse in self.purses for number in purse.drafts]
        purse, number = waiting[choice % len(waiting)]
        row = db.session.get_one(Voucher, number)
        self.refused_to_own(row)
        if yes:
            self.pay_out(purse, number)
            return
        self.do(ledger.refuse_voucher, self.makers[1], row, "发票抬头不对")
        del purse.drafts[number]

    def pay_out(self, purse: Purse, number: int) -> None:
        uid = self.approve(number).transfer_uid or ""
        fen = purse.drafts.pop(number).fen
        purse.fund -= fen
        self.gone += fen
        self.spent[uid] = (self.purses.index(purse), fen)

    def refused_to_own(self, row: Voucher) -> None:
        """Nobody approves what they wrote."""
        with pytest.raises((NotAllowed, RuleBroken)), standing_at(self.moment), transaction():
            ledger.approve_voucher(self.makers[0], row, answer="都用同一张示例票据", copy_checked=True)
        db.session.rollback()

    @precondition(lambda self: self.spent)
    @rule(choice=NUMBERS)
    def reverse_spending(self, choice: int) -> None:
        uid = sorted(self.spent)[choice % len(self.spent)]
        need, fen = self.spent.pop(uid)
        entry = db.session.execute(select(Transfer).where(Transfer.uid == uid)).scalar_one()
        self.do(ledger.reverse_transfer, None, entry, WHY)
        self.purses[need].fund += fen
        self.gone -= fen

    @rule(need=st.integers(0, 1), fen=AMOUNTS)
    def hand_out(self, need: int, fen: int) -> None:
        purse, on = self.purses[need], local(self.moment).date()
        said = {
            **PAYEE, "need_code": self.codes[need], "amount_fen": fen, "document_id": self.paper, "spent_on": on,
            "due_on": on + timedelta(days=20),
        }  # fmt: skip
        if fen > purse.available or any(each.due_on < on for each in purse.advances.values()):
            self.refused(ledger.draft_advance, self.makers[0], **said)
            return
        number = self.do(ledger.draft_advance, self.makers[0], **said).id
        self.approve(number)
        purse.advances[number] = Paper(need, fen, on + timedelta(days=20))

    @precondition(lambda self: any(purse.advances for purse in self.purses))
    @rule(choice=NUMBERS, fen=AMOUNTS, is_all=st.booleans(), comes_back=st.booleans())
    def settle_or_bring_back(self, choice: int, fen: int, is_all: bool, comes_back: bool) -> None:
        out = [(purse, number) for purse in self.purses for number in purse.advances]
        purse, number = out[choice % len(out)]
        paper, on = purse.advances[number], local(self.moment).date()
        fen = paper.fen if is_all else fen
        code = db.session.get_one(Voucher, number).code
        if comes_back:
            act, said = ledger.return_advance, {
                "uid": ledger.new_uid(), "advance_code": code, "amount_fen": fen, "returned_on": on,
                "bank_reference": secrets.token_hex(8),
            }  # fmt: skip
        else:
            act, said = ledger.draft_settlement, {
                **PAYEE, "advance_code": code, "amount_fen": fen, "spent_on": on, "document_id": self.paper,
            }  # fmt: skip
        if fen > paper.fen:
            self.refused(act, self.makers[0], **said)
            return
        done = self.do(act, self.makers[0], **said)
        if not comes_back:
            self.approve(done.id)
            purse.fund -= fen
            self.gone += fen
        paper.fen -= fen
        if not paper.fen:
            del purse.advances[number]

    # A need that ends, and what its donors choose.

    @precondition(lambda self: any(purse.is_open and purse.arrived for purse in self.purses))
    @rule(need=st.integers(0, 1))
    def withdraw(self, need: int) -> None:
        purse = self.purses[need]
        if not purse.is_open or not purse.arrived:
            return
        self.do(needs.withdraw_need, self.cast.administrator, self.needs[need], WHY)
        purse.is_open = False
        for promise in self.claims.values():
            if promise.need == need and promise.state in {"held", "pledged"}:
                self.release(promise)

    @precondition(lambda self: any(not purse.is_open and purse.available for purse in self.purses))
    @rule(choice=NUMBERS, part=st.integers(1, 6_000), goes_back=st.booleans())
    def choose(self, choice: int, part: int, goes_back: bool) -> None:
        rows = self.open_choices()
        row = rows[choice % len(rows)]
        fen, purse = min(part, row.amount_fen), self.purses[self.codes.index(row.need_code)]
        donor = db.session.get_one(User, row.donor_id)
        route = Route.REFUND if goes_back else Route.POOL
        self.do(choices.choose, donor, row, route=route, amount_fen=fen)
        if goes_back:
            purse.asked_back += fen
        else:
            purse.fund -= fen
            self.pool += fen

    @precondition(lambda self: any(purse.asked_back for purse in self.purses))
    @rule(choice=NUMBERS)
    def refund(self, choice: int) -> None:
        rows = self.rows(ChoiceState.CHOSEN)
        row = rows[choice % len(rows)]
        purse, fen = self.purses[self.codes.index(row.need_code)], row.amount_fen
        said = {"bank_reference": secrets.token_hex(8), "paid_on": local(self.moment).date()}
        self.do(choices.record_refund, self.makers[0], row, **said)
        self.do(choices.confirm_refund, self.makers[1], row)
        purse.fund -= fen
        purse.asked_back -= fen
        self.refunded += fen

    def rows(self, state: ChoiceState) -> list[Choice]:
        found = select(Choice).where(Choice.state == state, Choice.need_code.in_(self.codes)).order_by(Choice.id)
        return list(db.session.execute(found).scalars())

    def open_choices(self) -> list[Choice]:
        return self.rows(ChoiceState.OPEN)

    # Time.

    @rule()
    def month_goes_by(self) -> None:
        """Holds and pledges that nobody has paid for end; the month is closed, and its figures never change again: the
        self-check computes them anew."""
        ended = local(self.moment).strftime("%Y-%m")
        type(self).moment = self.moment + timedelta(days=31)
        with standing_at(self.moment):
            for job in pledges_jobs.JOBS:
                job.run()
        for promise in self.claims.values():
            if promise.state in {"held", "pledged"}:
                self.release(promise)
        self.do(ledger.close_periods, self.makers[0], until=ended)

    # What must always hold.

    @invariant()
    def both_sides_agree(self) -> None:
        if not hasattr(self, "codes"):
            return
        db.session.rollback()
        for need, purse in zip(self.needs, self.purses, strict=True):
            stock = text("SELECT claimed, delivered FROM need_lines WHERE need_id = :need")
            assert tuple(db.session.execute(stock, {"need": need.id}).one()) == (purse.claimed, purse.arrived)
            assert purse.arrived <= purse.claimed <= ASKED
            assert ledger.fund_balance(need.code) == purse.fund
            assert ledger.fund_available(need.code) == purse.available
            waits = sum(row.amount_fen for row in self.open_choices() if row.need_code == need.code)
            assert waits == (0 if purse.is_open else purse.available)
        assert ledger.fund_balance("") == self.pool
        shown = figures.totals()
        now_shown = (shown.raised, shown.spent, shown.refunded)
        assert now_shown == (
            self.before.raised + self.raised, self.before.spent + self.gone, self.before.refunded + self.refunded
        )  # fmt: skip
        assert shown.raised == shown.spent + shown.refunded + shown.held

    def teardown(self) -> None:
        """Every check of the house; then the next story begins with what this one left."""
        if hasattr(self, "codes"):
            with standing_at(self.moment):
                assert acts.wrong() == []


def test_the_house_does_what_a_few_numbers_do(app: Flask, cast: Cast) -> None:
    steps = times(75, full=50_000)
    with standing_at(START):
        makers = (cast.treasurer, cast.second_treasurer)
        own = {"cast": cast, "makers": makers, "paper": document(makers[0]), "number": 0, "acts": 0}
        assert cast.administrator.id
        machine = type("ThisHouse", (House,), {**own, "moment": START})
    how = settings(
        max_examples=max(1, steps // STEPS), stateful_step_count=STEPS, deadline=None, database=None,
        derandomize=True, suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=how)
    kinds = select(Transfer.kind, Transfer.reverses_id.is_not(None), func.count()).group_by(Transfer.kind, text("2"))
    found = {f"{'-' if back else ''}{kind.value}": count for kind, back, count in db.session.execute(kinds)}
    assert found["gift"] > 0
    print(f"{machine.acts} acts in {machine.number // 2} stories, entries by kind: {found}")
