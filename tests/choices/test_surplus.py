"""More came by a statement line than was promised: it lies in suspense, and its donor chooses like of any other."""

from __future__ import annotations

import pytest
from flask import Flask

from sun_commune.choices import jobs, services
from sun_commune.choices.models import Choice, ChoiceState, Occasion, Route
from sun_commune.core.errors import RuleBroken
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import TransferKind
from sun_commune.pledges.models import Claim
from sun_commune.statements import queries as lines
from sun_commune.statements import services as statements
from sun_commune.statements.models import StatementLine
from tests.cast import Cast
from tests.choices.world import act, choices, choose, entries, findings, held, money_need, refund, stock
from tests.statements import papers, world


@pytest.fixture(autouse=True)
def _app(app: Flask) -> None:
    """All of it lives in an application."""


@pytest.fixture
def surplus(cast: Cast) -> tuple[Claim, StatementLine, Choice]:
    """1,200 yuan came for a promise of 1,000."""
    claim = world.pledge(cast)
    world.import_rows(cast.treasurer, papers.movement(world.day(), "1,200.00", world.code_of(claim), reference="A1"))
    (line,), (choice,) = world.lines(), choices()
    return claim, line, choice


def test_its_donor_is_asked(cast: Cast, surplus: tuple[Claim, StatementLine, Choice]) -> None:
    claim, line, choice = surplus
    assert (choice.occasion, choice.amount_fen, choice.donor_id) == (Occasion.SURPLUS, 20_000, cast.donor.id)
    assert (choice.source_code, choice.need_code, choice.claim_code) == (line.code, "", claim.code)
    assert choice.county_code == "510723"
    assert jobs.open_missed_choices() == 0, "asked once"
    assert findings() == []


def test_to_the_pool(cast: Cast, surplus: tuple[Claim, StatementLine, Choice]) -> None:
    _claim, line, choice = surplus
    choose(cast.donor, choice, Route.POOL)
    (entry,) = entries(TransferKind.MATCHED)
    assert (entry.source_code, entry.amount_fen, entry.need_code) == (line.code, 20_000, "")
    assert (held(""), world.open_fen()) == (20_000, 0)
    assert [row.state for row in choices()] == [ChoiceState.DONE]
    assert findings() == []


def test_to_another_need_and_the_rest_back(cast: Cast, surplus: tuple[Claim, StatementLine, Choice]) -> None:
    _claim, line, choice = surplus
    other = money_need(cast, 15_000)
    choose(cast.donor, choice, Route.NEED, to_need_code=other.code, amount_fen=15_000)
    assert stock(other) == (15_000, 15_000)
    done, rest = choices()
    (entry,) = entries(TransferKind.MATCHED)
    assert (entry.claim_code, entry.need_code) == (done.to_claim_code, other.code)
    choose(cast.donor, rest, Route.REFUND)
    with pytest.raises(RuleBroken):  # nobody places what goes back
        act(statements.move_suspense, actor_id=None, line_code=line.code, amount_fen=1)
    refund(cast, rest)
    (entry,) = entries(TransferKind.SENT_BACK)
    assert (entry.amount_fen, entry.source_code) == (5_000, line.code)
    assert world.open_fen() == 0
    assert findings() == []


def test_a_refund_that_bounces_is_chosen_anew(cast: Cast, surplus: tuple[Claim, StatementLine, Choice]) -> None:
    _claim, line, choice = surplus
    refund(cast, choose(cast.donor, choice, Route.REFUND))
    (entry,) = entries(TransferKind.SENT_BACK)
    wish = act(ledger.ask_correction, cast.treasurer, entry, "银行退票：户名不符")
    act(ledger.approve_correction, cast.second_treasurer, wish)
    old, new = choices()
    assert (old.state, new.state, new.amount_fen) == (ChoiceState.UNDONE, ChoiceState.OPEN, 20_000)
    assert (new.occasion, new.source_code) == (Occasion.REFUND_FAILED, line.code)
    choose(cast.donor, new, Route.POOL)
    assert findings() == []


def test_what_a_treasurer_places_is_asked_about_no_more(
    cast: Cast, surplus: tuple[Claim, StatementLine, Choice]
) -> None:
    """The donor wrote, say, that it was for another pledge."""
    _claim, line, _choice = surplus
    other = world.pledge(cast, 150)
    act(statements.place_on_claim, cast.treasurer, line, code=other.code, amount_fen=15_000)
    assert [(row.amount_fen, row.state) for row in choices()] == [(5_000, ChoiceState.OPEN)]
    act(statements.place_in_pool, cast.treasurer, lines.get_line(line.code), amount_fen=5_000)
    assert [row.state for row in choices()] == [ChoiceState.LAPSED]
    assert findings() == []


def test_a_refused_return_is_asked_about_again(cast: Cast, surplus: tuple[Claim, StatementLine, Choice]) -> None:
    _claim, line, _choice = surplus
    wish = act(statements.ask_return, cast.treasurer, line, amount_fen=20_000, reason="付款人来电要求退回")
    assert [row.state for row in choices()] == [ChoiceState.LAPSED]
    act(statements.refuse_return, cast.second_treasurer, wish, "没有书面申请，先请捐赠人选择")
    assert [(row.state, row.amount_fen) for row in choices(state=ChoiceState.OPEN)] == [(ChoiceState.OPEN, 20_000)]
    assert findings() == []


def test_the_daily_job_finds_a_surplus_that_was_missed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = world.pledge(cast)
    with monkeypatch.context() as deaf:
        deaf.setattr(services, "settle_line", lambda *_args, **_values: 0)
        world.import_rows(
            cast.treasurer, papers.movement(world.day(), "1,200.00", world.code_of(claim), reference="A1")
        )
    assert choices() == []
    assert jobs.open_missed_choices() == 1
    assert [row.amount_fen for row in choices()] == [20_000]
