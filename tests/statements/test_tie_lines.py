"""Money that went, and the rest of an advance that came: a movement has one line and one entry, nothing is guessed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from sun_commune.choices import services as choices
from sun_commune.choices.models import Choice, ChoiceState, Route
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.ledger import figures
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Voucher
from sun_commune.ledger.queries import find_transfer
from sun_commune.statements import movements, services
from sun_commune.statements.models import Fate, LineState, StatementLine, TieRule
from sun_commune.statements.reconciliation import reconcile
from tests.cast import Cast, sign_in
from tests.choices import world
from tests.ledger import books
from tests.statements.papers import movement
from tests.statements.world import act, day, fates, findings, import_rows, lines, open_fen


@pytest.fixture
def fund(cast: Cast) -> str:
    """Code of a need in whose fund 1,000 yuan lie."""
    need = world.money_need(cast)
    world.give(cast, need, 100_000)
    db.session.rollback()
    return need.code


def spend(cast: Cast, fund: str, fen: int = 12_000, **changes: Any) -> Voucher:
    said = {"need_code": fund, "amount_fen": fen, "spent_on": today(), **changes}
    return books.spend(cast.treasurer, cast.second_treasurer, **said)


def went(cast: Cast, amount: str, reference: str = "", when: str = "") -> None:
    import_rows(cast.treasurer, movement(when or day(), f"-{amount}", "转账", reference=reference))


def tied() -> list[tuple[str | None, TieRule | None]]:
    return [(line.entry_uid, line.tied_by) for line in lines() if line.amount_fen < 0]


def test_a_payment_and_its_line_find_each_other_whichever_came_first(cast: Cast, fund: str) -> None:
    voucher = spend(cast, fund)
    went(cast, "120.00", "P1")
    assert tied() == [(voucher.transfer_uid, TieRule.AMOUNT)]
    went(cast, "70.00", "P2")
    assert tied()[1] == (None, None)
    later = spend(cast, fund, 7_000)
    assert tied()[1] == (later.transfer_uid, TieRule.AMOUNT)
    assert (reconcile().unexplained_fen, findings()) == (0, [])


def test_an_advance_and_its_line(cast: Cast, fund: str) -> None:
    went(cast, "120.00", "P1")
    advance = books.hand_out(cast.treasurer, cast.second_treasurer, need_code=fund)
    assert tied() == [(advance.transfer_uid, TieRule.AMOUNT)]


def test_two_lines_for_one_entry_wait_for_a_treasurer(cast: Cast, fund: str) -> None:
    """Which of them it is nobody can tell; to take the first would leave the other one for ever."""
    voucher = spend(cast, fund)
    import_rows(cast.treasurer, *(movement(day(), "-120.00", "转账", reference=f"P{each}") for each in range(2)))
    assert tied() == [(None, None), (None, None)]
    assert len(movements.waiting_outgoing()) == 2
    assert [entry.uid for entry in movements.payments_without_line()] == [voucher.transfer_uid]
    second = lines()[-1]
    uid = voucher.transfer_uid or ""
    act(services.explain_outgoing, cast.treasurer, second, entry_uid=uid)
    assert tied() == [(None, None), (uid, TieRule.PERSON)]


def test_two_entries_for_one_line_wait_for_a_treasurer(cast: Cast, fund: str) -> None:
    spend(cast, fund)
    spend(cast, fund, purpose="买一台电热毯")
    went(cast, "120.00", "P1")
    assert tied() == [(None, None)]


def test_a_day_too_far_away_is_another_movement(cast: Cast, fund: str) -> None:
    spend(cast, fund)
    went(cast, "120.00", "P1", (today() - movements.NEAR - timedelta(days=1)).isoformat())
    assert tied() == [(None, None)]


def test_an_entry_that_is_taken_back_lets_its_line_go(cast: Cast, fund: str) -> None:
    voucher = spend(cast, fund)
    went(cast, "120.00", "P1")
    entry = find_transfer(voucher.transfer_uid or "")
    assert entry
    books.reverse(entry)
    assert tied() == [(None, None)]
    anew = spend(cast, fund)
    assert tied() == [(anew.transfer_uid, TieRule.AMOUNT)]
    assert findings() == []


def test_the_database_gives_an_entry_one_line(cast: Cast, fund: str) -> None:
    voucher = spend(cast, fund)
    import_rows(cast.treasurer, *(movement(day(), "-120.00", "转账", reference=f"P{each}") for each in range(2)))
    both = update(StatementLine).values(entry_uid=voucher.transfer_uid)
    with pytest.raises(IntegrityError), transaction(audited=False) as session:
        session.execute(both)


# --- Refunds: the reference decides --------------------------------------------------------------------------


@pytest.fixture
def wanted(cast: Cast) -> Choice:
    """A refund of 500 yuan that a treasurer has to send."""
    _need, _claim, choice = world.left_over(cast)
    return world.choose(cast.donor, choice, Route.REFUND)


def test_a_refund_is_known_by_its_reference(cast: Cast, wanted: Choice) -> None:
    """Beside another movement of the same amount, imported before the second person has looked."""
    import_rows(
        cast.treasurer, movement(day(), "-500.00", "转账", reference="OTHER-1"),
        movement(day(), "-500.00", "退款", reference="refund-0001"),
    )  # fmt: skip
    world.send(cast.treasurer, wanted)
    assert tied() == [(None, None), (None, None)]
    act(choices.confirm_refund, cast.second_treasurer, wanted)
    (done,) = world.choices()
    assert tied() == [(None, None), (done.transfer_uid, TieRule.REFERENCE)]
    assert findings() == []


def test_a_line_that_a_refund_has_named_waits_for_it(cast: Cast, wanted: Choice) -> None:
    """Another payment of the same amount does not take it, though it is the only one that stands."""
    world.send(cast.treasurer, wanted)
    need = world.money_need(cast)
    world.give(cast, need, 60_000)
    voucher = spend(cast, need.code, 50_000)
    import_rows(cast.treasurer, movement(day(), "-500.00", "退款", reference="REFUND-0001"))
    assert tied() == [(None, None)]
    act(choices.confirm_refund, cast.second_treasurer, wanted)
    (done,) = world.choices(route=Route.REFUND)
    assert tied() == [(done.transfer_uid, TieRule.REFERENCE)]
    assert [entry.uid for entry in movements.payments_without_line()] == [voucher.transfer_uid]


def test_a_refund_of_another_reference_takes_no_line(cast: Cast, wanted: Choice) -> None:
    world.refund(cast, wanted)
    went(cast, "500.00", "OTHER-1")
    assert tied() == [(None, None)]


def test_the_statement_fills_the_refund_in(app: Flask, cast: Cast, wanted: Choice) -> None:
    """The treasurer takes day and reference from the line; the second person reads that the statement shows it."""
    went(cast, "500.00", "BANK-77")
    (line,) = lines()
    address = f"/en/treasury/refunds/{wanted.code}"
    treasurer = sign_in(app.test_client(), cast.treasurer)
    assert f"{address}?line={line.code}" in treasurer.get(address).text
    page = treasurer.get(f"{address}?line={line.code}").text
    assert 'value="BANK-77"' in page
    form = {"once": "the first key", "bank_reference": "BANK-77", "paid_on": day()}
    assert treasurer.post(f"{address}/pay", data=form).status_code == 303
    second = sign_in(app.test_client(), cast.second_treasurer)
    assert "The statement shows it" in second.get(address).text
    assert "Named by a refund" in second.get(f"/en/treasury/lines/{line.code}").text
    second.post(f"{address}/confirm")
    (done,) = world.choices()
    assert (done.state, tied()) == (ChoiceState.DONE, [(done.transfer_uid, TieRule.REFERENCE)])
    assert line.code in second.get(address).text


def test_without_a_line_the_second_person_is_warned(app: Flask, cast: Cast, wanted: Choice) -> None:
    world.send(cast.treasurer, wanted)
    second = sign_in(app.test_client(), cast.second_treasurer)
    assert "No imported statement shows this movement" in second.get(f"/en/treasury/refunds/{wanted.code}").text


# --- The rest of an advance ----------------------------------------------------------------------------------


def bring_back(cast: Cast, fund: str, reference: str) -> Transfer:
    advance = books.hand_out(cast.treasurer, cast.second_treasurer, need_code=fund)
    return books.bring_back(cast.treasurer, advance, 3_000, reference=reference)


def test_the_rest_of_an_advance_is_known_by_its_reference(cast: Cast, fund: str) -> None:
    entry = bring_back(cast, fund, "rest 01")
    plan = import_rows(cast.treasurer, movement(day(), "30.00", "余款退回", reference="REST01"))
    assert fates(plan) == [(Fate.RECORDED, None)]
    (line,) = lines()
    assert (line.entry_uid, line.tied_by, line.recorded_fen, line.open_fen) == (entry.uid, TieRule.REFERENCE, 3_000, 0)
    assert (reconcile().unexplained_fen, findings()) == (0, [])
    books.reverse(entry)
    (line,) = lines()
    assert (line.entry_uid, line.tied_by, line.open_fen, findings()) == (None, None, 3_000, [])


def test_the_rest_of_an_advance_that_came_first(cast: Cast, fund: str) -> None:
    """It lay in suspense; booked from the account with the same reference it counts once."""
    import_rows(cast.treasurer, movement(day(), "30.00", "余款", reference="REST01"))
    before = figures.totals().in_bank
    entry = bring_back(cast, fund, "rest 01")
    (line,) = lines()
    assert (line.entry_uid, line.state, open_fen()) == (entry.uid, LineState.PLACED, 0)
    assert figures.totals().in_bank == before - 12_000
    assert findings() == []


@pytest.mark.parametrize(("amount", "reference"), [("31.00", "REST01"), ("30.00", "REST02")])
def test_another_amount_or_reference_is_no_rest_of_it(cast: Cast, fund: str, amount: str, reference: str) -> None:
    bring_back(cast, fund, "REST01")
    plan = import_rows(cast.treasurer, movement(day(), amount, "余款退回", reference=reference))
    assert [fate for fate, _why in fates(plan)] == [Fate.SUSPENSE]


# --- Pages ---------------------------------------------------------------------------------------------------


def test_pages_show_what_has_its_other_side(app: Flask, cast: Cast, fund: str) -> None:
    shown, unseen = spend(cast, fund), spend(cast, fund, 7_000, purpose="买一台电热毯")
    import_rows(
        cast.treasurer, movement(day(), "-120.00", "转账", reference="P1"),
        movement(day(), "-33.00", "转账", reference="P2"),
    )  # fmt: skip
    first, second = (line.code for line in lines())
    treasurer = sign_in(app.test_client(), cast.treasurer)
    page = treasurer.get(f"/en/treasury/vouchers/{shown.code}").text
    assert f"/en/treasury/lines/{first}" in page
    page = treasurer.get(f"/en/treasury/vouchers/{unseen.code}").text
    assert "not on any imported statement yet" in page
    page = treasurer.get("/en/treasury/reconciliation").text
    assert "One line of a statement has its entry: ¥120" in page
    assert f"/en/treasury/lines/{second}" in page
    assert f"/en/treasury/lines/{first}" not in page
    assert str(unseen.transfer_uid) in page
    assert str(shown.transfer_uid) not in page
    page = treasurer.get(f"/en/treasury/lines/{first}").text
    assert "They alone have this amount about this day." in page
    assert "Fee of the bank" not in page
    assert "Fee of the bank" in treasurer.get(f"/en/treasury/lines/{second}").text
