"""From file to books: every fate, everything once, whatever is imported again and by however many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict
from sun_commune.deliveries import services as deliveries
from sun_commune.ledger import figures
from sun_commune.ledger.queries import balance_of, suspense_left
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, ClaimState
from sun_commune.statements import queries, services
from sun_commune.statements.events import SurplusLeft
from sun_commune.statements.models import Fate, LineState, SuspenseReason
from tests.cast import Cast
from tests.deliveries.world import report
from tests.statements import papers
from tests.statements.papers import movement
from tests.statements.world import (
    act,
    code_of,
    day,
    dry_run,
    entries,
    fates,
    findings,
    import_file,
    import_rows,
    lines,
    open_fen,
    pledge,
    post,
    reading_of,
    store,
)

R = SuspenseReason


def test_the_dry_run_writes_nothing(cast: Cast, claim: Claim) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "300.00", code_of(claim), reference="A1")))
    plan = dry_run(cast.treasurer, file)
    assert fates(plan) == [(Fate.MATCHED, None)]
    assert (lines(), entries()) == ([], [])


def test_money_with_a_code_is_matched(cast: Cast, claim: Claim) -> None:
    code = code_of(claim)
    typed = f"捐款 {code[:4]} {code[4:].lower()}，谢谢"
    plan = import_rows(cast.treasurer, movement(day(), "1,000.00", typed, reference="A1"))
    assert fates(plan) == [(Fate.MATCHED, None)]
    (line,) = lines()
    assert (line.code, line.state, line.open_fen) == (f"ZD-{today().year}-00001", LineState.PLACED, 0)
    need = db.session.get_one(Need, claim.need_id).code
    assert entries() == [("gift", 100_000, need)]
    assert claim.state is ClaimState.FULFILLED
    (entry,) = queries.entries_of(line.code)
    assert (entry.business_on, entry.claim_code) == (today(), claim.code)
    assert findings() == []


def test_a_pledge_may_be_paid_in_parts(cast: Cast, claim: Claim) -> None:
    rows = [movement(day(), "400.00", code_of(claim), reference=f"A{number}") for number in range(2)]
    plan = import_rows(cast.treasurer, *rows, movement(day(), "300.00", code_of(claim), reference="A3"))
    assert fates(plan) == [(Fate.MATCHED, None), (Fate.MATCHED, None), (Fate.MATCHED, R.OVERPAID)]
    assert [kind for kind, _fen, _need in entries()] == ["gift", "gift", "gift", "unmatched"]
    assert [fen for _kind, fen, _need in entries()] == [40_000, 40_000, 20_000, 10_000]
    assert open_fen() == 10_000
    assert findings() == []


def test_overpayment_leaves_the_rest_to_the_donor(cast: Cast, claim: Claim, surpluses: list[SurplusLeft]) -> None:
    import_rows(cast.treasurer, movement(day(), "1,200.00", code_of(claim), reference="A1"))
    (line,) = lines()
    assert (line.state, line.open_fen, line.reason, line.claim_code) == (LineState.OPEN, 20_000, R.OVERPAID, claim.code)
    (told,) = surpluses
    assert (told.source_code, told.claim_code, told.amount_fen) == (line.code, claim.code, 20_000)
    totals = figures.totals()
    assert (totals.raised, totals.unmatched, totals.in_bank) == (100_000, 20_000, 120_000)
    assert findings() == []


def test_one_transfer_for_several_pledges(cast: Cast) -> None:
    first, second = pledge(cast, 300), pledge(cast, 500)
    memo = f"{code_of(first)}和{code_of(second)}"
    amounts = ("799.00", "801.00", "800.00")
    plan = import_rows(cast.treasurer, *(movement(day(), each, memo, reference=f"A{each}") for each in amounts))
    not_their_sum = (Fate.SUSPENSE, R.SEVERAL_CODES)
    assert fates(plan) == [not_their_sum, not_their_sum, (Fate.MATCHED, None)]
    db.session.rollback()
    assert first.state is second.state is ClaimState.FULFILLED
    assert [(kind, fen) for kind, fen, _need in entries()] == [
        ("unmatched", 79_900),
        ("unmatched", 80_100),
        ("gift", 30_000),
        ("gift", 50_000),
    ]
    assert findings() == []


def test_what_cannot_be_told_lies_in_suspense_with_its_reason(cast: Cast, claim: Claim) -> None:
    code, over = code_of(claim), pledge(cast)
    withdrawn, need_of_withdrawn = pledge(cast), None
    act(pledges.cancel_claim, cast.donor, over, "手头紧张，无法兑现")
    need_of_withdrawn = db.session.get_one(Need, withdrawn.need_id)
    act(needs.withdraw_need, cast.administrator, need_of_withdrawn, "测试用的理由")
    early = (today() - timedelta(days=3)).isoformat()
    wrong_code = code[:-1] + ("2" if code[-1] != "2" else "3")
    rows = [
        (day(), "", R.NO_CODE), (day(), "捐款", R.NO_CODE), (day(), wrong_code, R.UNREADABLE_CODE),
        (day(), "JK22222222", R.UNKNOWN_CODE), (day(), code_of(over), R.CLAIM_OVER),
        (day(), code_of(withdrawn), R.NEED_WITHDRAWN), (early, code, R.TOO_EARLY), (day(), "退汇 原付款失败",
            R.BOUNCED),
    ]  # fmt: skip
    plan = import_rows(
        cast.treasurer,
        *(movement(when, "10.00", memo, reference=f"A{number}") for number, (when, memo, _why) in enumerate(rows)),
    )
    assert fates(plan) == [(Fate.SUSPENSE, why) for _when, _memo, why in rows]
    assert {kind for kind, _fen, _need in entries()} == {"unmatched"}
    assert open_fen() == balance_of("suspense") == 8_000
    assert findings() == []


def test_nothing_left_is_no_overpayment(cast: Cast, claim: Claim) -> None:
    code = code_of(claim)
    import_rows(cast.treasurer, movement(day(), "1,000.00", code, reference="A1"))
    plan = import_rows(cast.treasurer, movement(day(), "1,000.00", code, reference="A2"))
    assert fates(plan) == [(Fate.SUSPENSE, R.NOTHING_LEFT)]


def test_who_has_a_part_in_the_need_does_not_match_its_money(cast: Cast, claim: Claim) -> None:
    from tests.deliveries.test_money import _make_treasurer

    _make_treasurer(cast.secretary)
    plan = import_rows(cast.secretary, movement(day(), "10.00", code_of(claim), reference="A1"))
    assert fates(plan) == [(Fate.SUSPENSE, R.INVOLVED)]
    act(services.place_on_claim, cast.treasurer, lines()[0], code=claim.code, amount_fen=1_000)
    assert findings() == []


def test_a_report_is_answered_by_the_statement(cast: Cast, claim: Claim) -> None:
    reported = report(cast.donor, claim, 60_000)
    import_rows(cast.treasurer, movement(day(), "600.00", code_of(claim), reference="R1"))
    db.session.refresh(reported)
    assert (reported.state.value, reported.accepted_quantity, reported.bank_reference) == ("paid", 60_000, "R1")


def test_what_is_posted_is_what_was_shown(cast: Cast, claim: Claim) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "300.00", code_of(claim), reference="A1")))
    run = services.plan_run(cast.treasurer, file, reading_of(file))
    act(pledges.cancel_claim, cast.donor, claim, "手头紧张，无法兑现")
    with pytest.raises(Conflict):
        act(services.post_statement, cast.treasurer, file, run, seen=run.plan.digest)
    assert (entries(), lines()) == ([], [])


def test_outgoing_money_is_kept_and_posts_nothing(cast: Cast) -> None:
    plan = import_rows(cast.treasurer, movement(day(), "-12.00", "手续费", reference="F1"))
    assert fates(plan) == [(Fate.OUTGOING, None)]
    (line,) = lines()
    assert (line.state, line.amount_fen, entries()) == (LineState.OUTGOING, -1_200, [])


@pytest.mark.parametrize("make", [papers.xlsx_bytes, papers.xls_bytes, papers.csv_bytes])
def test_files_of_every_kind_are_posted(cast: Cast, claim: Claim, make: Any) -> None:
    data = make([papers.HEADER, movement(day(), "300.00", code_of(claim), reference="A1")])
    assert fates(import_file(cast.treasurer, data)) == [(Fate.MATCHED, None)]


def test_a_bill_of_wechat_is_posted(cast: Cast, claim: Claim) -> None:
    orders = (
        papers.wechat_order(f"{day()} 00:00:01", "300.00", f"捐款{code_of(claim)}", number="4200000001", fee="1.80000"),
        papers.wechat_order(f"{day()} 00:00:02", "5.00", "心意", number="4200000002"),
    )
    plan = import_file(cast.treasurer, papers.wechat_trades(*orders), "微信支付")
    assert fates(plan) == [(Fate.MATCHED, None), (Fate.OUTGOING, None), (Fate.SUSPENSE, R.NO_CODE)]
    assert findings() == []


def test_private_halves_are_sealed(app: Flask, cast: Cast) -> None:
    file = store(
        cast.treasurer, papers.bank(movement(day(), "5.00", "给老王家的心意", reference="A1", payer="欧阳福贵"))
    )
    post(cast.treasurer, file)
    db.session.rollback()
    row = db.session.execute(text("SELECT payer_sealed, payer_account_sealed, memo_sealed FROM statement_lines")).one()
    for plain in ("欧阳福贵", "6222000000001234", "给老王家的心意"):
        assert all(plain.encode() not in bytes(value) for value in row)
    document = queries.document_of(file)
    assert document is not None
    from sun_commune.uploads import storage

    assert "欧阳福贵".encode() not in storage.document_path(document.token).read_bytes()
    from sun_commune.statements import vault

    assert vault.open_line(lines()[0]) == ("欧阳福贵", "6222000000001234", "给老王家的心意")


def test_suspense_of_a_line_is_what_the_books_say(cast: Cast) -> None:
    import_rows(cast.treasurer, movement(day(), "5.00"), movement(day(), "6.00"))
    assert [suspense_left(line.code) for line in lines()] == [500, 600]


def test_deliveries_know_a_second_part_of_one_movement(cast: Cast, claim: Claim) -> None:
    code = code_of(claim)
    import_rows(cast.treasurer, movement(day(), "500.00", "", reference="R1"))
    for amount in (10_000, 20_000):
        act(services.place_on_claim, cast.treasurer, lines()[0], code=code, amount_fen=amount)
    db.session.rollback()
    rows = db.session.execute(text("SELECT bank_reference FROM deliveries ORDER BY id")).scalars().all()
    assert rows == ["R1", "R1#2"]
    assert deliveries.record_statement_payment is not None
    assert findings() == []
