"""Advances: handed out by two people, settled by invoices, the rest brought back, reminded of, shown when overdue."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import exc, select

from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.ledger import advances, checks, figures, jobs, services
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import SpendingCategory, Voucher
from sun_commune.notifications.models import Notice, NoticeKind
from tests.cast import Cast, sign_in
from tests.ledger import books
from tests.ledger.books import DAY, NEED, OTHER_NEED, bring_back, draft, draft_advance, draft_settlement, give, hand_out
from tests.ledger.test_vouchers import PDF
from tests.uploads.pictures import picture

pytestmark = pytest.mark.usefixtures("book_checks_alone")


def found() -> list[str]:
    return [words for check in checks.CHECKS for words in check.find()]


def test_advance_is_held_until_invoices_show_what_it_bought(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    advance = hand_out(maker, checker)
    out = figures.fund_totals(NEED)
    assert (out.held, out.spent, out.advanced, out.in_bank) == (32_000, 0, 12_000, 20_000)
    assert services.fund_available(NEED) == 20_000
    books.settle(maker, checker, advance)
    books.settle(maker, checker, advance, amount_fen=4_000)
    bring_back(maker, advance, 3_000)
    done = figures.fund_totals(NEED)
    assert (done.held, done.spent, done.advanced, done.in_bank) == (23_000, 9_000, 0, 23_000)
    shown = advances.find_advance(advance.code)
    assert shown is not None
    assert (shown.amount_fen, shown.settled_fen, shown.back_fen, shown.open_fen) == (12_000, 9_000, 3_000, 0)
    assert advances.list_advances() == []
    assert found() == []


def test_no_more_is_settled_or_brought_back_than_is_open(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    advance, other = hand_out(maker, checker), hand_out(maker, checker, amount_fen=8_000)
    waiting = draft_settlement(maker, advance, amount_fen=9_000)
    for act in (lambda: draft_settlement(maker, advance, amount_fen=3_001), lambda: bring_back(maker, advance, 3_001)):
        with pytest.raises(RuleBroken) as refused:
            act()
        assert refused.value.field == "amount_fen"
        assert "30" in str(refused.value)
    bring_back(maker, advance, 3_000)
    books.approve(checker, waiting)
    with pytest.raises(RuleBroken):
        draft_settlement(maker, advance, amount_fen=1)
    assert [row.code for row in advances.list_advances()] == [other.code]


def test_what_is_open_of_another_does_not_settle_it(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two advances lie in one account; a settled one cannot be settled again out of what is open of the other."""
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    advance = hand_out(maker, checker, amount_fen=5_000)
    hand_out(maker, checker, amount_fen=5_000)
    monkeypatch.setattr(advances, "settling", lambda _code: 0)
    late = draft_settlement(maker, advance)
    books.settle(maker, checker, advance)
    with pytest.raises(RuleBroken):
        books.approve(checker, late)
    monkeypatch.setattr(advances, "open_for", lambda _kind, _code: 5_000)
    with pytest.raises(exc.IntegrityError, match="by its own papers"):
        books.approve(checker, late)


def test_same_movement_comes_back_once(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    advance = hand_out(maker, checker)
    back = bring_back(maker, advance, 2_000)
    with pytest.raises(RuleBroken) as refused:
        bring_back(maker, advance, 2_000)
    assert refused.value.field == "bank_reference"
    books.reverse(back)
    bring_back(maker, advance, 2_500)
    shown = advances.find_advance(advance.code)
    assert shown is not None
    assert shown.open_fen == 9_500
    assert found() == []


def test_settled_advance_is_not_taken_back(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    advance = hand_out(maker, checker)
    hand_out(maker, checker)  # another one is open in the same account
    books.settle(maker, checker, advance)
    entry = db.session.execute(select(Transfer).where(Transfer.uid == advance.transfer_uid)).scalar_one()
    with pytest.raises((RuleBroken, exc.IntegrityError)):
        books.reverse(entry)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_fen": 32_001}, "amount_fen"), ({"need_code": OTHER_NEED}, "need_code"),
        ({"due_on": DAY - timedelta(days=1)}, "due_on"), ({"due_on": DAY + timedelta(days=91)}, "due_on"),
        ({"need_code": ""}, "need_code"),
        ({"category": SpendingCategory.MANAGEMENT}, "category"),
    ],
)  # fmt: skip
def test_draft_names_the_wrong_field(app: Flask, cast: Cast, changes: dict[str, Any], field: str) -> None:
    give()
    with pytest.raises(RuleBroken) as refused:
        draft_advance(cast.treasurer, **{"spent_on": DAY, "due_on": DAY, **changes})
    assert refused.value.field == field


def test_two_people_hand_out(app: Flask, cast: Cast) -> None:
    give()
    maker, voucher = cast.treasurer, draft_advance(cast.treasurer)
    with pytest.raises(NotAllowed), transaction():
        services.approve_voucher(maker, voucher, copy_checked=True)
    with pytest.raises(RuleBroken):
        draft(maker, amount_fen=20_001)  # a draft of an advance holds its money, too
    assert advances.find_advance(voucher.code) is None


