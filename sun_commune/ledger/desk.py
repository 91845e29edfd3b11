"""Reads of the treasury's desk, limited to the places that a person serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import case, func, or_, select, true

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.ledger.advances import Advance, list_advances
from sun_commune.ledger.models import Account, AccountKind, Transfer
from sun_commune.ledger.papers import Budget, Correction, Voucher, VoucherState
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
    """In the places that the user serves; what belongs to no county belongs to the city."""
    codes = user.places(*READERS)
    here = [column.startswith(code, autoescape=True) for code in codes]
    if any(config.current().city.startswith(code) for code in codes):
        here.append(column == "")
    return or_(*here) if here else ~true()


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


def waiting_budgets(user: User) -> Sequence[Budget]:
    """Drafts that a second person has to decide, the oldest first."""
    statement = select(Budget).where(Budget.state == VoucherState.DRAFTED, _served(user, Budget.county_code))
    return db.session.execute(statement.order_by(Budget.made_at, Budget.id).limit(200)).scalars().all()


def open_advances(user: User) -> Sequence[Advance]:
    """Handed out and not wholly settled, the one that is due first in front."""
    return list_advances(_served(user, Voucher.county_code))


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


def copy_of(voucher: Voucher) -> Upload | None:
    """The public copy of the paper."""
    return db.session.get(Upload, voucher.redacted_id) if voucher.redacted_id else None
