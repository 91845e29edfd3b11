"""Vouchers: one treasurer writes, a second person decides, the amount is frozen, the paper stays private."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from sun_commune.accounts.models import DutyState, Role, User
from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.ledger import neighbours, services
from sun_commune.ledger.models import LedgerSum, Transfer, TransferKind
from sun_commune.ledger.papers import Voucher, VoucherState
from sun_commune.needs import people
from sun_commune.needs.states import NeedState
from tests.cast import JINLU, Cast, sign_in
from tests.factories import make_need
from tests.ledger.books import NEED, OTHER_NEED, draft, give, spend
from tests.uploads.pictures import picture

pytestmark = pytest.mark.usefixtures("book_checks_alone")

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def state_of(voucher: Voucher) -> VoucherState:
    db.session.rollback()
    return db.session.execute(select(Voucher.state).where(Voucher.id == voucher.id)).scalar_one()


def test_approved_voucher_is_posted_once(app: Flask, cast: Cast) -> None:
    give()
    voucher = spend(cast.treasurer, cast.second_treasurer)
    entry = db.session.execute(select(Transfer).where(Transfer.kind == TransferKind.SPENDING)).scalar_one()
    assert (entry.uid, entry.amount_fen, entry.voucher_code) == (voucher.transfer_uid, 12_000, voucher.code)
    assert (entry.county_code, entry.category) == ("510723", "daily_necessities")
    assert services.fund_balance(NEED) == 20_000
    with transaction():
        services.approve_voucher(cast.second_treasurer, voucher, copy_checked=True)
    assert services.fund_balance(NEED) == 20_000
    acts = db.session.execute(select(AuditEntry.act).where(AuditEntry.object_code == voucher.code)).scalars().all()
    assert acts == ["VoucherDrafted", "VoucherApproved"]


def test_nobody_approves_an_own_voucher(app: Flask, cast: Cast) -> None:
    give()
    voucher, maker = draft(cast.treasurer), cast.treasurer
    for decide in (services.approve_voucher, lambda who, what: services.refuse_voucher(who, what, "发票抬头不对")):
        with transaction(), pytest.raises(NotAllowed):
            decide(maker, voucher)
    assert state_of(voucher) is VoucherState.DRAFTED


def test_who_stands_behind_the_need_does_not_pay(app: Flask, cast: Cast) -> None:
    need = make_need(cast, state=NeedState.PUBLISHED)
    behind = people.people_of_need(need.code)
    assert {cast.secretary.id, cast.reviewer.id, cast.administrator.id} <= behind
    assert cast.treasurer.id not in behind
    give(need_code=need.code)
    voucher, publisher, second = draft(cast.treasurer, need_code=need.code), cast.administrator, cast.second_treasurer
    with transaction(), pytest.raises(NotAllowed):
        services.approve_voucher(publisher, voucher, copy_checked=True)
    with transaction(), pytest.raises(NotAllowed):
        services.draft_voucher(
            publisher, need_code=need.code, payee_name="甲", payee_kind=voucher.payee_kind, category=voucher.category,
            purpose="试一试", amount_fen=1, spent_on=today(), document_id=voucher.document_id,
            redacted_id=voucher.redacted_id,
        )  # fmt: skip
    with transaction():
        services.approve_voucher(second, voucher, copy_checked=True)


def test_one_person_with_two_accounts_does_not_decide_alone(app: Flask, cast: Cast) -> None:
    """A second account under the same name, however it is written: somebody else signs."""
    give()
    voucher, maker, second = draft(cast.treasurer), cast.treasurer, cast.second_treasurer
    twin = cast.officer(f" {maker.name[0]}　{maker.name[1:]}", Role.TREASURER, JINLU)
    for decide in (
        lambda: services.approve_voucher(twin, voucher, copy_checked=True),
        lambda: services.refuse_voucher(twin, voucher, "发票抬头不对"),
    ):
        with pytest.raises(NotAllowed, match="bears your name"), transaction():
            decide()
    with transaction():
        services.approve_voucher(second, voucher, copy_checked=True)


def test_without_an_answer_about_people_no_money_goes_out(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    give()
    voucher, second = draft(cast.treasurer), cast.second_treasurer
    monkeypatch.setattr(neighbours, "_people_of_need", [])
    with transaction(), pytest.raises(RuntimeError):
        services.approve_voucher(second, voucher, copy_checked=True)


def test_drafts_count_on_the_same_money_once(app: Flask, cast: Cast) -> None:
    give(amount_fen=10_000)
    first, second = draft(cast.treasurer, amount_fen=6_000), cast.second_treasurer
    with pytest.raises(RuleBroken) as refused:
        draft(cast.treasurer, amount_fen=4_001)
    assert refused.value.field == "amount_fen"
    assert "40" in str(refused.value)
    with transaction():
        services.refuse_voucher(second, first, "发票抬头不对")
    draft(cast.treasurer, amount_fen=10_000)


def test_money_that_was_taken_back_meanwhile_is_not_spent(app: Flask, cast: Cast) -> None:
    gift = give(amount_fen=10_000)
    voucher, second = draft(cast.treasurer, amount_fen=10_000), cast.second_treasurer
    with transaction():
        services.reverse_transfer(cast.treasurer, gift, "银行退回了这笔款")
    with pytest.raises(RuleBroken, match=r"fund|余额不足"), transaction():
        services.approve_voucher(second, voucher, copy_checked=True)
    assert state_of(voucher) is VoucherState.DRAFTED


@pytest.mark.parametrize(
    ("change", "field"),
    [({"need_code": OTHER_NEED}, "need_code"), ({"spent_on": None}, "spent_on")],
)
def test_draft_names_the_wrong_field(app: Flask, cast: Cast, change: dict[str, Any], field: str) -> None:
    give()
    if "spent_on" in change:
        change = {"spent_on": today() + timedelta(days=1)}
    with pytest.raises(RuleBroken) as refused:
        draft(cast.treasurer, **change)
    assert refused.value.field == field


def test_decided_is_decided(app: Flask, cast: Cast) -> None:
    give()
    voucher, second, administrator = draft(cast.treasurer), cast.second_treasurer, cast.administrator
    with transaction():
        services.refuse_voucher(second, voucher, "发票抬头不对")
    with transaction():
        services.refuse_voucher(second, voucher, "发票抬头不对")
    for act in (lambda: services.approve_voucher(administrator, voucher, copy_checked=True),
                lambda: services.refuse_voucher(administrator, voucher, "另一个理由")):  # fmt: skip
        with transaction(), pytest.raises(Conflict):
            act()
    assert state_of(voucher) is VoucherState.REFUSED


def test_disabled_maker_stops_the_voucher(app: Flask, cast: Cast) -> None:
    give()
    voucher, second, maker_id = draft(cast.treasurer), cast.second_treasurer, cast.treasurer.id
    with transaction(audited=False) as session:
        session.get_one(User, maker_id).is_enabled = False
    with transaction(), pytest.raises(RuleBroken):
        services.approve_voucher(second, voucher, copy_checked=True)


def test_correction_takes_two(app: Flask, cast: Cast) -> None:
    gift, maker, second = give(), cast.treasurer, cast.second_treasurer
    with transaction():
        wish = services.ask_correction(maker, gift, "金额录错，应为三百元")
    with transaction():
        assert services.ask_correction(maker, gift, "金额录错，应为三百元").id == wish.id
    with transaction(), pytest.raises(NotAllowed):
        services.approve_correction(maker, wish)
    with transaction():
        mirror = services.approve_correction(second, wish)
    with transaction():
        assert services.approve_correction(second, wish).id == mirror.id
    assert mirror.reason == "金额录错，应为三百元"
    assert services.fund_balance(NEED) == 0
    with transaction(), pytest.raises(Conflict):
        services.ask_correction(maker, gift, "再来一次更正")


def test_refused_correction_leaves_the_entry(app: Flask, cast: Cast) -> None:
    gift, maker, second = give(), cast.treasurer, cast.second_treasurer
    with transaction():
        wish = services.ask_correction(maker, gift, "金额录错，应为三百元")
    with transaction():
        services.refuse_correction(second, wish, "银行回单金额无误")
    assert services.fund_balance(NEED) == 32_000
    with transaction():
        assert services.ask_correction(maker, gift, "重新核对后仍需更正").id != wish.id


# The pages


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "once": "key-of-this-form", "need_code": NEED, "amount_fen": "１２０元", "payee_name": "盐亭县黄溪五金店",
        "payee_kind": "shop", "category": "goods_purchase", "purpose": "买一台烤火炉", "spent_on": "2017-12-06",
        "document": (io.BytesIO(PDF), "发票.pdf"), "redacted": (io.BytesIO(picture()), "遮盖后.jpg"), **changes,
    }  # fmt: skip


def test_pages_from_draft_to_entry(app: Flask, client: FlaskClient, cast: Cast) -> None:
    give()
    sign_in(client, cast.treasurer)
    assert NEED in client.get("/en/treasury/vouchers").text
    assert NEED in client.get(f"/en/treasury/vouchers/new?need={NEED}").text
    made = client.post("/en/treasury/vouchers/new", data=fields())
    assert made.status_code == 303, made.text
    again = client.post("/en/treasury/vouchers/new", data=fields())
    assert again.headers["Location"] == made.headers["Location"]
    voucher = db.session.execute(select(Voucher)).scalar_one()
    assert (voucher.amount_fen, voucher.payee_name) == (12_000, "盐亭县黄溪五金店")
    page = made.headers["Location"]
    assert f"{page}/approve" not in client.get(page).text
    assert client.post(f"{page}/approve").status_code == 403
    other = sign_in(app.test_client(), cast.second_treasurer)
    assert voucher.code in other.get("/zh/treasury/vouchers").text
    assert other.get(f"{page}/document").data == PDF
    assert other.post(f"{page}/refuse", data={"reason": "短"}).status_code == 422
    assert other.post(f"{page}/approve").status_code == 422, "nobody has looked at the public copy"
    assert other.post(f"{page}/approve", data={"copy_checked": "y"}).status_code == 303
    assert other.post(f"{page}/approve", data={"copy_checked": "y"}).status_code == 303
    done = other.get(page).text
    db.session.rollback()
    uid = db.session.execute(select(Voucher.transfer_uid)).scalar_one()
    assert f"/en/ledger/entries/{uid}" in done
    assert services.fund_balance(NEED) == 20_000


def test_supervisor_reads_all_but_the_private_half(app: Flask, client: FlaskClient, cast: Cast) -> None:
    give()
    voucher = draft(cast.treasurer)
    sign_in(client, cast.supervisor)
    page = client.get(f"/en/treasury/vouchers/{voucher.code}")
    assert page.status_code == 200
    assert voucher.purpose in page.text
    assert voucher.payee_name not in page.text
    assert client.get(f"/en/treasury/vouchers/{voucher.code}/document").status_code == 403
    assert client.post(f"/en/treasury/vouchers/{voucher.code}/approve").status_code == 403


@pytest.mark.parametrize("who", ["donor", "stranger", "secretary", "other_secretary", "reviewer", "operator"])
def test_others_see_nothing_of_the_treasury(app: Flask, client: FlaskClient, cast: Cast, who: str) -> None:
    give()
    voucher = draft(cast.treasurer)
    sign_in(client, getattr(cast, who))
    for path in ("vouchers", "vouchers/new", f"vouchers/{voucher.code}", f"vouchers/{voucher.code}/document"):
        assert client.get(f"/en/treasury/{path}").status_code == 403


def test_other_countys_administrator_finds_nothing(app: Flask, client: FlaskClient, cast: Cast) -> None:
    gift = give()
    voucher = draft(cast.treasurer)
    sign_in(client, cast.other_administrator)
    assert client.get(f"/en/treasury/vouchers/{voucher.code}").status_code == 404
    assert client.get(f"/en/treasury/vouchers/{voucher.code}/document").status_code == 404
    assert client.post(f"/en/treasury/vouchers/{voucher.code}/approve").status_code == 404
    assert client.get(f"/en/treasury/entries/{gift.uid}/correction").status_code == 404
    assert voucher.code not in client.get("/en/treasury/vouchers").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"amount_fen": "99999"}, "320"), ({"amount_fen": "minus"}, "99.50"),
        ({"amount_fen": "-5"}, "99.50"),
        ({"need_code": OTHER_NEED}, "received no money"),
        ({"need_code": "<b>"}, "received no money"),
        ({"purpose": "买给 13800001234"}, "mobile"), ({"purpose": ""}, "Say what"),
        ({"payee_kind": "friend"}, "choice"),
        ({"spent_on": "2999-01-01"}, "future"), ({"spent_on": "soon"}, "2026-12-04"),
        ({"document": b"<svg onload=alert(1)>"}, "PDF"),
        ({"document": ""}, "invoice or receipt"), ({"redacted": ""}, "covered"),
        ({"redacted": b"no picture"}, "JPEG, PNG or WebP"),
        ({"redacted": "", "covers": "0,0,500,500"}, "JPEG, PNG or WebP"),  # boxes on a PDF
        ({"covers": "0,0,500,500", "document": picture()}, "not both"),
        ({"redacted": "", "covers": "0,0,5", "document": picture()}, "Draw them again"),
        ({"once": ""}, "key"),
    ],
)  # fmt: skip
def test_wrong_draft_keeps_what_was_typed(client: FlaskClient, cast: Cast, change: dict[str, Any], says: str) -> None:
    give()
    sign_in(client, cast.treasurer)
    # A file is read once, and each case is tried on two databases.
    change = {name: (io.BytesIO(said), "a.jpg") if isinstance(said, bytes) else said for name, said in change.items()}
    answer = client.post("/en/treasury/vouchers/new", data=fields(**change))
    assert answer.status_code == 422, answer.status_code
    assert says in answer.text
    assert "盐亭县黄溪五金店" in answer.text
    assert db.session.execute(select(Voucher)).all() == []


def test_boxes_drawn_on_the_paper_make_its_copy(app: Flask, client: FlaskClient, cast: Cast) -> None:
    """The paper stays as it was, the copy is black where it was covered, and nobody is warned that it is the paper."""
    give()
    sign_in(client, cast.treasurer)
    paper = picture(800, 600)
    drawn = {"document": (io.BytesIO(paper), "发票.jpg"), "redacted": "", "covers": "0,0,500,1000"}
    made = client.post("/en/treasury/vouchers/new", data=fields(**drawn)).headers["Location"]
    again = client.get("/en/treasury/vouchers/new").text
    assert re.search(r'<input[^>]*name="covers"[^>]*value=""', again)
    sign_in(client, cast.second_treasurer)
    page = client.get(made).text
    assert "with nothing covered" not in page
    assert client.get(f"{made}/document").data == paper
    copy = Image.open(io.BytesIO(client.get(re.findall(r'src="([^"]*/photos/[^"]+)"', page)[0]).data)).convert("RGB")
    assert max(copy.getpixel((100, 150))) < 40 < max(copy.getpixel((400, 150)))


def test_covers_do_not_come_back_without_their_picture(client: FlaskClient, cast: Cast) -> None:
    """The form cannot show the file again, so its boxes would lie on another."""
    give()
    sign_in(client, cast.treasurer)
    paper = {"document": (io.BytesIO(picture()), "发票.jpg"), "redacted": "", "covers": "0,0,500,1000"}
    answer = client.post("/en/treasury/vouchers/new", data=fields(amount_fen="99999", **paper))
    assert answer.status_code == 422
    assert "0,0,500,1000" not in answer.text


def test_refused_draft_leaves_no_paper_behind(app: Flask, client: FlaskClient, cast: Cast) -> None:
    give()
    sign_in(client, cast.treasurer)
    folder = Path(app.instance_path) / "uploads"
    before = set(folder.glob("*/*"))  # the folder outlives the tests' databases
    assert client.post("/en/treasury/vouchers/new", data=fields(amount_fen="99999")).status_code == 422
    assert {path for path in folder.glob("*/*") if path.is_file()} <= before


def test_same_paper_twice_is_told_to_the_checker(app: Flask, client: FlaskClient, cast: Cast) -> None:
    give()
    sign_in(client, cast.treasurer)
    first = client.post("/en/treasury/vouchers/new", data=fields(amount_fen="1")).headers["Location"]
    client.post("/en/treasury/vouchers/new", data=fields(amount_fen="2", once="another-form-key"))
    sign_in(client, cast.second_treasurer)
    assert "PZ-" in client.get(first).text.split("handed in before")[1][:300]
    seen = {"copy_checked": "y", "seen": "same_paper"}
    assert client.post(f"{first}/approve", data=seen).status_code == 422, "a warning wants an answer"
    assert client.post(f"{first}/approve", data={**seen, "answer": "一张发票分两次付"}).status_code == 303
    assert "一张发票分两次付" in client.get(first).text


def test_correction_pages(app: Flask, client: FlaskClient, cast: Cast) -> None:
    gift = give()
    sign_in(client, cast.treasurer)
    path = f"/en/treasury/entries/{gift.uid}"
    assert client.get(f"{path}/correction").status_code == 404
    assert client.post(f"{path}/reverse", data={"reason": "x"}).status_code == 422
    assert client.post(f"{path}/reverse", data={"reason": "金额录错，应为三百元"}).status_code == 303
    assert client.post(f"{path}/correction/approve").status_code == 403
    sign_in(client, cast.second_treasurer)
    assert gift.uid in client.get("/en/treasury/vouchers").text
    assert client.post(f"{path}/correction/approve").status_code == 303
    assert "Reversal" in client.get(f"{path}/correction").text
    assert "金额录错" in client.get(f"/en/ledger/entries/{gift.uid}").text + client.get("/en/ledger.csv").text
    assert services.fund_balance(NEED) == 0
    taken = db.session.execute(select(LedgerSum.reversed_fen)).scalars().all()
    assert sum(taken) == 32_000


def test_no_get_changes_anything(client: FlaskClient, cast: Cast) -> None:
    give()
    voucher = draft(cast.treasurer)
    sign_in(client, cast.second_treasurer)
    for act in ("approve", "refuse"):
        assert client.get(f"/en/treasury/vouchers/{voucher.code}/{act}").status_code == 405
    assert state_of(voucher) is VoucherState.DRAFTED


def test_who_may_read_here_and_decide_elsewhere_does_not_decide(app: Flask, cast: Cast) -> None:
    """The route asks for the role, the page for the place; only both in one duty are the right to decide."""
    given = give()
    voucher, elsewhere, treasurer = draft(cast.treasurer), cast.other_administrator, cast.treasurer
    with transaction():
        wish = services.ask_correction(treasurer, given, "金额录错，更正后重新入账")
    for decide in (
        lambda: services.approve_voucher(elsewhere, voucher, copy_checked=True),
        lambda: services.refuse_voucher(elsewhere, voucher, "发票抬头不对"),
        lambda: services.approve_correction(elsewhere, wish),
        lambda: services.refuse_correction(elsewhere, wish, "这笔没有错"),
    ):
        with pytest.raises(NotAllowed), transaction():
            decide()
    assert state_of(voucher) is VoucherState.DRAFTED


def test_voucher_of_who_is_treasurer_no_more_is_not_approved(app: Flask, cast: Cast) -> None:
    give()
    voucher, second, duty = draft(cast.treasurer), cast.second_treasurer, cast.treasurer.duties[0]
    with transaction(audited=False):
        duty.state = DutyState.ENDED
    with pytest.raises(RuleBroken), transaction():
        services.approve_voucher(second, voucher, copy_checked=True)
    assert state_of(voucher) is VoucherState.DRAFTED