def test_overdue_advance_is_reminded_of_and_blocks_the_next(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    advance = hand_out(maker, checker, spent_on=today(), due_on=today() + timedelta(days=10))
    start = today()
    reminded = {}
    for day in range(26):
        with time_machine.travel(start + timedelta(days=day, hours=12), tick=False):
            reminded[day] = jobs.remind_advances()
            assert jobs.remind_advances() == 0
            assert [row.code for row in advances.overdue_advances()] == ([advance.code] if day > 10 else [])
    assert [day for day, count in reminded.items() if count] == [7, 11, 18, 25]
    notices = db.session.execute(select(Notice.user_id).where(Notice.kind == NoticeKind.ADVANCE_DUE)).scalars().all()
    assert sorted(notices) == sorted([maker.id, checker.id] * 4)
    with time_machine.travel(start + timedelta(days=11, hours=12), tick=False), pytest.raises(RuleBroken) as refused:
        draft_advance(maker, spent_on=today(), due_on=today(), amount_fen=1_000)
    assert refused.value.field == "need_code"


# The pages


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "once": "key-of-this-form", "need_code": NEED, "amount_fen": "120", "payee_name": "金禄村村委会",
        "payee_kind": "village", "category": "works", "purpose": "蓄水池的砂石", "spent_on": "2017-12-06",
        "due_on": "2017-12-30", "document": (io.BytesIO(PDF), "申请.pdf"), **changes,
    }  # fmt: skip


def invoice(**changes: Any) -> dict[str, Any]:
    return fields(
        **{"once": "key-of-the-invoice", "amount_fen": "100", "invoice_number": "No. 0042",
           "document": (io.BytesIO(PDF + b"2"), "发票.pdf"), "redacted": (io.BytesIO(picture()), "a.jpg"), **changes}
    )  # fmt: skip


def test_pages_from_the_advance_to_the_rest(app: Flask, client: FlaskClient, cast: Cast) -> None:
    give()
    sign_in(client, cast.treasurer)
    other = sign_in(app.test_client(), cast.second_treasurer)
    visitor = app.test_client()
    assert "No advance is open" in visitor.get("/en/ledger/advances").text
    made = client.post("/en/treasury/advances/new", data=fields())
    assert made.status_code == 303, made.text
    page = made.headers["Location"]
    code = page.rsplit("/", 1)[1]
    assert client.get(f"/en/treasury/advances/{code}/settle").status_code == 404, "nobody has approved it"
    assert other.post(f"{page}/approve").status_code == 303
    listed = visitor.get("/en/ledger/advances").text
    assert "overdue" in listed
    assert "Village collective" in listed
    assert "村委会" not in listed
    assert code in client.get("/en/treasury/vouchers").text
    paid = client.post(f"/en/treasury/advances/{code}/settle", data=invoice())
    assert paid.status_code == 303, paid.text
    assert other.post(f"{paid.headers['Location']}/approve", data={"copy_checked": "y"}).status_code == 303
    back = {"once": "key-of-the-rest", "amount_fen": "20", "returned_on": "2017-12-20", "bank_reference": "N-77"}
    assert client.post(f"/en/treasury/advances/{code}/return", data={**back, "amount_fen": "21"}).status_code == 422
    assert client.post(f"/en/treasury/advances/{code}/return", data={**back, "bank_reference": ""}).status_code == 422
    assert client.post(f"/en/treasury/advances/{code}/return", data=back).status_code == 303
    assert client.post(f"/en/treasury/advances/{code}/return", data=back).status_code == 303, "a double click"
    kinds = [row.kind for row in db.session.execute(select(Transfer).order_by(Transfer.id)).scalars()]
    assert kinds == [TransferKind.GIFT, TransferKind.ADVANCE, TransferKind.SETTLED, TransferKind.ADVANCE_BACK]
    fund = visitor.get(f"/en/ledger/funds/{NEED}").text
    assert "蓄水池的砂石" in fund
    for private in ("村委会", "0042", "N-77"):
        assert private not in fund
        assert private not in visitor.get(f"/en/ledger/entries/{newest_uid()}").text
    assert "No advance is open" in visitor.get("/en/ledger/advances").text


def newest_uid() -> str:
    return str(db.session.execute(select(Transfer.uid).order_by(Transfer.id.desc()).limit(1)).scalar_one())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"amount_fen": "99999"}, "320"), ({"due_on": "2018-12-30"}, "90 days"), ({"due_on": ""}, "by which"),
        ({"need_code": OTHER_NEED}, "received no money"), ({"need_code": "POOL"}, "received no money"),
        ({"document": ""}, "invoice or receipt"), ({"category": "management"}, "general pool alone"),
    ],
)  # fmt: skip
def test_wrong_draft_keeps_what_was_typed(client: FlaskClient, cast: Cast, change: dict[str, Any], says: str) -> None:
    give()
    sign_in(client, cast.treasurer)
    answer = client.post("/en/treasury/advances/new", data=fields(**change))
    assert answer.status_code == 422
    assert says in answer.text
    assert "金禄村村委会" in answer.text
    assert db.session.execute(select(Voucher)).all() == []
