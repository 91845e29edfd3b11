"""What a checker is made to look at before a voucher is approved. None of it stops a voucher by itself: the checker
says why it is all right. The rules stand in docs/spending.md, too; the kinds are public with the
entry, the words are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from sun_commune import config
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.money import yuan
from sun_commune.ledger import related
from sun_commune.ledger.papers import FlagKind, Voucher, VoucherFlag, VoucherKind, VoucherState
from sun_commune.uploads.marks import look_alike
from sun_commune.uploads.models import Upload

LIVE = (VoucherState.DRAFTED, VoucherState.APPROVED)
#: "Usual": the amount that 95 of 100 approved vouchers of the category of the last two years do not exceed (nearest
#: rank), once there are so many of them.
USUAL_PER_CENT, USUAL_DAYS, USUAL_SAMPLE = 95, 730, 20
#: "Just under the limit" is from nine tenths of it on; two others within a month make three.
NEAR_TENTHS, NEAR_OTHERS, NEAR_DAYS = 9, 2, 30
#: Papers whose looks are compared, the newest first.
MOST_MARKS = 5_000
MOST_NAMED = 8


class Flag(NamedTuple):
    """``about``: codes of vouchers or an amount, for the checker alone."""

    kind: FlagKind
    about: str = ""


def find_flags(voucher: Voucher) -> list[Flag]:
    """In the order of FlagKind; each kind at most once."""
    found = [*_papers(voucher), *_amounts(voucher), *_payees(voucher)]
    return sorted(found, key=lambda flag: list(FlagKind).index(flag.kind))


def stored_flags(voucher: Voucher) -> list[VoucherFlag]:
    """As they stood when the voucher was approved."""
    statement = select(VoucherFlag).where(VoucherFlag.voucher_id == voucher.id).order_by(VoucherFlag.id)
    return list(db.session.execute(statement).scalars())


def _others(voucher: Voucher, *conditions: ColumnElement[bool]) -> str:
    """Codes of other live vouchers that fit, "" if there is none."""
    statement = select(Voucher.code).where(Voucher.id != voucher.id, Voucher.state.in_(LIVE), *conditions)
    return ", ".join(db.session.execute(statement.order_by(Voucher.id).limit(MOST_NAMED)).scalars())


def _papers(voucher: Voucher) -> Iterable[Flag]:
    paper = db.session.get_one(Upload, voucher.document_id)
    twins = select(Upload.id).where(Upload.sha256 == paper.sha256)
    same = _others(voucher, Voucher.document_id.in_(twins))
    if same:
        yield Flag(FlagKind.SAME_PAPER, same)
    alike = _alike(voucher, paper)
    if alike:
        yield Flag(FlagKind.LIKE_PAPER, alike)
    if voucher.invoice_number:
        same = _others(voucher, Voucher.invoice_number == voucher.invoice_number)
        if same:
            yield Flag(FlagKind.SAME_INVOICE, same)
    if voucher.redacted_id is not None:
        copy = db.session.get_one(Upload, voucher.redacted_id)
        if copy.sha256 == paper.sha256:
            yield Flag(FlagKind.COPY_IS_PAPER)


def _alike(voucher: Voucher, paper: Upload) -> str:
    """Papers of other bytes that look the same."""
    if not paper.mark:
        return ""
    statement = (
        select(Voucher.code, Upload.mark)
        .join(Upload, Upload.id == Voucher.document_id)
        .where(Voucher.id != voucher.id, Voucher.state.in_(LIVE), Upload.mark != "", Upload.sha256 != paper.sha256)
        .order_by(Voucher.id.desc())
        .limit(MOST_MARKS)
    )
    codes = [code for code, mark in db.session.execute(statement) if look_alike(mark, paper.mark)]
    return ", ".join(codes[:MOST_NAMED])


def usual_most(voucher: Voucher) -> int | None:
    """Fen that 95 of 100 approved vouchers of the category do not exceed; None: too few to say."""
    since = now() - timedelta(days=USUAL_DAYS)
    sample = (
        Voucher.category == voucher.category, Voucher.state == VoucherState.APPROVED, Voucher.id != voucher.id,
        Voucher.kind != VoucherKind.ADVANCE, Voucher.made_at >= since,
    )  # fmt: skip
    count = db.session.execute(select(func.count()).select_from(Voucher).where(*sample)).scalar_one()
    if count < USUAL_SAMPLE:
        return None
    rank = -(-count * USUAL_PER_CENT // 100)  # rounded up
    amounts = select(Voucher.amount_fen).where(*sample).order_by(Voucher.amount_fen).offset(rank - 1).limit(1)
    return int(db.session.execute(amounts).scalar_one())


def _amounts(voucher: Voucher) -> Iterable[Flag]:
    usual = usual_most(voucher)
    if usual is not None and voucher.amount_fen > usual:
        yield Flag(FlagKind.ABOVE_USUAL, f"> ¥{yuan(usual)}")
    limit = config.current().large_yuan * 100
    near = -(-limit * NEAR_TENTHS // 10)
    if near <= voucher.amount_fen < limit:
        around = timedelta(days=NEAR_DAYS)
        others = _others(
            voucher,
            Voucher.amount_fen >= near, Voucher.amount_fen < limit,
            Voucher.made_at.between(voucher.made_at - around, voucher.made_at + around),
            or_(Voucher.payee_key == voucher.payee_key, Voucher.maker_id == voucher.maker_id),
        )  # fmt: skip
        if others.count(",") + 1 >= NEAR_OTHERS:
            yield Flag(FlagKind.UNDER_LIMIT, others)


def _payees(voucher: Voucher) -> Iterable[Flag]:
    known = select(Voucher.id).where(
        Voucher.payee_key == voucher.payee_key, Voucher.state == VoucherState.APPROVED, Voucher.id != voucher.id
    )
    is_large = voucher.amount_fen >= config.current().large_yuan * 100
    if is_large and db.session.execute(known.limit(1)).first() is None:
        yield Flag(FlagKind.NEW_PAYEE)
    about = {"key": voucher.payee_key, "number": voucher.payee_number}
    if related.payee_gave(voucher.need_code, **about):
        yield Flag(FlagKind.PAYEE_GAVE)
    if related.payee_decided(voucher.need_code, **about):
        yield Flag(FlagKind.PAYEE_DECIDED)
