"""Budgets: written by one, approved by a second, binding; changed only by a new version with a reason."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import exc, select, text

from sun_commune.accounts.models import User
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.ledger import budgets, checks, services
from sun_commune.ledger.papers import Budget, SpendingCategory, Voucher
from sun_commune.needs.states import NeedState
from tests.cast import Cast, sign_in
from tests.factories import make_need
from tests.ledger import books
from tests.ledger.books import NEED, approve, draft, draft_settlement, give, hand_out, plan, spend

pytestmark = pytest.mark.usefixtures("book_checks_alone")
GOODS, WORKS = SpendingCategory.GOODS_PURCHASE, SpendingCategory.WORKS


def write(maker: User, **fen: int) -> Budget:
    reason = "价格变了，改一改" if budgets.versions_of(NEED) else ""
    with transaction():
        return services.draft_budget(
            maker, need_code=NEED, lines={SpendingCategory(name): amount for name, amount in fen.items()}, reason=reason
        )


def test_without_a_budget_nothing_binds(app: Flask, cast: Cast) -> None:
    give()
    spend(cast.treasurer, cast.second_treasurer)
    (line,) = budgets.planned_and_spent(NEED)
    assert (line.planned_fen, line.spent_fen) == (None, 12_000)


def test_budget_binds_once_a_second_person_approved_it(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    budget = write(maker, goods_purchase=10_000, works=5_000)
    with pytest.raises(NotAllowed), transaction():
        services.approve_budget(maker, budget)
    draft(maker, amount_fen=12_000)  # not in force yet
    with transaction():
        services.approve_budget(checker, budget)
    with transaction():
        assert services.approve_budget(checker, budget).id == budget.id
    spend(maker, checker, category=WORKS, amount_fen=5_000)
    for category, amount in ((WORKS, 1), (GOODS, 1), (SpendingCategory.TRANSPORT, 1)):
        with pytest.raises(RuleBroken) as refused:
            draft(maker, category=category, amount_fen=amount)
        assert refused.value.field == "amount_fen"
    lines = {line.category: line for line in budgets.planned_and_spent(NEED)}
    assert (lines[WORKS].planned_fen, lines[WORKS].spent_fen, lines[WORKS].left_fen) == (5_000, 5_000, 0)
    assert (lines[GOODS].reserved_fen, lines[GOODS].left_fen) == (12_000, -2_000)


def test_draft_of_before_is_not_approved_beyond_the_budget(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    voucher = draft(maker, amount_fen=12_000)
    plan(maker, checker, goods_purchase=11_999)
    with pytest.raises(RuleBroken, match=r"119\.99"):
        approve(checker, voucher)
    plan(maker, checker, goods_purchase=12_000, reason="多买一台，补足预算")
    approve(checker, voucher)
    assert [version.version for version in budgets.versions_of(NEED)] == [2, 1]


def test_change_has_a_reason_and_allows_no_less_than_is_gone(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    plan(maker, checker, goods_purchase=20_000)
    hand_out(maker, checker, amount_fen=3_000)
    spend(maker, checker)
    with pytest.raises(RuleBroken) as refused:
        plan(maker, checker, goods_purchase=20_000)
    assert refused.value.field == "reason"
    for lines in ({"goods_purchase": 14_999}, {"works": 20_000}):
        with pytest.raises(RuleBroken, match="150"):
            plan(maker, checker, reason="改一改预算", **lines)
    plan(maker, checker, reason="改一改预算", goods_purchase=15_000)


def test_spending_meanwhile_stops_a_smaller_budget(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    budget = write(maker, goods_purchase=5_000)
    spend(maker, checker)
    with pytest.raises(RuleBroken), transaction():
        services.approve_budget(checker, budget)


@pytest.mark.parametrize("fen", [{}, {"management": 5}, {"works": 0}, {"works": 10**11 + 1}])
def test_draft_refuses_what_is_no_budget(app: Flask, cast: Cast, fen: dict[str, int]) -> None:
    give()
    with pytest.raises(RuleBroken):
        write(cast.treasurer, **fen)


def test_one_draft_waits_at_a_time(app: Flask, cast: Cast) -> None:
    give()
    maker, other = cast.treasurer, cast.second_treasurer
    budget = write(maker, works=5)
    with pytest.raises(Conflict):
        write(other, works=6)
    with pytest.raises(NotAllowed), transaction():
        services.withdraw_budget(other, budget)
    for _twice in range(2):
        with transaction():
            services.withdraw_budget(maker, budget)
    second = write(other, works=6)
    with transaction():
        services.refuse_budget(maker, second, "材料价没有附上")
    assert budgets.budget_in_force(NEED) is None
    with pytest.raises(Conflict), transaction():
        services.approve_budget(maker, second)


def test_need_may_plan_before_money_comes(app: Flask, cast: Cast) -> None:
    need, maker, checker = make_need(cast, state=NeedState.PUBLISHED), cast.treasurer, cast.second_treasurer
    budget = plan(maker, checker, need_code=need.code, works=5_000)
    assert budget.county_code == "510723"
    with pytest.raises(RuleBroken) as refused:
        plan(maker, checker, need_code="XQ-1999-00001", works=5_000)
    assert refused.value.field == "need_code"
    author = cast.administrator
    with pytest.raises(NotAllowed), transaction():
        services.draft_budget(author, need_code=need.code, lines={WORKS: 5}, reason="改一改预算")


def test_invoice_of_another_kind_counts_there(app: Flask, cast: Cast) -> None:
    """Handed out for goods, spent on transport: the plan for transport has to allow it."""
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    plan(maker, checker, goods_purchase=10_000, transport=2_000)
    advance = hand_out(maker, checker, amount_fen=10_000)
    with pytest.raises(RuleBroken):
        draft_settlement(maker, advance, amount_fen=2_001, category=SpendingCategory.TRANSPORT)
    books.settle(maker, checker, advance, amount_fen=2_000, category=SpendingCategory.TRANSPORT)
    books.settle(maker, checker, advance, amount_fen=8_000)
    lines = {line.category: line for line in budgets.planned_and_spent(NEED)}
    assert (lines[GOODS].spent_fen, lines[GOODS].advanced_fen, lines[GOODS].left_fen) == (8_000, 0, 2_000)
    assert lines[SpendingCategory.TRANSPORT].left_fen == 0
    assert [words for check in checks.CHECKS for words in check.find()] == []


def test_database_holds_the_budget_when_the_service_forgets(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    plan(maker, checker, goods_purchase=11_999)
    with transaction():
        services.store_selfcheck([], checks_count=1)  # the check of budgets is as blind as the service now
    monkeypatch.setattr(budgets, "budget_in_force", lambda _need_code: None)
    voucher = draft(maker, amount_fen=12_000)
    with pytest.raises(exc.IntegrityError, match="budget in force"):
        approve(checker, voucher)
    advance = hand_out(maker, checker, amount_fen=11_999)
    with pytest.raises(exc.IntegrityError, match="budget in force"):
        books.settle(maker, checker, advance, amount_fen=1, category=SpendingCategory.TRANSPORT)
    books.settle(maker, checker, advance, amount_fen=11_998)


def test_budget_changes_only_by_a_version(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    plan(maker, checker, goods_purchase=10_000)
    for statement in (
        "UPDATE budget_lines SET amount_fen = 20000", "DELETE FROM budget_lines",
        "UPDATE budgets SET total_fen = 20000",
        "UPDATE budgets SET state = 'drafted', checker_id = NULL", "DELETE FROM budgets",
        "INSERT INTO budget_lines (budget_id, category, amount_fen) SELECT id, 'works', 5 FROM budgets",
    ):  # fmt: skip
        with pytest.raises(exc.DBAPIError), db.engine.begin() as connection:
            connection.execute(text(statement))
    budget = write(maker, goods_purchase=10_000)
    checker_id, budget_id = checker.id, budget.id
    with db.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO budget_lines (budget_id, category, amount_fen) VALUES (:id, 'works', 5)"),
            {"id": budget_id},
        )
    db.session.rollback()
    approve_it = "UPDATE budgets SET state = 'approved', checker_id = :who WHERE id = :id"
    with pytest.raises(exc.DBAPIError), db.engine.begin() as connection:  # a line was slipped in
        connection.execute(text(approve_it), {"who": checker_id, "id": budget_id})


def test_racing_approvals_keep_within_the_budget(app: Flask, cast: Cast) -> None:
    """Twelve hands spend 1,000 fen each of a line of 5,000, at one moment: five get it, on both databases."""
    treasurer, second = cast.treasurer, cast.second_treasurer
    give()
    codes = [draft(treasurer, amount_fen=1_000).code for _ in range(12)]
    plan(treasurer, second, goods_purchase=5_000)
    second_id, together, got = second.id, Barrier(12), []
    db.session.remove()

    def hand(code: str) -> None:
        with app.app_context():
            try:
                together.wait(30)
                with transaction() as session:
                    voucher = session.execute(select(Voucher).where(Voucher.code == code)).scalar_one()
                    services.approve_voucher(session.get_one(User, second_id), voucher, copy_checked=True)
                got.append(code)
            except (RuleBroken, exc.IntegrityError):
                pass
            finally:
                db.session.remove()

    threads = [Thread(target=hand, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 5
    assert [line.spent_fen for line in budgets.planned_and_spent(NEED)] == [5_000]


# The pages


def test_pages_from_draft_to_change(app: Flask, client: FlaskClient, cast: Cast) -> None:
    give()
    sign_in(client, cast.treasurer)
    other, visitor = sign_in(app.test_client(), cast.second_treasurer), app.test_client()
    assert client.get(f"/en/treasury/budgets/new?need={NEED}").status_code == 200
    typed: dict[str, Any] = {"once": "key-of-this-form", "need_code": NEED, "line_goods_purchase": "200"}
    assert client.post("/en/treasury/budgets/new", data={**typed, "line_goods_purchase": ""}).status_code == 422
    wrong = client.post("/en/treasury/budgets/new", data={**typed, "line_works": "much"})
    assert wrong.status_code == 422
    assert "much" in wrong.text
    made = client.post("/en/treasury/budgets/new", data=typed)
    assert made.status_code == 303, made.text
    page = made.headers["Location"]
    assert f"{page}/approve" not in client.get(page).text
    assert page.rsplit("/", 1)[1] in other.get("/en/treasury/vouchers").text
    assert "¥200" not in visitor.get(f"/en/ledger/funds/{NEED}").text
    assert other.post(f"{page}/approve").status_code == 303
    fund = visitor.get(f"/en/ledger/funds/{NEED}").text
    assert "Purchase of goods" in fund
    assert "¥200" in fund
    assert "200" in client.get(f"/en/treasury/budgets/new?need={NEED}").text
    changed = client.post("/en/treasury/budgets/new", data={**typed, "once": "second-key", "line_works": "50"})
    assert changed.status_code == 422, "a change has a reason"
    again = {**typed, "once": "third-key-", "line_works": "50", "reason": "加一条搬运和安装"}
    second = client.post("/en/treasury/budgets/new", data=again).headers["Location"]
    assert other.post(f"{second}/refuse", data={"reason": "短"}).status_code == 422
    assert client.post(f"{second}/withdraw").status_code == 303
    assert other.get(f"{second}").status_code == 200
