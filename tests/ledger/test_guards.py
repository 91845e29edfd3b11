"""Raw SQL against the books: the database refuses every attack, and the books stay as they were."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import exc, select, text

from sun_commune.accounts.models import User
from sun_commune.choices.models import ChoiceState
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.ledger import budgets, checks, posting, services, tracing
from sun_commune.ledger.models import Account, Transfer
from sun_commune.ledger.papers import SpendingCategory, Voucher
from sun_commune.ledger.services import moving
from tests.cast import Cast
from tests.ledger import attacks, books
from tests.ledger.books import NEED, OTHER_NEED, bring, draft, give, reverse, spend
from tests.ledger.test_selfcheck import put_guards_back, take_guards_off

THIRD = "XQ-2026-00003"
pytestmark = pytest.mark.usefixtures("book_checks_alone")


@pytest.fixture
def book(app: Flask, cast: Cast) -> dict[str, Any]:
    """A book with one of everything; values for the attacks' braces."""
    treasurer, second = cast.treasurer, cast.second_treasurer
    with transaction():
        services.store_selfcheck([], checks_count=1)  # these books name a delivery that nobody made
    gift = give(delivery_code="SDTEST1")
    give(need_code=OTHER_NEED, amount_fen=500)
    voucher = spend(treasurer, second)
    refused = draft(treasurer, amount_fen=3_000)
    with transaction():
        services.refuse_voucher(second, refused, "发票抬头不对")
    waiting = draft(treasurer, amount_fen=5_000)
    goods, wrong = bring(), bring()
    reversal = reverse(wrong)
    with transaction():
        services.ask_correction(treasurer, goods, "数量录错，应为一床")
    out = money_out(treasurer, second) | going_back(cast)
    by_key = {account.key: account.id for account in db.session.execute(select(Account)).scalars()}
    values = {
        "need": NEED, "other_need": OTHER_NEED, "bank": by_key["bank"], "fund": by_key[f"fund:{NEED}"],
        "other_fund": by_key[f"fund:{OTHER_NEED}"], "given": by_key[f"goods-given:{NEED}"],
        "handed": by_key[f"goods-handed-over:{NEED}"], "gift": gift.id, "gift_uid": gift.uid, "goods": goods.id,
        "reversed": wrong.id, "reversal": reversal.id, "voucher": voucher.code, "draft": waiting.code,
        "refused": refused.code, "delivery": "SDTEST1", "third": THIRD, "third_fund": by_key[f"fund:{THIRD}"],
        "advances": by_key[f"advance:{THIRD}"], "pool": by_key["pool"], "second": second.id, **out,
    }  # fmt: skip
    db.session.rollback()
    return values


def money_out(treasurer: User, second: User) -> dict[str, Any]:
    """A third need with advances, an invoice, what came back and a budget that is used up; and the pool."""
    give(need_code=THIRD, amount_fen=50_000)
    give(need_code="", county_code="", category="", claim_code=None, amount_fen=1_000)
    about: dict[str, Any] = {"need_code": THIRD}
    beyond = draft(treasurer, **about, amount_fen=100, invoice_number="77", category=SpendingCategory.TRANSPORT)
    books.plan(treasurer, second, **about, goods_purchase=10_000, works=20_000)
    advance = books.hand_out(treasurer, second, **about, amount_fen=8_000)
    advance2 = books.hand_out(treasurer, second, **about, amount_fen=2_000)
    invoice = books.settle(treasurer, second, advance, amount_fen=3_000)
    invoice_draft = books.draft_settlement(treasurer, advance, amount_fen=2_000)
    books.bring_back(treasurer, advance, 1_000)
    works = SpendingCategory.WORKS
    advance_draft = books.draft_advance(treasurer, **about, amount_fen=1_000, category=works)
    flagged = draft(treasurer, **about, amount_fen=500, category=works, invoice_number="77")
    books.approve(second, flagged, answer="同号是两联发票的另一联")
    withdrawn = draft(treasurer, **about, amount_fen=500, category=works)
    with transaction():
        services.withdraw_voucher(treasurer, withdrawn)
    lines = {works: 20_000, SpendingCategory.GOODS_PURCHASE: 10_001}
    with transaction():
        waiting = services.draft_budget(treasurer, need_code=THIRD, lines=lines, reason="材料涨价，改一改预算")
    in_force = budgets.budget_in_force(THIRD)
    entry = db.session.execute(select(Transfer.id).where(Transfer.uid == advance.transfer_uid)).scalar_one()
    assert in_force is not None
    return {
        "beyond": beyond.code, "advance": advance.code, "advance2": advance2.code, "invoice": invoice.code,
        "invoice_draft": invoice_draft.code, "advance_draft": advance_draft.code, "withdrawn": withdrawn.code,
        "budget": in_force.id, "budget_draft": waiting.id, "advance_entry": entry,
        "pool_draft": draft(treasurer, need_code="", amount_fen=400).code,
    }  # fmt: skip


