"""Reads of the treasury's desk, limited to the places that a person serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import case, func, or_, select, true

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.ledger.models import Account, AccountKind, Transfer
from sun_commune.ledger.papers import Correction, Voucher, VoucherState
from sun_commune.ledger.policies import READERS
from sun_commune.uploads.models import Upload

PAGE_SIZE = 25
MOST_FUNDS = 50


class Fund(NamedTuple):
    """Money that waits for its need, in fen."""

    need_code: str
    county_code: str
    balance_fen: int


def _served(user: User, column: Any) -> Any:
    codes = user.places(*READERS)
    return or_(*(column.startswith(code, autoescape=True) for code in codes)) if codes else ~true()


def waiting_vouchers(user: User) -> Sequence[Voucher]:
    """Drafts that a second person has to decide, the oldest first."""
    statement = select(Voucher).where(Voucher.state == VoucherState.DRAFTED, _served(user, Voucher.county_code))
    return db.session.execute(statement.order_by(Voucher.made_at, Voucher.id).limit(200)).scalars().all()


def decided_vouchers(user: User, *, after: str = "") -> Page[Voucher]:
    """The newest first; ``after`` is the code of the last one seen."""
    statement = select(Voucher).where(Voucher.state != VoucherState.DRAFTED, _served(user, Voucher.county_code))
    anchor = db.session.execute(select(Voucher.id).where(Voucher.code == after)).scalar_one_or_none()
    if anchor is not None:
        statement = statement.where(Voucher.id < anchor)
    rows = db.session.execute(statement.order_by(Voucher.id.desc()).limit(PAGE_SIZE + 1)).scalars().all()
    return page_of(rows, [row.code for row in rows], PAGE_SIZE)


def waiting_corrections(user: User) -> Sequence[tuple[Correction, Transfer]]:
    """Wishes to reverse an entry that a second person has to decide, the oldest first."""
    statement = (
        select(Correction, Transfer)
        .join(Transfer, Transfer.id == Correction.transfer_id)
        .where(Correction.state == VoucherState.DRAFTED, _served(user, Transfer.county_code))
        .order_by(Correction.made_at, Correction.id)
        .limit(200)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def funds_with_money(user: User) -> list[Fund]:
    """Funds that hold money, the fullest first."""
    held = func.sum(case((Transfer.credit_id == Account.id, Transfer.amount_fen), else_=-Transfer.amount_fen))
    statement = (
        select(Account.need_code, func.min(Transfer.county_code), held)
        .join(Transfer, or_(Transfer.credit_id == Account.id, Transfer.debit_id == Account.id))
        .where(Account.kind == AccountKind.FUND, _served(user, Transfer.county_code))
        .group_by(Account.id, Account.need_code)
        .having(held > 0)
        .order_by(held.desc())
        .limit(MOST_FUNDS)
    )
    return [Fund(str(row[0]), str(row[1]), int(row[2])) for row in db.session.execute(statement)]


def correction_of(transfer: Transfer) -> Correction | None:
    """The newest wish to reverse this entry."""
    statement = select(Correction).where(Correction.transfer_id == transfer.id).order_by(Correction.id.desc()).limit(1)
    return db.session.execute(statement).scalar_one_or_none()


def names_of(*user_ids: int | None) -> dict[int, str]:
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return {row.id: row.name for row in db.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))}


def paper_of(voucher: Voucher) -> Upload:
    return db.session.get_one(Upload, voucher.document_id)


def used_before(voucher: Voucher) -> list[str]:
    """Codes of other vouchers whose paper has the very same bytes: shown to the checker as a warning."""
    paper = paper_of(voucher)
    statement = (
        select(Voucher.code)
        .join(Upload, Upload.id == Voucher.document_id)
        .where(Upload.sha256 == paper.sha256, Voucher.id != voucher.id, Voucher.state != VoucherState.REFUSED)
        .order_by(Voucher.id)
        .limit(10)
    )
    return list(db.session.execute(statement).scalars())
