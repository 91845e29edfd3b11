"""What is pointed out to the checker, when, and that it wants an answer before money goes out."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from sqlalchemy import select, text

from sun_commune.accounts.models import User
from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.ledger import flags, services
from sun_commune.ledger.papers import FlagKind, SpendingCategory, Voucher, VoucherFlag, VoucherState
from sun_commune.ledger.queries import find_voucher
from sun_commune.uploads import services as uploads
from sun_commune.uploads.documents import prepare_document
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.models import Upload
from tests.cast import Cast, sign_in
from tests.ledger.books import NEED, approve, document, draft, draft_settlement, give, hand_out, spend
from tests.ledger.test_selfcheck import put_guards_back, take_guards_off

pytestmark = pytest.mark.usefixtures("book_checks_alone")
K = FlagKind


def kinds(voucher: Voucher) -> list[FlagKind]:
    db.session.rollback()
    return [flag.kind for flag in flags.find_flags(voucher)]


def receipt(seed: int) -> Image.Image:
    """A till receipt: white paper with lines of black blocks, other ones for each seed."""
    sheet = Image.new("L", (600, 900), 250)
    pen = ImageDraw.Draw(sheet)
    for row in range(24):
        for column in range(14):
            if (row * 7919 + column * 104_729 + seed * 1_299_709) % 11 < 5:
                pen.rectangle((40 + column * 38, 40 + row * 34, 68 + column * 38, 58 + row * 34), fill=20)
    return sheet


def bytes_of(picture: Image.Image, kind: str = "PNG", **save: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **save)
    return out.getvalue()


def paper(maker: User, data: bytes) -> int:
    prepared = prepare_document(data, most_megabytes=12)
    maker_id = maker.id
    with transaction(audited=False):
        return uploads.store_document(actor_id=maker_id, document=prepared).id


def test_nothing_is_pointed_out_of_an_ordinary_voucher(app: Flask, cast: Cast) -> None:
    give()
    voucher = draft(cast.treasurer)
    assert kinds(voucher) == []
    approve(cast.second_treasurer, voucher)
    assert db.session.execute(select(VoucherFlag)).all() == []


def test_same_paper_and_the_same_paper_photographed_again(app: Flask, cast: Cast) -> None:
    maker = cast.treasurer
    give()
    sheet = receipt(1)
    first = draft(maker, amount_fen=1_000, document_id=paper(maker, bytes_of(sheet)))
    same = draft(maker, amount_fen=1_000, document_id=paper(maker, bytes_of(sheet)))
    smaller = bytes_of(sheet.resize((450, 675)), "JPEG", quality=60)
    alike = draft(maker, amount_fen=1_000, document_id=paper(maker, smaller))
    other = draft(maker, amount_fen=1_000, document_id=paper(maker, bytes_of(receipt(2))))
    assert kinds(same) == [K.SAME_PAPER, K.LIKE_PAPER]
    assert kinds(alike) == [K.LIKE_PAPER]
    assert kinds(other) == []
    assert first.code in flags.find_flags(same)[0].about
    with transaction():
        for voucher in (first, same):
            services.withdraw_voucher(maker, voucher)
    assert kinds(alike) == [], "what was withdrawn paid nothing"


def test_same_invoice_number_however_it_is_written(app: Flask, cast: Cast) -> None:
    give()
    draft(cast.treasurer, amount_fen=1_000, invoice_number="No. 2517-0042")
    again = draft(cast.treasurer, amount_fen=1_000, invoice_number="ＮＯ 25170042")
    assert kinds(again) == [K.SAME_INVOICE]
    assert kinds(draft(cast.treasurer, amount_fen=1_000, invoice_number="25170043")) == []


def test_amount_above_the_usual_once_there_are_enough(app: Flask, cast: Cast) -> None:
    """20 vouchers of 1 to 20 yuan: 95 of 100 are 19 yuan at most."""
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    for yuan in range(1, 20):
        spend(maker, checker, amount_fen=yuan * 100)
    high = draft(maker, amount_fen=1_901)
    assert kinds(high) == [], "19 are too few to say what is usual"
    spend(maker, checker, amount_fen=2_000)
    assert kinds(high) == [K.ABOVE_USUAL]
    assert "19" in flags.find_flags(high)[0].about
    assert kinds(draft(maker, amount_fen=1_900)) == []
    assert kinds(draft(maker, amount_fen=1_901, category=SpendingCategory.WORKS)) == []
    with time_machine.travel(now() + timedelta(days=flags.USUAL_DAYS + 1), tick=False):
        assert kinds(high) == [], "what was usual years ago is not usual now"


def test_several_just_under_the_limit(app: Flask, cast: Cast) -> None:
    """The limit is 5,000 yuan; from 4,500 on it is near."""
    maker = cast.treasurer
    give(amount_fen=10_000_000)
    others = [draft(maker, amount_fen=fen) for fen in (449_999, 450_000, 500_000)]
    assert K.UNDER_LIMIT not in kinds(others[1])
    second = draft(maker, amount_fen=499_999)
    assert K.UNDER_LIMIT not in kinds(second)
    third = draft(maker, amount_fen=480_000)
    assert K.UNDER_LIMIT in kinds(third)
    assert K.UNDER_LIMIT not in kinds(others[0])
    assert K.UNDER_LIMIT not in kinds(others[2])


def test_large_amount_to_a_new_payee(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give(amount_fen=10_000_000)
    large = draft(maker, amount_fen=500_000)
    assert kinds(large) == [K.NEW_PAYEE]
    assert kinds(draft(maker, amount_fen=499_999)) == []
    spend(maker, checker, amount_fen=100, payee_name="盐亭县 黄溪五金店（有限公司）")
    assert kinds(large) == []


def copied(maker: User, data: bytes, copy: bytes) -> Voucher:
    photo, maker_id = prepare_photo(copy, most_megabytes=12), maker.id
    with transaction(audited=False):
        copy_id = uploads.store_photo(actor_id=maker_id, photo=photo).id
    return draft(maker, document_id=paper(maker, data), redacted_id=copy_id)


def test_uncovered_copy_and_the_look_at_it(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    data = bytes_of(receipt(3))
    bare = copied(maker, data, data)
    assert kinds(bare) == [K.COPY_IS_PAPER]
    sheet = receipt(4)
    voucher = copied(maker, bytes_of(sheet), bytes_of(sheet.crop((0, 0, 600, 500))))
    copy_id = voucher.redacted_id
    with pytest.raises(RuleBroken) as refused:
        approve(checker, voucher, copy_checked=False)
    assert refused.value.field == "copy_checked"
    assert db.session.get_one(Upload, copy_id).is_public is False
    approve(checker, voucher, copy_checked=True)
    assert db.session.get_one(Upload, copy_id).is_public is True


def test_no_invoice_without_a_public_copy(app: Flask, cast: Cast) -> None:
    """Nobody but an advance does without: not the paper itself, no document, nothing that is public already."""
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    shown = copied(maker, bytes_of(receipt(5)), bytes_of(receipt(5).crop((0, 0, 600, 500))))
    approve(checker, shown)
    advance = hand_out(maker, checker, amount_fen=1_000)
    for wrong in (None, document(maker), shown.redacted_id, 999_999):
        for write in (lambda **said: draft(maker, **said), lambda **said: draft_settlement(maker, advance, **said)):
            with pytest.raises(RuleBroken) as refused:
                write(amount_fen=100, redacted_id=wrong)
            assert refused.value.field == "redacted"


def test_a_voucher_from_before_copies_is_not_approved(app: Flask, cast: Cast, database_kind: str) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    old_code = draft(maker, amount_fen=100).code
    kept = take_guards_off(database_kind)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE vouchers SET redacted_id = NULL"))
    put_guards_back(database_kind, kept)
    old = find_voucher(old_code)
    with pytest.raises(RuleBroken, match="no public copy"):
        approve(checker, old)
    with transaction():
        services.refuse_voucher(checker, old, "没有公开件，请重写")
    assert old.state is VoucherState.REFUSED


def test_answer_is_wanted_stored_and_audited(app: Flask, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give(amount_fen=1_000_000)
    voucher = draft(maker, amount_fen=500_000)
    for answer in ("", "好的"):
        with pytest.raises(RuleBroken) as refused:
            approve(checker, voucher, answer=answer)
        assert refused.value.field == "answer"
    with pytest.raises(Conflict):
        approve(checker, voucher, answer="合同已经核对过了", seen=[K.SAME_PAPER])
    approve(checker, voucher, answer="合同已经核对过了", seen=[K.NEW_PAYEE])
    (row,) = db.session.execute(select(VoucherFlag)).scalars()
    assert (row.kind, row.answer) == (K.NEW_PAYEE, "合同已经核对过了")
    act = select(AuditEntry.reason).where(AuditEntry.act == "VoucherApproved", AuditEntry.object_code == voucher.code)
    assert db.session.execute(act).scalar_one() == "合同已经核对过了"


def test_kinds_are_public_and_words_are_not(app: Flask, client: FlaskClient, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give(amount_fen=1_000_000)
    voucher = approve(checker, draft(maker, amount_fen=500_000), answer="合同已经核对过了")
    page = client.get(f"/en/ledger/entries/{voucher.transfer_uid}").text
    assert "A large amount to somebody who was never paid before" in page
    assert "合同已经核对过了" not in page
    sign_in(client, cast.supervisor)
    assert "合同已经核对过了" not in client.get(f"/en/treasury/vouchers/{voucher.code}").text


def test_copy_is_nobodys_before_it_is_approved(app: Flask, client: FlaskClient, cast: Cast) -> None:
    maker, checker = cast.treasurer, cast.second_treasurer
    give()
    sheet = receipt(5)
    voucher = copied(maker, bytes_of(sheet), bytes_of(sheet.crop((0, 0, 600, 500))))
    address = f"/photos/{db.session.get_one(Upload, voucher.redacted_id).token}/480.jpg"
    paper_token = db.session.get_one(Upload, voucher.document_id).token
    assert client.get(address).status_code == 404
    for who, status in ((cast.supervisor, 404), (cast.secretary, 404), (cast.other_administrator, 404),
                        (cast.second_treasurer, 200), (cast.administrator, 200)):  # fmt: skip
        assert sign_in(app.test_client(), who).get(address).status_code == status
    approve(checker, voucher, copy_checked=True)
    assert client.get(address).status_code == 200
    assert client.get(f"/photos/{paper_token}/480.jpg").status_code == 404, "the paper is no photo"
    shown = client.get(f"/en/ledger/entries/{voucher.transfer_uid}").text
    assert address.split("/")[2] in shown
    assert paper_token not in shown


def test_old_drafts_end_and_free_their_money(app: Flask, cast: Cast) -> None:
    give()
    maker, checker = cast.treasurer, cast.second_treasurer
    voucher = draft(maker, amount_fen=32_000)
    assert services.fund_available(NEED) == 0
    with time_machine.travel(now() + timedelta(days=29), tick=False), transaction(audited=False):
        assert services.expire_vouchers() == 0
    with time_machine.travel(now() + timedelta(days=31), tick=False), transaction():
        assert services.expire_vouchers() == 1
    assert services.fund_available(NEED) == 32_000
    with pytest.raises(Conflict):
        approve(checker, voucher)
    assert db.session.get_one(Voucher, voucher.id).state is VoucherState.EXPIRED


def test_only_the_maker_withdraws(app: Flask, client: FlaskClient, cast: Cast) -> None:
    give()
    voucher = draft(cast.treasurer)
    other = sign_in(app.test_client(), cast.second_treasurer)
    assert other.post(f"/en/treasury/vouchers/{voucher.code}/withdraw").status_code == 404
    sign_in(client, cast.treasurer)
    for _twice in range(2):
        assert client.post(f"/en/treasury/vouchers/{voucher.code}/withdraw").status_code == 303
    assert services.fund_available(NEED) == 32_000
    assert other.post(f"/en/treasury/vouchers/{voucher.code}/approve").status_code == 409


def test_paper_must_be_there(app: Flask, cast: Cast) -> None:
    give()
    with pytest.raises(RuleBroken) as refused:
        draft(cast.treasurer, document_id=document(cast.treasurer) + 1_000)
    assert refused.value.field == "document"