def going_back(cast: Cast) -> dict[str, Any]:
    """Choices in several states about the third need's money, a refund, and money that nobody matched."""
    values = {"officer": cast.second_treasurer.id, "third_officer": cast.donor.id}
    about: dict[str, Any] = {"amount_fen": 1_000, "need_code": THIRD}
    with transaction():
        states = (("open_choice", ChoiceState.OPEN), ("chosen", ChoiceState.CHOSEN), ("paid_out", ChoiceState.PAID_OUT))
        values |= {name: books.decided(**about, only=state) for name, state in states}
        moving.post_unmatched(
            actor_id=None, uid=services.new_uid(), amount_fen=5_000, business_on=books.DAY, source_code="ZDTEST1"
        )
    uid = books.refund(900, need_code=THIRD).uid
    suspense = db.session.execute(select(Account.id).where(Account.key == "suspense")).scalar_one()
    return {**values, "done_uid": uid, "paid_out_uid": "ZMATTACK12", "suspense": suspense}


def everything() -> list[Any]:
    tables = (
        "transfers", "ledger_accounts", "vouchers", "corrections", "ledger_sums", "budgets", "budget_lines",
        "voucher_flags", "advance_returns", "choices", "uploads",
    )  # fmt: skip
    with db.engine.connect() as connection:
        return [connection.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2, 3")).all() for name in tables]  # noqa: S608


def try_attack(statement: str) -> None:
    with db.engine.begin() as connection:
        for part in statement.split("; "):
            connection.execute(text(part))


def is_refused(statement: str) -> bool:
    try:
        try_attack(statement)
    except exc.DBAPIError:
        return True
    return False


def test_every_attack_is_refused(book: dict[str, Any], database_kind: str) -> None:
    """One database for all: what was refused left nothing behind, which is checked after each."""
    own = attacks.SQLITE if database_kind == "sqlite" else attacks.POSTGRESQL
    before = everything()
    passed = []
    for name, statement in {**attacks.BOTH, **own}.items():
        if not is_refused(statement.format(**book)):
            passed.append(name)
        assert passed or everything() == before, name
    assert passed == []
    assert [words for check in checks.CHECKS for words in check.find()] == []


def test_there_are_attacks_enough() -> None:
    assert len(attacks.BOTH) + min(len(attacks.SQLITE), len(attacks.POSTGRESQL)) >= 155


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (attacks.insert, "the plain gift that all attacks vary"),
        (lambda: attacks.mirror("{goods}"), "an exact mirror"),
        (lambda: attacks.out("advance_back", amount_fen="4000", voucher_code="'{advance}'"), "all that is open"),
        (lambda: attacks.copy_voucher("{draft}"), "another draft"),
        (lambda: attacks.copy_budget(need_code="'{other_need}'", version="1"), "another need's budget"),
        (
            lambda: "UPDATE budgets SET state = 'approved', checker_id = {second} WHERE id = {budget_draft}",
            "two people",
        ),
        (lambda: attacks.end_choice() + "; " + attacks.refund(), "a refund that a second person confirms"),
        (
            lambda: (
                attacks.end_choice(
                    "{open_choice}", route="'pool'", decided_at="opened_at", checker_id="NULL", checked_at="NULL"
                )
                + "; "
                + attacks.moved()
            ),
            "a move that was chosen",
        ),
        (lambda: attacks.copy_choice("{open_choice}"), "another open choice"),
        (lambda: "UPDATE vouchers SET state = 'withdrawn' WHERE code = '{draft}'", "a draft withdrawn"),
        (
            lambda: "INSERT INTO budget_lines (budget_id, category, amount_fen) VALUES ({budget_draft}, 'grant', 1)",
            "a line",
        ),
    ],
)
def test_the_unchanged_form_passes(book: dict[str, Any], build: Callable[[], str], why: str) -> None:
    """Negative control: each attack is refused for what it changes, not for being written by hand."""
    try_attack(build().format(**book))


