"""Raw SQL against the books: the database refuses every attack, and the books stay as they were."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import exc, select, text

from sun_commune.accounts.models import User
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.ledger import checks, services
from sun_commune.ledger.models import Account, Transfer
from sun_commune.ledger.papers import Voucher
from tests.cast import Cast
from tests.ledger import attacks
from tests.ledger.books import NEED, OTHER_NEED, bring, draft, give, reverse, spend

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
    by_key = {account.key: account.id for account in db.session.execute(select(Account)).scalars()}
    values = {
        "need": NEED, "other_need": OTHER_NEED, "bank": by_key["bank"], "fund": by_key[f"fund:{NEED}"],
        "other_fund": by_key[f"fund:{OTHER_NEED}"], "given": by_key[f"goods-given:{NEED}"],
        "handed": by_key[f"goods-handed-over:{NEED}"], "gift": gift.id, "gift_uid": gift.uid, "goods": goods.id,
        "reversed": wrong.id, "reversal": reversal.id, "voucher": voucher.code, "draft": waiting.code,
        "refused": refused.code, "delivery": "SDTEST1",
    }  # fmt: skip
    db.session.rollback()
    return values


def everything() -> list[Any]:
    tables = ("transfers", "ledger_accounts", "vouchers", "corrections", "ledger_sums")
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
    assert len(attacks.BOTH) + min(len(attacks.SQLITE), len(attacks.POSTGRESQL)) >= 60


@pytest.mark.parametrize(
    ("build", "why"),
    [(attacks.insert, "the plain gift that all attacks vary"), (lambda: attacks.mirror("{goods}"), "an exact mirror")],
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
        "amount_fen, spent_on, document_id, maker_id, made_at, refusal"
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
            "payee_name, payee_kind, category, purpose, :amount, spent_on, document_id, maker_id, made_at, '' "
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


def test_two_spendings_at_once_never_overdraw(app: Flask, cast: Cast) -> None:
    """Sixteen hands spend 1,000 fen each of a fund of 5,000, at one moment: five get it, on both databases."""
    treasurer, second = cast.treasurer, cast.second_treasurer
    give(amount_fen=16_000)
    codes = [draft(treasurer, amount_fen=1_000).code for _ in range(16)]
    gift = db.session.execute(select(Transfer)).scalar_one()
    reverse(gift)
    give(amount_fen=5_000)
    second_id, together, got = second.id, Barrier(16), []
    db.session.remove()

    def approve(code: str) -> None:
        with app.app_context():
            try:
                together.wait(30)
                with transaction() as session:
                    voucher = session.execute(select(Voucher).where(Voucher.code == code)).scalar_one()
                    services.approve_voucher(session.get_one(User, second_id), voucher)
                got.append(code)
            except RuleBroken:
                pass
            finally:
                db.session.remove()

    threads = [Thread(target=approve, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 5
    assert services.fund_balance(NEED) == 0
    assert [words for check in checks.CHECKS for words in check.find()] == []
