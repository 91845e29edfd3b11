"""Money that nobody could match: to claims, to the pool, back to its sender by two people; and corrections."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from sun_commune.accounts.models import DutyState
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.ledger import figures
from sun_commune.ledger import services as ledger
from sun_commune.ledger.papers import VoucherState
from sun_commune.ledger.queries import Stamp, balance_of
from sun_commune.pledges.models import Claim, ClaimState
from sun_commune.statements import movements, queries, services
from sun_commune.statements.models import LineState, OutgoingKind, StatementLine, SuspenseReason
from tests.cast import Cast
from tests.deliveries.world import record
from tests.ledger import books
from tests.statements.papers import movement
from tests.statements.world import act, at_once, code_of, day, entries, findings, import_rows, lines, open_fen, pledge

REASON = "付款人说汇错了账户"


@pytest.fixture
def claim(cast: Cast) -> Claim:
    return pledge(cast)


@pytest.fixture
def line(cast: Cast) -> StatementLine:
    """500 yuan without a code."""
    import_rows(cast.treasurer, movement(day(), "500.00", "心意", reference="R1"))
    return lines()[0]


def test_a_treasurer_places_it_on_a_claim(cast: Cast, claim: Claim, line: StatementLine) -> None:
    act(services.place_on_claim, cast.treasurer, line, code=claim.code, amount_fen=50_000)
    assert (lines()[0].state, open_fen()) == (LineState.PLACED, 0)
    assert [(kind, fen) for kind, fen, _need in entries()] == [("unmatched", 50_000), ("matched", 50_000)]
    totals = figures.totals()
    assert (totals.raised, totals.unmatched, totals.in_bank) == (50_000, 0, 50_000)
    assert findings() == []


def test_one_transfer_for_several_pledges_part_by_part(cast: Cast, line: StatementLine) -> None:
    first, second = pledge(cast, 300), pledge(cast, 500)
    act(services.place_on_claim, cast.treasurer, line, code=code_of(first), amount_fen=30_000)
    with pytest.raises(RuleBroken, match="200") as caught:
        act(services.place_on_claim, cast.treasurer, line, code=second.code, amount_fen=20_001)
    assert caught.value.field == "amount_fen"
    act(services.place_on_claim, cast.second_treasurer, line, code=second.code, amount_fen=20_000)
    db.session.rollback()
    assert (first.state, second.state) == (ClaimState.FULFILLED, ClaimState.PLEDGED)
    assert findings() == []


def test_money_may_have_come_before_the_claim(cast: Cast, claim: Claim) -> None:
    early = (today() - timedelta(days=9)).isoformat()
    import_rows(cast.treasurer, movement(early, "10.00", code_of(claim), reference="R2"))
    act(services.place_on_claim, cast.treasurer, lines()[0], code=claim.code, amount_fen=1_000)
    assert findings() == []


@pytest.mark.parametrize("code", ["", "JK", "JK22222222", "RLXXXXXX", "x" * 60, "<b>"])
def test_an_unknown_code_is_said_at_its_field(cast: Cast, line: StatementLine, code: str) -> None:
    with pytest.raises(RuleBroken) as caught:
        act(services.place_on_claim, cast.treasurer, line, code=code, amount_fen=100)
    assert caught.value.field == "code"


def test_more_than_is_outstanding_is_refused(cast: Cast, line: StatementLine) -> None:
    small = pledge(cast, 100)
    with pytest.raises(RuleBroken) as caught:
        act(services.place_on_claim, cast.treasurer, line, code=small.code, amount_fen=10_001)
    assert caught.value.field == "amount_fen"
    assert open_fen() == 50_000


def test_it_may_go_to_the_pool(cast: Cast, line: StatementLine) -> None:
    act(services.place_in_pool, cast.treasurer, line, amount_fen=20_000)
    assert (balance_of("pool"), open_fen()) == (20_000, 30_000)
    assert findings() == []


def test_another_feature_moves_it_by_the_donors_choice(cast: Cast, claim: Claim, line: StatementLine) -> None:
    view = db.session.execute(text("SELECT code, county_code, category FROM needs")).one()
    stamp = Stamp(view.county_code, view.category)
    act(
        services.move_suspense, actor_id=None, line_code=line.code, amount_fen=30_000, need_code=view.code, stamp=stamp,
        claim_code=claim.code, donor_shown="张**",
    )  # fmt: skip
    with transaction():
        uid = books.decided(amount_fen=20_000, source_code=line.code)
        services.return_suspense(
            actor_id=None, uid=uid, line_code=line.code, amount_fen=20_000, reason="捐赠人选择退回"
        )
    assert balance_of(f"fund:{view.code}") == 30_000
    assert (open_fen(), figures.totals().in_bank) == (0, 30_000)
    with pytest.raises(RuleBroken):
        act(services.move_suspense, actor_id=None, line_code=line.code, amount_fen=1)
    assert findings() == []


def test_two_people_send_it_back(cast: Cast, line: StatementLine) -> None:
    paper = act(services.ask_return, cast.treasurer, line, amount_fen=50_000, reason=REASON)
    with pytest.raises(RuleBroken):  # spoken for
        act(services.place_in_pool, cast.treasurer, line, amount_fen=1)
    with pytest.raises(Conflict):
        act(services.ask_return, cast.second_treasurer, line, amount_fen=1, reason=REASON)
    with pytest.raises(NotAllowed):
        act(services.approve_return, cast.treasurer, paper)
    for person in (cast.administrator, cast.supervisor, cast.operator, cast.donor):
        with pytest.raises(NotAllowed):
            act(services.approve_return, person, paper)
    assert len(entries()) == 1
    act(services.approve_return, cast.second_treasurer, paper)
    act(services.approve_return, cast.second_treasurer, paper)  # again: nothing more
    assert [(kind, fen) for kind, fen, _need in entries()] == [("unmatched", 50_000), ("sent_back", 50_000)]
    assert (open_fen(), figures.totals().in_bank) == (0, 0)
    assert findings() == []


def test_a_refused_return_frees_the_money(cast: Cast, line: StatementLine) -> None:
    paper = act(services.ask_return, cast.treasurer, line, amount_fen=50_000, reason=REASON)
    act(services.refuse_return, cast.second_treasurer, paper, "先和付款人核对")
    db.session.refresh(paper)
    assert paper.state is VoucherState.REFUSED
    with pytest.raises(Conflict):
        act(services.approve_return, cast.second_treasurer, paper)
    act(services.place_in_pool, cast.treasurer, line, amount_fen=50_000)
    assert findings() == []


@pytest.mark.parametrize("amount", [0, -1, 50_001])
def test_no_more_goes_back_than_came(cast: Cast, line: StatementLine, amount: int) -> None:
    with pytest.raises(RuleBroken) as caught:
        act(services.ask_return, cast.treasurer, line, amount_fen=amount, reason=REASON)
    assert caught.value.field == "amount_fen"
    with pytest.raises(RuleBroken) as caught:
        act(services.ask_return, cast.treasurer, line, amount_fen=1, reason="短")
    assert caught.value.field == "reason"


def test_nothing_goes_out_while_a_self_check_fails(cast: Cast, line: StatementLine) -> None:
    paper = act(services.ask_return, cast.treasurer, line, amount_fen=50_000, reason=REASON)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE statement_lines SET amount_fen = 60000"))
    assert any("statement_lines_equal_entries" in found for found in findings())
    with pytest.raises(RuleBroken, match="statement_lines_equal_entries"):
        act(services.approve_return, cast.second_treasurer, paper)


def test_a_failed_transfer_leaves_by_the_line_that_took_it(cast: Cast, line: StatementLine) -> None:
    """The bank takes the money back: a negative line later."""
    import_rows(cast.treasurer, movement(day(), "-500.00", "冲正", reference="R2"))
    _came, went = lines()
    assert movements.earlier_arrivals(went) == [line]
    paper = act(services.ask_return, cast.treasurer, line, amount_fen=50_000, reason="银行已冲正", taken_by=went)
    act(services.approve_return, cast.second_treasurer, paper)
    _came, went = lines()
    assert went.entry_uid == queries.returns_of(line.id)[0].transfer_uid
    assert (movements.waiting_outgoing(), figures.totals().in_bank) == ([], 0)
    assert findings() == []


def test_a_failed_transfer_that_was_matched_comes_back_by_a_correction(cast: Cast, claim: Claim) -> None:
    import_rows(cast.treasurer, movement(day(), "1,000.00", code_of(claim), reference="R1"),
                movement(day(), "-1,000.00", "冲正", reference="R1"))  # fmt: skip
    came, went = lines()
    (entry,) = queries.entries_of(came.code)
    wish = act(ledger.ask_correction, cast.treasurer, entry, "银行冲正，款项没有到账")
    act(ledger.approve_correction, cast.second_treasurer, wish)
    came, went = lines()
    assert (came.open_fen, came.reason) == (100_000, SuspenseReason.TAKEN_BACK)
    assert (claim.state, figures.totals().in_bank) == (ClaimState.PLEDGED, 100_000)
    assert findings() == []
    paper = act(services.ask_return, cast.treasurer, came, amount_fen=100_000, reason="银行已冲正", taken_by=went)
    act(services.approve_return, cast.second_treasurer, paper)
    assert figures.totals().in_bank == 0
    assert findings() == []


def test_a_wrong_placing_is_corrected_and_placed_anew(cast: Cast, claim: Claim, line: StatementLine) -> None:
    wrong = pledge(cast)
    act(services.place_on_claim, cast.treasurer, line, code=wrong.code, amount_fen=50_000)
    matched = queries.entries_of(line.code)[-1]
    act(ledger.reverse_transfer, cast.second_treasurer, matched, "认错了人，重新入账")
    assert (open_fen(), lines()[0].state) == (50_000, LineState.OPEN)
    act(services.place_on_claim, cast.treasurer, line, code=claim.code, amount_fen=50_000)
    db.session.rollback()
    assert (wrong.lines[0].delivered, claim.lines[0].delivered) == (0, 50_000)
    assert findings() == []


def test_a_reversed_entry_by_hand_leaves_its_line_in_suspense(cast: Cast, claim: Claim) -> None:
    (delivery,) = record(cast.treasurer, code_of(claim), 30_000, bank_reference="R-77")
    import_rows(cast.treasurer, movement(day(), "300.00", "", reference="R-77"))
    entry = queries.hand_entries_of(lines()[0])[0]
    act(ledger.reverse_transfer, cast.second_treasurer, entry, "认错了人，重新入账")
    line = lines()[0]
    assert (line.recorded_fen, line.open_fen) == (0, 30_000)
    db.session.refresh(delivery)
    assert delivery.bank_reference is None
    assert findings() == []


def test_suspense_itself_is_not_taken_back_by_a_correction(cast: Cast, line: StatementLine) -> None:
    with pytest.raises(RuleBroken):
        act(ledger.reverse_transfer, cast.second_treasurer, queries.entries_of(line.code)[0], "测试用的理由")
    assert len(entries()) == 1


def test_a_line_may_be_what_was_recorded_under_another_reference(cast: Cast, claim: Claim) -> None:
    record(cast.treasurer, code_of(claim), 100_000, bank_reference="手写的号码9")
    import_rows(cast.treasurer, movement(day(), "1,000.00", code_of(claim), reference="R1"))
    line = lines()[0]
    assert line.reason is SuspenseReason.NOTHING_LEFT
    (entry,) = movements.standing_arrivals(100_000, line.booked_on)
    with pytest.raises(RuleBroken):
        act(services.tie_incoming, cast.treasurer, line, entry_uid="ZMNOTHING1")
    act(services.tie_incoming, cast.treasurer, line, entry_uid=entry.uid)
    line = lines()[0]
    assert (line.recorded_fen, line.open_fen, line.entry_uid) == (100_000, 0, entry.uid)
    assert figures.totals().in_bank == 100_000
    assert findings() == []
    act(ledger.reverse_transfer, cast.second_treasurer, entry, "认错了人，重新入账")
    line = lines()[0]
    assert (line.recorded_fen, line.open_fen, line.entry_uid) == (0, 100_000, None)
    assert figures.totals().in_bank == 100_000
    assert findings() == []


def test_money_that_went_is_tied_to_its_entry(cast: Cast, line: StatementLine) -> None:
    paper = act(services.ask_return, cast.treasurer, line, amount_fen=50_000, reason=REASON)
    act(services.approve_return, cast.second_treasurer, paper)
    import_rows(cast.treasurer, movement(day(), "-500.00", "退款", reference="R2"))
    went = lines()[1]
    assert went.entry_uid == queries.get_return(paper.code).transfer_uid
    with pytest.raises(Conflict):
        act(services.explain_outgoing, cast.treasurer, went, kind=OutgoingKind.FEE)


def test_money_that_went_without_an_entry_is_named(cast: Cast) -> None:
    import_rows(cast.treasurer, movement(day(), "-1.00", "手续费", reference="R2"))
    (went,) = lines()
    with pytest.raises(RuleBroken):
        act(services.explain_outgoing, cast.treasurer, went)
    with pytest.raises(RuleBroken):
        act(services.explain_outgoing, cast.treasurer, went, entry_uid="ZMNOTHING1")
    act(services.explain_outgoing, cast.treasurer, went, kind=OutgoingKind.FEE)
    assert movements.waiting_outgoing() == []


def test_two_treasurers_place_the_same_money_once(app: Flask, cast: Cast, line: StatementLine) -> None:
    code = line.code

    def work(actor, start) -> None:  # type: ignore[no-untyped-def]  # as at_once calls it
        start.wait()
        act(services.place_in_pool, actor, queries.get_line(code), amount_fen=50_000)

    refused = at_once(app, [cast.treasurer, cast.second_treasurer], work)
    assert [type(error) for error in refused] == [RuleBroken]
    assert balance_of("pool") == 50_000
    assert findings() == []


def test_ages_of_suspense(cast: Cast) -> None:
    for number, days in enumerate((0, 7, 8, 30, 31, 400)):
        import_rows(
            cast.treasurer, movement((today() - timedelta(days=days)).isoformat(), "1.00", reference=f"A{number}")
        )
    assert [(age.least, age.most, age.lines_count, age.fen) for age in queries.ages()] == [
        (0, 7, 2, 200), (8, 30, 2, 200), (31, None, 2, 200),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        ("UPDATE statement_lines SET amount_fen = amount_fen + 1", "statement_lines_equal_entries"),
        ("UPDATE statement_lines SET code = 'ZD-1999-00001'", "statement_lines_equal_entries"),
        ("UPDATE statement_lines SET open_fen = open_fen - 1", "suspense_is_its_open_lines"),
        ("UPDATE statement_lines SET open_fen = 0, state = 'placed'", "suspense_is_its_open_lines"),
        ("UPDATE statement_lines SET entry_uid = 'ZMNOTHING1'", "lines_are_tied_to_their_entries"),
    ],
)
def test_tampering_is_found(cast: Cast, line: StatementLine, tamper: str, check: str) -> None:
    assert findings() == []
    with db.engine.begin() as connection:
        connection.execute(text(tamper))
    assert any(found.startswith(check) for found in findings())


RETURN = "line_id, amount_fen, reason, taken_by_id, maker_id, made_at, refusal"
RETURN_ATTACKS = {
    "approve alone": "UPDATE statement_returns SET state = 'approved', checker_id = maker_id, transfer_uid = 'ZMX'",
    "raise a draft": "UPDATE statement_returns SET amount_fen = amount_fen + 1 WHERE state = 'drafted'",
    "raise an approved one": "UPDATE statement_returns SET amount_fen = amount_fen + 1 WHERE state = 'approved'",
    "send it by another entry": "UPDATE statement_returns SET transfer_uid = 'ZMX' WHERE state = 'approved'",
    "reopen a refused one": "UPDATE statement_returns SET state = 'drafted', checker_id = NULL WHERE state = 'refused'",
    "forget one": "DELETE FROM statement_returns WHERE state = 'refused'",
    "begin approved": f"INSERT INTO statement_returns (code, state, checker_id, transfer_uid, {RETURN}) "  # noqa: S608
    f"SELECT 'TK-9', 'approved', checker_id, 'ZMX', {RETURN} FROM statement_returns WHERE state = 'approved'",
}


@pytest.mark.parametrize("attack", RETURN_ATTACKS)
def test_the_database_refuses_of_returns_by_itself(cast: Cast, line: StatementLine, attack: str) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    done = act(services.ask_return, maker, line, amount_fen=100, reason=REASON)
    act(services.approve_return, checker, done)
    wrong = act(services.ask_return, maker, line, amount_fen=200, reason=REASON)
    act(services.refuse_return, checker, wrong, "先和付款人核对")
    act(services.ask_return, maker, line, amount_fen=1, reason=REASON)
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text(RETURN_ATTACKS[attack]))
    assert findings() == []


def test_a_return_asked_for_by_who_serves_no_more_is_asked_for_anew(cast: Cast, line: StatementLine) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    paper = act(services.ask_return, maker, line, amount_fen=100, reason=REASON)
    with transaction(audited=False):
        for duty in maker.duties:
            duty.state = DutyState.ENDED
    with pytest.raises(RuleBroken, match="serves no more"):
        act(services.approve_return, checker, paper)
    act(services.refuse_return, checker, paper, "经办人已离任，请重新申请")
    assert findings() == []
