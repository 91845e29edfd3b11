"""Reads of the books. Balances are always summed from the entries; only public sums use the kept LedgerSum."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from sun_commune.core.db import db
from sun_commune.ledger.models import (
    Account,
    Correction,
    SelfcheckRun,
    Transfer,
    TransferKind,
    Voucher,
    VoucherState,
)

BANK_KEY = "bank"


def fund_key(need_code: str) -> str:
    return f"fund:{need_code}"


def fund_balance(need_code: str) -> int:
    """Fen that lie in the need's fund: what came in minus what went out; 0 if it never received any."""
    fund = select(Account.id).where(Account.key == fund_key(need_code)).scalar_subquery()
    given = select(func.coalesce(func.sum(Transfer.amount_fen), 0)).where(Transfer.credit_id == fund)
    taken = select(func.coalesce(func.sum(Transfer.amount_fen), 0)).where(Transfer.debit_id == fund)
    row = db.session.execute(select(given.scalar_subquery(), taken.scalar_subquery())).one()
    return int(row[0]) - int(row[1])


def fund_reserved(need_code: str) -> int:
    """Fen that drafted vouchers of the need wait to spend."""
    statement = select(func.coalesce(func.sum(Voucher.amount_fen), 0)).where(
        Voucher.need_code == need_code, Voucher.state == VoucherState.DRAFTED
    )
    return int(db.session.execute(statement).scalar_one())


def fund_available(need_code: str) -> int:
    """Fen of the need's fund that no voucher waits for."""
    return fund_balance(need_code) - fund_reserved(need_code)


def find_transfer(uid: str) -> Transfer | None:
    return db.session.execute(select(Transfer).where(Transfer.uid == uid)).scalar_one_or_none()


def reversal_of(transfer_id: int) -> Transfer | None:
    """The entry that takes this one back, if there is one."""
    return db.session.execute(select(Transfer).where(Transfer.reverses_id == transfer_id)).scalar_one_or_none()


class Stamp(NamedTuple):
    """Where a need's entries stand in the public sums."""

    county_code: str
    category: str


def find_stamp(need_code: str) -> Stamp | None:
    """County and category of the need's latest gift; None if it never received money."""
    statement = (
        select(Transfer.county_code, Transfer.category)
        .where(Transfer.need_code == need_code, Transfer.kind == TransferKind.GIFT, Transfer.reverses_id.is_(None))
        .order_by(Transfer.business_on.desc(), Transfer.id.desc())
        .limit(1)
    )
    row = db.session.execute(statement).one_or_none()
    return Stamp(row.county_code, row.category) if row else None


def find_voucher(code: str) -> Voucher | None:
    return db.session.execute(select(Voucher).where(Voucher.code == code)).scalar_one_or_none()


def open_correction_of(transfer_id: int) -> Correction | None:
    """The wish to reverse this entry that nobody has decided yet."""
    statement = select(Correction).where(
        Correction.transfer_id == transfer_id, Correction.state == VoucherState.DRAFTED
    )
    return db.session.execute(statement).scalar_one_or_none()


def latest_run() -> SelfcheckRun | None:
    return db.session.execute(select(SelfcheckRun).order_by(SelfcheckRun.id.desc()).limit(1)).scalar_one_or_none()


def latest_passed_at() -> datetime | None:
    """When every check last held."""
    statement = select(SelfcheckRun.ran_at).where(SelfcheckRun.failures == "").order_by(SelfcheckRun.id.desc()).limit(1)
    return db.session.execute(statement).scalar_one_or_none()
