"""Any order of acts on claims does what a plain dictionary does, and the database agrees by raw SQL after each step.

``SUN_MODEL_EXAMPLES`` (stories told) and ``SUN_MODEL_STEPS`` (acts in each) make the long run before a release.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

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
from sqlalchemy import text, update

from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.needs.models import LineKind
from sun_commune.needs.states import progress_state
from sun_commune.pledges import services
from sun_commune.pledges.models import Claim, Shown
from tests.cast import Cast
from tests.pledges.world import publish_need

EXAMPLES = int(os.environ.get("SUN_MODEL_EXAMPLES", "20"))
STEPS = int(os.environ.get("SUN_MODEL_STEPS", "25"))

line_shapes = st.builds(
    lambda asked, minimum, whole: (asked, asked if whole else min(minimum, asked), not whole),
    st.integers(1, 12), st.integers(1, 4), st.booleans(),
)  # fmt: skip


@dataclass
class Part:
    """What one claim has of one line."""

    quantity: int
    delivered: int = 0
    released: int = 0
    under_way: bool = False

    @property
    def outstanding(self) -> int:
        return self.quantity - self.delivered - self.released


@dataclass
class Told:
    """One claim as the model has it; ``parts`` by line."""

    donor: int
    state: str = "held"
    parts: dict[int, Part] = field(default_factory=dict)

    def end(self, state: str) -> None:
        for part in self.parts.values():
            part.released += part.outstanding
        self.state = state

    def settle(self, state: str) -> None:
        """After a release: on, fulfilled, or over."""
        if all(part.outstanding == 0 for part in self.parts.values()):
            came = any(part.delivered for part in self.parts.values())
            self.state = "fulfilled" if came else state


class ClaimStories(RuleBasedStateMachine):
    """Three donors and one need of two or three lines."""

    make_cast: ClassVar[Callable[[], Cast]]
    number: ClassVar[int] = 0

    @initialize(shapes=st.lists(line_shapes, min_size=2, max_size=3))
    def publish(self, shapes: list[tuple[int, int, bool]]) -> None:
        type(self).number += 1
        self.shapes = shapes
        cast = type(self).make_cast()
        lines = [
            {"kind": LineKind.GOODS, "item": "东西", "asked": asked, "minimum": minimum, "is_divisible": divisible}
            for asked, minimum, divisible in shapes
        ]  # fmt: skip
        need = publish_need(cast, *lines, code=f"XQ-2026-{type(self).number:05d}")
        self.need_id, self.lines = need.id, [line.id for line in need.lines]
        self.donors = [cast.user(f"捐赠者{place}").id for place in range(3)]
        self.claims: dict[int, Told] = {}

    # What the model knows.

    def claimed(self, line: int) -> int:
        parts = [told.parts[line] for told in self.claims.values() if line in told.parts]
        return sum(part.quantity - part.released for part in parts)

    def delivered(self, line: int) -> int:
        return sum(told.parts[line].delivered for told in self.claims.values() if line in told.parts)

    def may_take(self, line: int, quantity: int, *, own: int) -> bool:
        asked, minimum, divisible = self.shapes[line]
        left = asked - self.claimed(line) + own
        return quantity <= left and (divisible or quantity == asked) and (quantity >= minimum or quantity == left)

    def among(self, *states: str) -> list[int]:
        return [number for number, told in self.claims.items() if told.state in states]

    def pick(self, choice: int, *states: str) -> int:
        numbers = self.among(*states)
        return numbers[choice % len(numbers)]

    def row(self, number: int) -> Claim:
        found = db.session.get(Claim, number)
        assert found is not None
        return found

    def part_ids(self, number: int) -> dict[int, int]:
        """Line -> id of the claim's row for it."""
        rows = {line.need_line_id: line.id for line in self.row(number).lines}
        db.session.rollback()
        return {line: rows[row_id] for line, row_id in enumerate(self.lines) if row_id in rows}

    # What happens.

    @rule(donor=st.integers(0, 2), quantities=st.lists(st.integers(0, 12), min_size=3, max_size=3))
    def hold(self, donor: int, quantities: list[int]) -> None:
        wanted = {line: quantities[line] for line in range(len(self.lines)) if quantities[line]}
        mine = next((n for n in self.among("held") if self.claims[n].donor == donor), None)
        own = self.claims[mine].parts if mine else {}
        free = lambda line: own[line].quantity if line in own else 0  # noqa: E731 - two words, used once
        allowed = bool(wanted) and all(self.may_take(line, n, own=free(line)) for line, n in wanted.items())
        by_id = {self.lines[line]: quantity for line, quantity in wanted.items()}
        if not allowed:
            with pytest.raises(RuleBroken), transaction():
                services.hold_lines(donor_id=self.donors[donor], need_id=self.need_id, wanted=by_id)
            return
        with transaction():
            held = services.hold_lines(donor_id=self.donors[donor], need_id=self.need_id, wanted=by_id)
        assert held.id == mine or mine is None
        self.claims[held.id] = Told(donor, parts={line: Part(quantity) for line, quantity in wanted.items()})

    @precondition(lambda self: self.among("held"))
    @rule(choice=st.integers(0, 99))
    def pledge(self, choice: int) -> None:
        number = self.pick(choice, "held")
        with transaction():
            donor, claim = self.row(number).donor_id, self.row(number)
            services.pledge_claim(_user(donor), claim, due_on=today() + timedelta(days=9), shown=Shown.ANONYMOUS)
        self.claims[number].state = "pledged"

    @precondition(lambda self: self.claims)
    @rule(choice=st.integers(0, 99))
    def cancel(self, choice: int) -> None:
        number = self.pick(choice, "held", "pledged", "fulfilled", "cancelled", "expired")
        told = self.claims[number]
        begun = any(part.under_way or part.delivered for part in told.parts.values())

        def act() -> None:
            with transaction():
                services.cancel_claim(_user(self.row(number).donor_id), self.row(number), "家里有急事，对不起")

        if told.state not in {"held", "pledged"} or begun:
            with pytest.raises(Conflict):
                act()
            return
        act()
        told.end("cancelled")

    @precondition(lambda self: self.claims)
    @rule(choice=st.integers(0, 99), is_over=st.booleans())
    def expire(self, choice: int, is_over: bool) -> None:
        number = self.pick(choice, "held", "pledged", "fulfilled", "cancelled", "expired")
        told = self.claims[number]
        if is_over:
            self.set_back(number, held_until=now())
        with transaction():
            done = services.expire_hold(number)
        assert done == (told.state == "held" and is_over)
        if done:
            told.end("expired")

    @precondition(lambda self: self.among("pledged"))
    @rule(choice=st.integers(0, 99), is_late=st.booleans())
    def fall_due(self, choice: int, is_late: bool) -> None:
        number = self.pick(choice, "pledged")
        told = self.claims[number]
        if is_late:
            self.set_back(number, due_on=today() - timedelta(days=1))
        idle = [part for part in told.parts.values() if part.outstanding and not part.under_way]
        with transaction():
            done = services.release_overdue_claim(number)
        late = self.row(number).due_on
        assert late is not None
        assert done == (late < today() and bool(idle))
        if done:
            for part in idle:
                part.released += part.outstanding
            told.settle("expired")

    @precondition(lambda self: self.among("pledged"))
    @rule(choice=st.integers(0, 99), line=st.integers(0, 2), begins=st.booleans())
    def begin_or_call_off(self, choice: int, line: int, begins: bool) -> None:
        number = self.pick(choice, "pledged")
        parts = self.claims[number].parts
        if line not in parts:
            return
        row_id = self.part_ids(number)[line]
        if begins and not parts[line].outstanding:
            with pytest.raises(Conflict), transaction(audited=False):
                services.mark_acted(row_id)
            return
        with transaction(audited=False):
            (services.mark_acted if begins else services.mark_idle)(row_id)
        parts[line].under_way = begins

    @precondition(lambda self: self.among("pledged"))
    @rule(choice=st.integers(0, 99), line=st.integers(0, 2), quantity=st.integers(1, 12), brings=st.booleans())
    def deliver_or_release(self, choice: int, line: int, quantity: int, brings: bool) -> None:
        number = self.pick(choice, "pledged")
        told = self.claims[number]
        if line not in told.parts:
            return
        row_id, part = self.part_ids(number)[line], told.parts[line]

        def act() -> None:
            with transaction(audited=False):
                if brings:
                    services.record_line_delivery(row_id, quantity, None)
                else:
                    services.release_line(row_id, quantity, None, "包裹丢失了")

        if quantity > part.outstanding:
            with pytest.raises(Conflict):
                act()
            return
        act()
        if brings:
            part.delivered += quantity
        else:
            part.released += quantity
        told.settle("cancelled")

    @precondition(lambda self: self.among("pledged", "fulfilled"))
    @rule(choice=st.integers(0, 99), line=st.integers(0, 2), quantity=st.integers(1, 12))
    def take_back(self, choice: int, line: int, quantity: int) -> None:
        number = self.pick(choice, "pledged", "fulfilled")
        told = self.claims[number]
        if line not in told.parts:
            return
        row_id, part = self.part_ids(number)[line], told.parts[line]
        if quantity > part.delivered:
            with pytest.raises(Conflict), transaction(audited=False):
                services.undo_line_delivery(row_id, quantity, None)
            return
        with transaction(audited=False):
            services.undo_line_delivery(row_id, quantity, None)
        part.delivered -= quantity
        told.state = "pledged"

    def set_back(self, number: int, **values: object) -> None:
        """Let time pass for one claim."""
        with transaction(audited=False) as session:
            statement = update(Claim).where(Claim.id == number).values(values)
            session.execute(statement, execution_options={"synchronize_session": False})

    # What must always hold.

    @invariant()
    def lines_agree(self) -> None:
        statement = """
            SELECT l.asked, l.claimed, l.delivered,
                   COALESCE(SUM(c.quantity - c.released), 0), COALESCE(SUM(c.delivered), 0)
            FROM need_lines l LEFT JOIN claim_lines c ON c.need_line_id = l.id
            WHERE l.need_id = :need GROUP BY l.id, l.asked, l.claimed, l.delivered, l.position ORDER BY l.position
        """
        rows = [tuple(map(int, row)) for row in db.session.execute(text(statement), {"need": self.need_id})]
        for line, (asked, claimed, delivered, promised, brought) in enumerate(rows):
            assert 0 <= delivered <= claimed <= asked
            assert (claimed, delivered) == (promised, brought) == (self.claimed(line), self.delivered(line))
        state, is_open = db.session.execute(
            text("SELECT state, is_open FROM needs WHERE id = :need"), {"need": self.need_id}
        ).one()
        assert state == progress_state(row[:3] for row in rows)
        assert bool(is_open) == any(row[1] < row[0] for row in rows)
        db.session.rollback()

    @invariant()
    def claims_agree(self) -> None:
        rows = db.session.execute(
            text("SELECT id, state FROM claims WHERE need_id = :need ORDER BY id"), {"need": self.need_id}
        ).all()
        db.session.rollback()
        assert [tuple(row) for row in rows] == sorted((number, told.state) for number, told in self.claims.items())


def _user(user_id: int):  # type: ignore[no-untyped-def]  # a row of users
    from sun_commune.accounts.models import User

    return db.session.get(User, user_id)


def test_claims_do_what_a_dictionary_does(app: Flask, cast: Cast) -> None:
    stories = type("Stories", (ClaimStories,), {"make_cast": staticmethod(lambda: cast), "number": 0})
    run_state_machine_as_test(
        stories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize="SUN_MODEL_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
        ),
    )
