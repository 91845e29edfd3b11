"""From file to books: every fate, everything once, whatever is imported again and by however many at once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from sun_commune.accounts.models import User
from sun_commune.core import events as core_events
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
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
from tests.deliveries.world import record, report
from tests.statements import papers
from tests.statements.papers import movement
from tests.statements.world import (
    BANK,
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


@pytest.fixture
def claim(cast: Cast) -> Claim:
    return pledge(cast)


@pytest.fixture
def surpluses() -> Any:
    """What is announced of money that is left over."""
    heard: list[SurplusLeft] = []
    core_events._listeners.setdefault(SurplusLeft, []).append(heard.append)
    yield heard
    core_events._listeners[SurplusLeft].remove(heard.append)


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


def test_others_import_nothing(cast: Cast) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "10.00")))
    reading = reading_of(file)
    for person in (cast.donor, cast.secretary, cast.administrator, cast.supervisor, cast.operator):
        with pytest.raises(NotAllowed):
            store(person, papers.bank(movement(day(), "11.00")))
        with pytest.raises(NotAllowed):
            act(services.post_statement, person, file, reading, seen="")
    assert entries() == []


def test_the_same_file_twice_changes_nothing(cast: Cast, claim: Claim) -> None:
    data = papers.bank(movement(day(), "100.00", code_of(claim), reference="A1"), movement(day(), "7.00", "无码"))
    import_file(cast.treasurer, data)
    before = (entries(), [line.code for line in lines()])
    again = store(cast.second_treasurer, data, "另一个名字")
    assert again.account_id == queries.list_accounts()[0].id
    plan = post(cast.second_treasurer, again)
    assert {fate for fate, _why in fates(plan)} == {Fate.KNOWN}
    assert (entries(), [line.code for line in lines()]) == before


@pytest.mark.parametrize("reference", ["", "R"])
def test_overlapping_files_bring_each_movement_once(cast: Cast, claim: Claim, reference: str) -> None:
    def row(number: int) -> papers.Row:
        return movement(day(), "5.00", f"第{number}笔", reference=f"{reference}{number}" if reference else "")

    import_rows(cast.treasurer, row(1), row(2), row(3))
    plan = import_rows(cast.treasurer, row(2), row(3), row(4))
    assert [fate for fate, _why in fates(plan)] == [Fate.KNOWN, Fate.KNOWN, Fate.SUSPENSE]
    assert [each.known_as for each in plan.planned][:2] == [lines()[1].code, lines()[2].code]
    assert len(lines()) == 4
    assert findings() == []


def test_movements_alike_without_reference_are_counted(cast: Cast) -> None:
    """Two donors named alike give the same on one day: two movements, and in the next file still two."""
    alike = movement(day(), "5.00", "同名")
    import_rows(cast.treasurer, alike, alike)
    assert len(lines()) == 2
    plan = import_rows(cast.treasurer, alike, alike, alike)
    assert [fate for fate, _why in fates(plan)] == [Fate.KNOWN, Fate.KNOWN, Fate.SUSPENSE]


def test_balances_tell_movements_apart_that_are_alike(cast: Cast) -> None:
    first = movement(day(), "5.00", "同名", balance="5.00")
    second = movement(day(), "5.00", "同名", balance="10.00")
    import_rows(cast.treasurer, first)
    plan = import_rows(cast.treasurer, second)
    assert fates(plan) == [(Fate.SUSPENSE, R.NO_CODE)]
    plan = import_rows(cast.treasurer, second, first)
    assert [fate for fate, _why in fates(plan)] == [Fate.KNOWN, Fate.KNOWN]


def test_one_reference_twice_in_a_file_is_one_movement(cast: Cast) -> None:
    row = movement(day(), "5.00", "x", reference="R1")
    plan = import_rows(cast.treasurer, row, row, movement(day(), "-5.00", "冲正", reference="R1"))
    assert [fate for fate, _why in fates(plan)] == [Fate.SUSPENSE, Fate.KNOWN, Fate.OUTGOING]


def test_the_same_movement_under_another_account_is_named(cast: Cast) -> None:
    row = movement(day(), "5.00", "x", reference="R12345")
    import_rows(cast.treasurer, row)
    plan = import_rows(cast.treasurer, row, movement(day(), "6.00", "y", reference="R2"), account="另一个账户")
    assert [fate for fate, _why in fates(plan)] == [Fate.WRONG, Fate.SUSPENSE]
    assert BANK in str(plan.planned[0].words)
    assert len(lines()) == 2


def test_wrong_rows_are_posted_when_they_are_corrected(cast: Cast) -> None:
    good, bad = movement(day(), "5.00", "x", reference="R1"), movement(day(), "5,0x", "y", reference="R2")
    file = store(cast.treasurer, papers.bank(good, bad))
    plan = post(cast.treasurer, file)
    assert (plan.count(Fate.WRONG), len(lines())) == (1, 1)
    db.session.refresh(file)
    assert file.wrong_count == 1
    plan = import_rows(cast.treasurer, good, movement(day(), "5.00", "y", reference="R2"))
    assert [fate for fate, _why in fates(plan)] == [Fate.KNOWN, Fate.SUSPENSE]


def test_what_was_recorded_by_hand_is_known(cast: Cast, claim: Claim) -> None:
    code = code_of(claim)
    record(cast.treasurer, code, 30_000, bank_reference="r-77")
    plan = import_rows(cast.treasurer, movement(day(), "300.00", code, reference="R-77"))
    assert fates(plan) == [(Fate.RECORDED, None)]
    (line,) = lines()
    assert (line.recorded_fen, line.open_fen, line.state) == (30_000, 0, LineState.PLACED)
    assert [(kind, fen) for kind, fen, _need in entries()] == [("gift", 30_000)]
    assert findings() == []


def test_a_rest_beyond_what_was_recorded_by_hand_is_not_lost(
    cast: Cast, claim: Claim, surpluses: list[SurplusLeft]
) -> None:
    code = code_of(claim)
    record(cast.treasurer, code, 100_000, bank_reference="R-77")
    plan = import_rows(cast.treasurer, movement(day(), "1,050.00", code, reference="R-77"))
    assert fates(plan) == [(Fate.RECORDED, R.RECORDED_REST)]
    assert open_fen() == 5_000
    assert [told.claim_code for told in surpluses] == [claim.code]
    assert findings() == []


def test_more_recorded_by_hand_than_came_is_wrong(cast: Cast, claim: Claim) -> None:
    code = code_of(claim)
    record(cast.treasurer, code, 100_000, bank_reference="R-77")
    plan = import_rows(cast.treasurer, movement(day(), "900.00", code, reference="R-77"))
    assert [fate for fate, _why in fates(plan)] == [Fate.WRONG]
    assert "1,000" in str(plan.planned[0].words)
    assert lines() == []


@pytest.mark.parametrize("memo", ["code", "nothing"])
def test_an_imported_movement_is_not_recorded_by_hand_again(cast: Cast, claim: Claim, memo: str) -> None:
    code = code_of(claim)
    import_rows(cast.treasurer, movement(day(), "300.00", code if memo == "code" else "", reference="R-77"))
    with pytest.raises(RuleBroken) as caught:
        record(cast.treasurer, code, 30_000, bank_reference="R-77")
    assert caught.value.field == "bank_reference"
    assert len(entries()) == 1


def test_a_report_is_answered_by_the_statement(cast: Cast, claim: Claim) -> None:
    reported = report(cast.donor, claim, 60_000)
    import_rows(cast.treasurer, movement(day(), "600.00", code_of(claim), reference="R1"))
    db.session.refresh(reported)
    assert (reported.state.value, reported.accepted_quantity, reported.bank_reference) == ("paid", 60_000, "R1")


def test_what_is_posted_is_what_was_shown(cast: Cast, claim: Claim) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "300.00", code_of(claim), reference="A1")))
    reading, seen = reading_of(file), dry_run(cast.treasurer, file).digest
    act(pledges.cancel_claim, cast.donor, claim, "手头紧张，无法兑现")
    with pytest.raises(Conflict):
        act(services.post_statement, cast.treasurer, file, reading, seen=seen)
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


def at_once(app: Flask, people: list[User], work: Any) -> list[BaseException]:
    """The same work by several people at the same moment; what they were refused with."""
    ids = [user.id for user in people]
    db.session.rollback()
    start, refused = Barrier(len(ids)), []

    def run(number: int) -> None:
        with app.app_context():
            actor = db.session.get_one(User, ids[number])
            try:
                work(actor, start)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
                refused.append(error)
            db.session.remove()

    threads = [Thread(target=run, args=(number,)) for number in range(len(ids))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_two_treasurers_at_once_post_everything_once(app: Flask, cast: Cast, claim: Claim) -> None:
    """Two files with the same movements, one of them once more."""
    rows = [movement(day(), "300.00", code_of(claim), reference="A1"), movement(day(), "5.00", "心意")]
    files = [
        store(cast.treasurer, papers.bank(*rows)),
        store(cast.treasurer, papers.bank(*rows, movement(day(), "6.00", "x"))),
    ]
    codes = [file.code for file in files]
    plans: list[int] = []

    def work(actor: User, start: Barrier) -> None:
        file = queries.get_file(codes[len(plans) % 2] if actor.name == "卫财务" else codes[1])
        reading, seen = reading_of(file), services.plan_statement(actor, file, reading_of(file)).digest
        start.wait()
        act(services.post_statement, actor, queries.get_file(file.code), reading, seen=seen)

    refused = at_once(app, [cast.treasurer, cast.second_treasurer], work)
    assert [type(error) for error in refused] == [Conflict]
    assert sorted(fen for _kind, fen, _need in entries()) in ([500, 30_000], [500, 600, 30_000])
    assert findings() == []


def test_control_without_locks_and_keys_the_race_doubles_the_money(
    app: Flask, cast: Cast, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above would see if the plan were made before the lock and the natural key were not unique."""
    from sun_commune.statements import planning
    from sun_commune.statements.services import posting

    data = [papers.bank(movement(day(), "5.00", "心意")), papers.bank(movement(day(), "5.00", "心意"), [])]
    data[1] += b"\r\n"
    codes = [store(cast.treasurer, each).code for each in data]
    with db.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_statement_lines_base_nth"))
    monkeypatch.setattr(posting, "lock_statements", lambda: None)
    made: dict[int, planning.Plan] = {}
    monkeypatch.setattr(posting, "plan_statement", lambda actor, _file, _reading: made[actor.id])

    def work(actor: User, start: Barrier) -> None:
        file = queries.get_file(codes[0] if actor.name == "卫财务" else codes[1])
        reading = reading_of(file)
        made[actor.id] = planning.make_plan(actor, queries.get_account(file.account_id), reading.lines)
        start.wait()
        act(services.post_statement, actor, queries.get_file(file.code), reading, seen=made[actor.id].digest)

    assert at_once(app, [cast.treasurer, cast.second_treasurer], work) == []
    assert [fen for _kind, fen, _need in entries()] == [500, 500]


def test_a_file_that_was_never_posted_can_go(cast: Cast) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "5.00")))
    act(services.drop_statement, cast.treasurer, file)
    assert queries.list_files().rows == []
    posted = store(cast.treasurer, papers.bank(movement(day(), "5.00")))
    post(cast.treasurer, posted)
    with pytest.raises(Conflict):
        act(services.drop_statement, cast.treasurer, posted)


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
