"""Reads of the books. Balances are always summed from the entries; only public sums use the kept LedgerSum."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, case, exists, func, or_, select

from sun_commune.core.db import db
from sun_commune.ledger import neighbours
from sun_commune.ledger.models import Account, AccountKind, SelfcheckRun, Transfer, TransferKind
from sun_commune.ledger.papers import Correction, SpendingCategory, Voucher, VoucherKind, VoucherState

#: Entries by which money comes to the need that they name.
BROUGHT = (TransferKind.GIFT, TransferKind.MATCHED)
_BY_UID = select(Transfer).where(Transfer.uid == bindparam("uid"))


def purse_key(need_code: str) -> str:
    """Key of the need's fund; of the general pool for ""."""
    return f"fund:{need_code}" if need_code else "pool"


def balance_of(key: str) -> int:
    """Fen that the account holds for others: credits minus debits; 0 if it was never used."""
    account = select(Account.id).where(Account.key == key).scalar_subquery()
    given = select(func.coalesce(func.sum(Transfer.amount_fen), 0)).where(Transfer.credit_id == account)
    taken = select(func.coalesce(func.sum(Transfer.amount_fen), 0)).where(Transfer.debit_id == account)
    row = db.session.execute(select(given.scalar_subquery(), taken.scalar_subquery())).one()
    return int(row[0]) - int(row[1])


def fund_balance(need_code: str) -> int:
    """Fen that lie in the need's fund (the pool for ""), handed out advances included."""
    return balance_of(purse_key(need_code))


def advanced(need_code: str) -> int:
    """Fen handed out in advance for the need, neither settled nor brought back."""
    return -balance_of(f"advance:{need_code}") if need_code else 0


def free_balance(need_code: str) -> int:
    """Fen of the fund (the pool for "") that lie in the bank."""
    return fund_balance(need_code) - advanced(need_code)


def suspense_left(source_code: str) -> int:
    """Fen of a statement line that nobody has matched or sent back."""
    account = select(Account.id).where(Account.kind == AccountKind.SUSPENSE).scalar_subquery()
    signed = case((Transfer.credit_id == account, Transfer.amount_fen), else_=-Transfer.amount_fen)
    statement = select(func.coalesce(func.sum(signed), 0)).where(
        Transfer.source_code == source_code, or_(Transfer.credit_id == account, Transfer.debit_id == account)
    )
    return int(db.session.execute(statement).scalar_one())


def fund_reserved(need_code: str) -> int:
    """Fen that drafted vouchers of the need wait to take out of the bank."""
    statement = select(func.coalesce(func.sum(Voucher.amount_fen), 0)).where(
        Voucher.need_code == need_code,
        Voucher.state == VoucherState.DRAFTED,
        Voucher.kind != VoucherKind.SETTLEMENT,
    )
    return int(db.session.execute(statement).scalar_one())


def fund_available(need_code: str) -> int:
    """Fen of the need's fund that lie in the bank, that no voucher waits for and that no donor has asked back."""
    return free_balance(need_code) - fund_reserved(need_code) - neighbours.promised_back(need_code)


def find_transfer(uid: str) -> Transfer | None:
    return db.session.execute(_BY_UID, {"uid": uid}).scalar_one_or_none()


def reversal_of(transfer_id: int) -> Transfer | None:
    """The entry that takes this one back, if there is one."""
    return db.session.execute(select(Transfer).where(Transfer.reverses_id == transfer_id)).scalar_one_or_none()


class Stamp(NamedTuple):
    """Where a need's entries stand in the public sums."""

    county_code: str
    category: str


def find_stamp(need_code: str) -> Stamp | None:
    """County and category of the money that came last for the need; None if none ever came."""
    came = select(Transfer.county_code, Transfer.category).where(
        Transfer.need_code == need_code, Transfer.kind.in_(BROUGHT)
    )
    moved = select(Transfer.to_county_code, Transfer.to_category).where(
        Transfer.to_need_code == need_code, Transfer.kind == TransferKind.MOVED
    )
    for statement in (came, moved):
        forward = statement.where(Transfer.reverses_id.is_(None))
        row = db.session.execute(forward.order_by(Transfer.business_on.desc(), Transfer.id.desc()).limit(1)).first()
        if row is not None:
            return Stamp(*row)
    return None


def management_spent(since: date, until: date) -> int:
    """Fen that went out for the charity's own costs on the days from ``since`` to ``until``, reversals taken off."""
    signed = case((Transfer.reverses_id.is_(None), Transfer.amount_fen), else_=-Transfer.amount_fen)
    statement = (
        select(func.coalesce(func.sum(signed), 0))
        .join(Voucher, Voucher.code == Transfer.voucher_code)
        .where(Voucher.category == SpendingCategory.MANAGEMENT, Transfer.business_on.between(since, until))
    )
    return int(db.session.execute(statement).scalar_one())


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


def was_checked(*, since: datetime, until: datetime) -> bool:
    """Whether any self-check ran between two moments."""
    between = exists().where(SelfcheckRun.ran_at >= since, SelfcheckRun.ran_at <= until)
    return bool(db.session.execute(select(between)).scalar())


def latest_passed_at() -> datetime | None:
    """When every check last held."""
    statement = select(SelfcheckRun.ran_at).where(SelfcheckRun.failures == "").order_by(SelfcheckRun.id.desc()).limit(1)
    return db.session.execute(statement).scalar_one_or_none()
