"""The general pool: paid from by the city's treasurers, the charity's own costs from it alone, shown in public."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import exc, select, text

from sun_commune.core.db import db, transaction
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.ledger import checks, figures, queries, services
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import SpendingCategory, Voucher
from sun_commune.ledger.services import moving
from tests.cast import Cast, sign_in
from tests.ledger.books import DAY, approve, draft, give, move, plan, reverse, spend
from tests.ledger.test_vouchers import fields

pytestmark = pytest.mark.usefixtures("book_checks_alone")
MANAGEMENT = SpendingCategory.MANAGEMENT


def fill(amount_fen: int = 20_000) -> None:
    give(need_code="", county_code="", category="", amount_fen=amount_fen, claim_code=None)


def test_pool_is_paid_from_by_the_citys_treasurers(app: Flask, cast: Cast) -> None:
    fill()
    voucher = draft(cast.treasurer, need_code="")
    assert (voucher.county_code, voucher.need_category) == ("5107", "")
    county = cast.administrator
    with pytest.raises(NotAllowed), transaction():
        services.approve_voucher(county, voucher, copy_checked=True)
    approve(cast.second_treasurer, voucher)
    entry = db.session.execute(select(Transfer).where(Transfer.uid == voucher.transfer_uid)).scalar_one()
    assert (entry.need_code, entry.county_code, entry.category) == ("", "", "")
    shown = figures.fund_totals("")
    assert (shown.raised, shown.spent, shown.held) == (20_000, 12_000, 8_000)
    with pytest.raises(RuleBroken) as refused:
        draft(cast.treasurer, need_code="", amount_fen=8_001)
    assert refused.value.field == "amount_fen"
    assert [words for check in checks.CHECKS for words in check.find()] == []


def test_money_moved_to_the_pool_and_unmatched_money_are_told_apart(app: Flask, cast: Cast) -> None:
    given = give()
    other, actor_id = services.new_uid(), cast.treasurer.id
    move(2_000, need_code=given.need_code, to="")
    with transaction():
        moving.post_unmatched(
            actor_id=actor_id, uid=other, amount_fen=700, business_on=DAY, source_code="ZD-2026-00001"
        )
    shown = figures.fund_totals("")
    assert (shown.raised, shown.moved_in, shown.held) == (0, 2_000, 2_000)
    assert services.fund_available("") == 2_000


def test_empty_pool_pays_nothing(app: Flask, cast: Cast) -> None:
    give()
    with pytest.raises(RuleBroken) as refused:
        draft(cast.treasurer, need_code="", amount_fen=1)
    assert refused.value.field == "need_code"


def test_own_costs_are_paid_from_the_pool_alone(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    fill()
    with pytest.raises(RuleBroken) as refused:
        draft(maker, category=MANAGEMENT)
    assert refused.value.field == "category"
    with pytest.raises(RuleBroken) as refused:
        draft(maker, need_code="", category=MANAGEMENT, amount_fen=1, spent_on=DAY - timedelta(days=1))
    assert refused.value.field == "spent_on", "an early year's cap is not used up by today's costs"
    spend(maker, checker, need_code="", category=MANAGEMENT, amount_fen=3_000)
    wrong = spend(maker, checker, need_code="", category=MANAGEMENT, amount_fen=1_000, purpose="录错的电话费")
    spend(maker, checker, need_code="", amount_fen=500)
    entry = db.session.execute(select(Transfer).where(Transfer.uid == wrong.transfer_uid)).scalar_one()
    assert queries.management_spent(DAY, DAY) == 4_000
    reverse(entry)
    assert queries.management_spent(DAY, date(2100, 1, 1)) == 3_000
    assert queries.management_spent(date(2016, 1, 1), date(2016, 12, 31)) == 0
    same = (
        "kind, need_category, state, payee_name, payee_kind, category, purpose, amount_fen, spent_on, document_id, "
        "redacted_id, maker_id, made_at, refusal, payee_key, payee_number, invoice_number"
    )
    draft(maker, need_code="", category=MANAGEMENT, amount_fen=100)
    statement = (
        f"INSERT INTO vouchers (code, need_code, county_code, {same}) SELECT 'PZ-9', 'XQ-2026-00001', '510723', {same} "  # noqa: S608
        "FROM vouchers WHERE state = 'drafted'"
    )
    with pytest.raises(exc.IntegrityError, match="management_from_the_pool"), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_pool_may_have_a_budget(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    fill()
    budget = plan(maker, checker, need_code="", management=1_000)
    assert budget.county_code == "5107"
    spend(maker, checker, need_code="", category=MANAGEMENT, amount_fen=1_000)
    with pytest.raises(RuleBroken):
        draft(maker, need_code="", category=MANAGEMENT, amount_fen=1)


def test_entry_of_the_pool_is_taken_back_by_the_city(app: Flask, client: FlaskClient, cast: Cast) -> None:
    fill()
    voucher = spend(cast.treasurer, cast.second_treasurer, need_code="")
    path = f"/en/treasury/entries/{voucher.transfer_uid}"
    sign_in(client, cast.treasurer)
    other = sign_in(app.test_client(), cast.second_treasurer)
    assert client.post(f"{path}/reverse", data={"reason": "商家退回了这笔款"}).status_code == 303
    assert str(voucher.transfer_uid) in other.get("/en/treasury/vouchers").text
    assert sign_in(app.test_client(), cast.administrator).get(f"{path}/correction").status_code == 404
    assert other.post(f"{path}/correction/approve").status_code == 303
    assert services.fund_balance("") == 20_000


def test_pages_of_the_pool(app: Flask, client: FlaskClient, cast: Cast) -> None:
    assert client.get("/en/ledger/funds/POOL").status_code == 200
    assert client.get("/en/ledger/funds/XQ-2026-00009").status_code == 404
    assert client.get("/en/ledger/funds/-").status_code == 404
    fill()
    sign_in(client, cast.treasurer)
    assert "POOL" in client.get("/en/treasury/vouchers").text
    assert "200" in client.get("/en/treasury/vouchers/new?need=POOL").text
    made = client.post("/en/treasury/vouchers/new", data=fields(need_code="pool", category="management"))
    assert made.status_code == 303, made.text
    assert db.session.execute(select(Voucher.need_code)).scalar_one() == ""
    other = sign_in(app.test_client(), cast.second_treasurer)
    assert other.post(f"{made.headers['Location']}/approve", data={"copy_checked": "y"}).status_code == 303
    page = app.test_client().get("/zh/ledger/funds/POOL").text
    assert "买一台烤火炉" in page
    assert "盐亭县黄溪五金店" not in page
    for empty in ("", "?", "<b>"):
        answer = client.post("/en/treasury/vouchers/new", data=fields(need_code=empty, once=f"key-of-{empty or 0}-x",
                             document=(io.BytesIO(b"%PDF-1.4 x"), "a.pdf")))  # fmt: skip
        assert answer.status_code == 422, empty
