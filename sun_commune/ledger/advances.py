"""Reads of advances: what was handed out, settled by papers, brought back, and is still open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import aliased

from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import PayeeKind, Voucher, VoucherKind, VoucherState

MOST = 200
NET = case((Transfer.reverses_id.is_(None), Transfer.amount_fen), else_=-Transfer.amount_fen)


@dataclass(frozen=True)
class Advance:
    """One advance as everybody may know it; fen, reversals taken off. ``open_fen`` is neither settled nor back."""

    code: str
    need_code: str
    county_code: str
    payee_kind: PayeeKind
    purpose: str
    handed_on: date
    due_on: date
    transfer_uid: str
    amount_fen: int
    settled_fen: int
    back_fen: int

    @property
    def open_fen(self) -> int:
        return self.amount_fen - self.settled_fen - self.back_fen

    @property
    def is_overdue(self) -> bool:
        return self.open_fen > 0 and self.due_on < today()

    @property
    def days_overdue(self) -> int:
        return (today() - self.due_on).days if self.is_overdue else 0


def moved_of(kind: TransferKind) -> Any:
    total = select(func.coalesce(func.sum(NET), 0)).where(Transfer.voucher_code == Voucher.code, Transfer.kind == kind)
    return total.correlate(Voucher).scalar_subquery()


def settled_of() -> Any:
    paper = aliased(Voucher)
    total = (
        select(func.coalesce(func.sum(NET), 0))
        .join(paper, paper.code == Transfer.voucher_code)
        .where(paper.advance_code == Voucher.code, Transfer.kind == TransferKind.SETTLED)
    )
    return total.correlate(Voucher).scalar_subquery()


def list_advances(*conditions: ColumnElement[bool], open_only: bool = True) -> Sequence[Advance]:
    """Approved advances that fit, the one that is due first in front; at most MOST."""
    handed, settled, back = moved_of(TransferKind.ADVANCE), settled_of(), moved_of(TransferKind.ADVANCE_BACK)
    own = [getattr(Voucher, name) for name in (
        "code", "need_code", "county_code", "payee_kind", "purpose", "spent_on", "due_on", "transfer_uid",
    )]  # fmt: skip
    statement = (
        select(*own, handed, settled, back)
        .where(Voucher.kind == VoucherKind.ADVANCE, Voucher.state == VoucherState.APPROVED, *conditions)
        .order_by(Voucher.due_on, Voucher.id)
        .limit(MOST)
    )
    if open_only:
        statement = statement.where(handed - settled - back > 0)
    return [Advance(*row[:8], *map(int, row[8:])) for row in db.session.execute(statement)]


def find_advance(code: str) -> Advance | None:
    """The approved advance of this voucher, open or not."""
    found = list_advances(Voucher.code == code, open_only=False)
    return found[0] if found else None


def open_for(kind: TransferKind, voucher_code: str | None) -> int:
    """Fen still open of the advance that an entry of this kind and voucher settles, brings back or takes back."""
    code = voucher_code or ""
    if kind is TransferKind.SETTLED:
        code = db.session.execute(select(Voucher.advance_code).where(Voucher.code == code)).scalar() or ""
    advance = find_advance(code)
    return advance.open_fen if advance else 0


def overdue_advances() -> Sequence[Advance]:
    """Not wholly settled although their day is over."""
    return list_advances(Voucher.due_on < today())


def settling(code: str) -> int:
    """Fen of the advance for which invoices wait for a second person."""
    statement = select(func.coalesce(func.sum(Voucher.amount_fen), 0)).where(
        Voucher.advance_code == code, Voucher.state == VoucherState.DRAFTED
    )
    return int(db.session.execute(statement).scalar_one())


def settlements_of(code: str) -> Sequence[Voucher]:
    """The papers by which the advance was settled or is to be, in order."""
    statement = select(Voucher).where(Voucher.advance_code == code).order_by(Voucher.id)
    return db.session.execute(statement).scalars().all()


def returns_of(code: str) -> Sequence[Transfer]:
    """Entries by which the rest came back, and their reversals, in order."""
    statement = select(Transfer).where(Transfer.voucher_code == code, Transfer.kind == TransferKind.ADVANCE_BACK)
    return db.session.execute(statement.order_by(Transfer.id)).scalars().all()