def try_without_pragmas(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(text(statement))


def test_replace_is_refused_without_recursive_triggers(book: dict[str, Any], database_kind: str) -> None:
    """SQLite fires delete triggers on REPLACE only when told to; somebody else's connection is not told."""
    if database_kind == "postgresql":
        assert "REPLACE" not in " ".join(attacks.POSTGRESQL.values())
        return
    before = everything()
    replacing = [words for words in attacks.SQLITE.values() if "REPLACE" in words]
    assert len(replacing) >= 5
    for statement in replacing:
        with pytest.raises(exc.DBAPIError):
            try_without_pragmas(statement.format(**book))
    db.engine.dispose()
    assert everything() == before


def test_fund_is_never_overdrawn_by_hand(book: dict[str, Any], cast: Cast) -> None:
    """20,000 fen lie in the fund: even an approved voucher of more cannot be posted, one of exactly that can."""
    columns = (
        "code, kind, need_code, county_code, need_category, state, payee_name, payee_kind, category, purpose, "
        "amount_fen, spent_on, document_id, redacted_id, maker_id, made_at, refusal, payee_key, payee_number, "
        "invoice_number"
    )
    approve = (
        "UPDATE vouchers SET state = 'approved', checker_id = :checker, transfer_uid = 'ZMATTACK11' WHERE code = 'PZ-9'"
    )
    posting = attacks.insert(
        kind="'spending'", debit_id="{fund}", credit_id="{bank}", amount_fen=":amount", voucher_code="'PZ-9'"
    ).format(**book)
    checker = cast.second_treasurer.id

    def attempt(amount: int) -> None:
        draw = (
            f"INSERT INTO vouchers ({columns}) SELECT 'PZ-9', kind, need_code, county_code, need_category, 'drafted', "  # noqa: S608
            "payee_name, payee_kind, category, purpose, :amount, spent_on, document_id, redacted_id, maker_id, "
            "made_at, '', '', '', '' "
            f"FROM vouchers WHERE code = '{book['voucher']}'"
        )
        with db.engine.begin() as connection:
            connection.execute(text(draw), {"amount": amount})
            connection.execute(text(approve), {"checker": checker})
            connection.execute(text(posting), {"amount": amount})

    with pytest.raises(exc.IntegrityError, match="never falls below zero"):
        attempt(20_001)
    attempt(20_000)
    db.session.rollback()
    assert services.fund_balance(NEED) == 0


HANDS, LEFT_FEN = 32, 5_000


def hand_over(app: Flask, codes: list[str], checker_id: int) -> tuple[list[str], list[str]]:
    """Approve all these vouchers at one moment, each in a thread: which went through, which the database refused."""
    together, got, hit = Barrier(len(codes)), [], []

    def approve(code: str) -> None:
        with app.app_context():
            try:
                together.wait(60)
                with transaction() as session:
                    voucher = session.execute(select(Voucher).where(Voucher.code == code)).scalar_one()
                    services.approve_voucher(session.get_one(User, checker_id), voucher, copy_checked=True)
                got.append(code)
            except RuleBroken:
                pass
            except exc.DBAPIError:
                hit.append(code)
            finally:
                db.session.remove()

    threads = [Thread(target=approve, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got, hit


@pytest.fixture
def rivals(app: Flask, cast: Cast) -> tuple[list[str], int]:
    """32 drafts of 1,000 fen each on a fund that holds 5,000: its first gift was taken back meanwhile."""
    treasurer, second = cast.treasurer, cast.second_treasurer
    give(amount_fen=HANDS * 1_000)
    codes = [draft(treasurer, amount_fen=1_000).code for _ in range(HANDS)]
    reverse(db.session.execute(select(Transfer)).scalar_one())
    give(amount_fen=LEFT_FEN)
    with transaction():
        services.store_selfcheck([], checks_count=1)
    second_id = second.id
    db.session.remove()
    return codes, second_id


def test_thirty_two_approvals_at_once_never_overdraw(app: Flask, rivals: tuple[list[str], int]) -> None:
    codes, second_id = rivals
    got, _hit = hand_over(app, codes, second_id)
    assert len(got) == 5
    assert services.fund_balance(NEED) == 0
    assert [words for check in checks.CHECKS for words in check.find()] == []


def test_the_database_alone_stops_the_race(
    app: Flask, rivals: tuple[list[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service looks at no balance: the trigger refuses what is beyond the fund."""
    codes, second_id = rivals
    monkeypatch.setattr(posting, "_check_balance", lambda *_: None)
    got, hit = hand_over(app, codes, second_id)
    assert len(got) == 5
    assert len(hit) == HANDS - 5
    assert services.fund_balance(NEED) == 0


def test_without_lock_and_guard_the_race_is_lost(
    app: Flask, rivals: tuple[list[str], int], monkeypatch: pytest.MonkeyPatch, database_kind: str
) -> None:
    """Negative control: with neither trigger nor check the same hands take more than there is - and the self-check says
    so."""
    codes, second_id = rivals
    monkeypatch.setattr(posting, "_check_balance", lambda *_: None)
    monkeypatch.setattr(tracing, "follow", lambda *_: None)
    kept = take_guards_off(database_kind)
    got, hit = hand_over(app, codes, second_id)
    put_guards_back(database_kind, kept)
    assert (len(got), hit) == (HANDS, [])
    assert services.fund_balance(NEED) < 0
    assert "funds_are_not_negative" in {check.name for check in checks.CHECKS if check.find()}
