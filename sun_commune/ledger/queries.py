"""Reads of the books. Balances are always summed from the entries; only public sums use the kept LedgerSum."""

from __future__ import annotations

from sqlalchemy import func, select

from sun_commune.core.db import db
from sun_commune.ledger.models import Account, Transfer, Voucher, VoucherState

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
