"""A refund: chosen by the donor, sent by one, seen by another, then posted; and what happens when it fails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from sun_commune.accounts.models import Role
from sun_commune.choices import services
from sun_commune.choices.models import Choice, ChoiceState, Occasion, Route
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import SelfcheckRun, TransferKind
from sun_commune.needs.models import Need
from tests.cast import JINLU, Cast
from tests.choices.world import (
    act,
    choices,
    choose,
    entries,
    findings,
    give,
    held,
    left_over,
    money_need,
    open_fen,
    refund,
    send,
    withdraw,
)
from tests.ledger import books
from tests.ledger.test_selfcheck import put_guards_back, take_guards_off

WHY = "收款账户已经注销，退不回去"


@pytest.fixture(autouse=True)
def _app(app: Flask) -> None:
    """All of it lives in an application."""


def asked_back(cast: Cast) -> Choice:
    _need, _claim, choice = left_over(cast)
    return choose(cast.donor, choice, Route.REFUND)


def test_by_two_people_and_then_in_the_books(cast: Cast) -> None:
    choice = asked_back(cast)
    assert entries(TransferKind.REFUND) == []
    payer, checker = cast.treasurer, cast.second_treasurer
    send(payer, choice)
    assert (choices()[0].state, entries(TransferKind.REFUND)) == (ChoiceState.PAID_OUT, [])
    act(services.confirm_refund, checker, choice)
    (entry,) = entries(TransferKind.REFUND)
    (choice,) = choices()
    assert (choice.state, choice.transfer_uid, choice.payer_id, choice.checker_id) == (
        ChoiceState.DONE, entry.uid, payer.id, checker.id,
    )  # fmt: skip
    assert (entry.amount_fen, entry.claim_code, entry.need_code) == (50_000, choice.claim_code, choice.need_code)
    assert held(choice.need_code) == 0
    act(services.confirm_refund, checker, choice)
    assert len(entries(TransferKind.REFUND)) == 1, "a double click posts once"
    assert findings() == []


def test_it_takes_the_donors_own_money_first(cast: Cast) -> None:
    need = money_need(cast)
    first, second = give(cast, need, 50_000), give(cast, need, 30_000, cast.other_donor)
    withdraw(cast, need)
    (choice,) = choices(claim_code=second.code)
    refund(cast, choose(cast.other_donor, choice, Route.REFUND))
    assert open_fen(need) == {first.code: 50_000}
    assert findings() == []


def test_nobody_checks_the_own_payment_or_gift(cast: Cast) -> None:
    choice = asked_back(cast)
    send(cast.treasurer, choice)
    for actor in (cast.treasurer, cast.donor, cast.supervisor, cast.secretary, cast.other_administrator):
        with pytest.raises(NotAllowed):
            act(services.confirm_refund, actor, choice)
    assert entries(TransferKind.REFUND) == []
    with pytest.raises(NotAllowed):  # she published the need
        act(services.confirm_refund, cast.administrator, choice)


def test_a_donor_who_is_treasurer_neither_sends_nor_checks(cast: Cast) -> None:
    need, giver = money_need(cast), cast.officer("钱财务", Role.TREASURER, JINLU)
    claim = give(cast, need, 50_000, giver)
    withdraw(cast, need)
    (choice,) = choices(claim_code=claim.code)
    choose(giver, choice, Route.REFUND)
    with pytest.raises(NotAllowed):
        send(giver, choice)
    send(cast.treasurer, choice)
    with pytest.raises(NotAllowed):
        act(services.confirm_refund, giver, choice)


def test_not_while_the_books_are_wrong(cast: Cast) -> None:
    choice = asked_back(cast)
    with transaction(audited=False) as session:
        session.add(SelfcheckRun(ran_at=now(), checks_count=1, failures="sums_equal_entries: wrong"))
    with pytest.raises(RuleBroken, match="sums_equal_entries"):
        send(cast.treasurer, choice)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bank_reference", "A"),
        ("bank_reference", "9" * 65),
        ("paid_on", today() + timedelta(days=1)),
        ("paid_on", today() - timedelta(days=2)),
    ],
)
def test_bad_input_names_its_field(cast: Cast, field: str, value: object) -> None:
    choice = asked_back(cast)
    with pytest.raises(RuleBroken) as refused:
        send(cast.treasurer, choice, **{field: value})
    assert refused.value.field == field


def test_one_movement_pays_one_refund(cast: Cast) -> None:
    first, second = asked_back(cast), asked_back(cast)
    send(cast.treasurer, first)
    with pytest.raises(RuleBroken) as refused:
        send(cast.treasurer, second, bank_reference="ｒｅｆｕｎｄ－0001")
    assert refused.value.field == "bank_reference"


def test_not_found_in_the_account_goes_back_to_the_treasurer(cast: Cast) -> None:
    choice = asked_back(cast)
    send(cast.treasurer, choice)
    act(services.refuse_refund, cast.second_treasurer, choice, "流水里没有这一笔，请核对")
    (choice,) = choices()
    assert (choice.state, choice.payer_id, choice.bank_reference) == (ChoiceState.CHOSEN, None, None)
    send(cast.second_treasurer, choice)
    act(services.confirm_refund, cast.treasurer, choice)
    assert choices()[0].state is ChoiceState.DONE


def test_what_cannot_be_sent_is_chosen_anew(cast: Cast) -> None:
    choice = asked_back(cast)
    act(services.give_up_refund, cast.treasurer, choice, WHY)
    (choice,) = choices()
    assert (choice.state, choice.route, choice.occasion, choice.note) == (
        ChoiceState.OPEN, None, Occasion.REFUND_FAILED, WHY,
    )  # fmt: skip
    choose(cast.donor, choice, Route.POOL)
    assert held("") == 50_000
    assert findings() == []


def test_a_refund_that_bounces_is_taken_back_and_chosen_anew(cast: Cast) -> None:
    choice = asked_back(cast)
    refund(cast, choice)
    (entry,) = entries(TransferKind.REFUND)
    wish = act(ledger.ask_correction, cast.treasurer, entry, "银行退票：户名不符")
    act(ledger.approve_correction, cast.second_treasurer, wish)
    old, new = choices()
    assert (old.state, old.transfer_uid, old.note) == (ChoiceState.UNDONE, entry.uid, "银行退票：户名不符")
    assert (new.state, new.amount_fen, new.occasion, new.donor_id) == (
        ChoiceState.OPEN, 50_000, Occasion.REFUND_FAILED, cast.donor.id,
    )  # fmt: skip
    assert held(new.need_code) == 50_000
    refund(cast, choose(cast.donor, new, Route.REFUND), reference="REFUND-0002")
    assert findings() == []


def test_a_move_that_is_taken_back_lets_the_other_need_go(cast: Cast) -> None:
    need, claim, choice = left_over(cast)
    other = money_need(cast, 80_000)
    choose(cast.donor, choice, Route.NEED, to_need_code=other.code)
    (entry,) = entries(TransferKind.MOVED)
    books.reverse(entry)
    db.session.refresh(other)
    assert (other.lines[0].claimed, other.lines[0].delivered) == (0, 0), "open to others again"
    old, new = choices()
    assert (old.state, new.occasion, new.amount_fen) == (ChoiceState.UNDONE, Occasion.MOVE_REVERSED, 50_000)
    assert (held(need.code), held(other.code)) == (50_000, 0)
    assert new.claim_code == claim.code
    assert findings() == []


def test_a_second_answer_comes_too_late(cast: Cast) -> None:
    choice = asked_back(cast)
    refund(cast, choice)
    for service in (services.refuse_refund, services.give_up_refund):
        with pytest.raises(Conflict):
            act(service, cast.administrator, choice, WHY)
    with pytest.raises(Conflict):
        send(cast.treasurer, choice)


SAME_HAND = "UPDATE choices SET checker_id = payer_id, checked_at = paid_at WHERE state = 'paid_out'"
ATTACKS = {
    "one hand": SAME_HAND,
    "done without an entry": "UPDATE choices SET state = 'done', ended_at = opened_at, checker_id = 1",
    "no amount": "UPDATE choices SET amount_fen = 0",
    "waiting without being a refund": "UPDATE choices SET route = 'pool'",
    "open and decided": "UPDATE choices SET state = 'open'",
    "no state": "UPDATE choices SET state = 'maybe'",
    "nobody paid": "UPDATE choices SET payer_id = NULL",
    "of nothing": "UPDATE choices SET need_code = ''",
}


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_the_database_refuses_by_itself(cast: Cast, attack: str) -> None:
    send(cast.treasurer, asked_back(cast))
    with pytest.raises(IntegrityError), transaction(audited=False) as session:
        session.execute(text(ATTACKS[attack]))


TAMPERING = {
    "choices_are_posted": "UPDATE choices SET amount_fen = amount_fen - 1 WHERE state = 'done'",
    "nothing_lies_forgotten": "UPDATE choices SET state = 'lapsed', ended_at = opened_at WHERE state = 'open'",
    "refunds_are_covered": "UPDATE choices SET amount_fen = amount_fen * 1000 WHERE state = 'chosen'",
    "money_goes_back_as_decided": "UPDATE choices SET state = 'undone' WHERE state = 'done'",
    "refunds_have_two_people": "UPDATE choices SET donor_id = payer_id WHERE state = 'done'",
}


@pytest.mark.parametrize("check", sorted(TAMPERING))
def test_the_self_check_finds_what_was_done_without_the_guards(cast: Cast, check: str, database_kind: str) -> None:
    refund(cast, asked_back(cast))
    asked_back(cast)
    need, _claim, _choice = left_over(cast)
    assert findings() == []
    ended = need.id
    db.session.rollback()
    kept = take_guards_off(database_kind, "choices")
    with transaction(audited=False) as session:
        session.execute(text(TAMPERING[check]))
        session.get_one(Need, ended).updated_at = now() - timedelta(days=4)
    put_guards_back(database_kind, kept)
    assert {finding.partition(":")[0] for finding in findings()} == {check}
