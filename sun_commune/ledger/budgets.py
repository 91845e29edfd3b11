"""Reads of budgets: the version in force, and beside each of its lines what is spent, handed out and waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import Budget, SpendingCategory, Voucher, VoucherKind, VoucherState


@dataclass(frozen=True)
class PlannedLine:
    """Fen of one category: what the budget lets go out (None: there is no budget), what papers show as spent, what is
    handed out in advance and not settled, and for what vouchers wait."""

    category: SpendingCategory
    planned_fen: int | None
    spent_fen: int = 0
    advanced_fen: int = 0
    reserved_fen: int = 0

    @property
    def left_fen(self) -> int:
        """Of the plan; what waits counts as gone."""
        return (self.planned_fen or 0) - self.spent_fen - self.advanced_fen - self.reserved_fen

    @property
    def gone_fen(self) -> int:
        return self.spent_fen + self.advanced_fen


def find_budget(code: str) -> Budget | None:
    return db.session.execute(select(Budget).where(Budget.code == code)).scalar_one_or_none()


def budget_in_force(need_code: str) -> Budget | None:
    """The newest approved version; None: the fund has no budget."""
    statement = select(Budget).where(Budget.need_code == need_code, Budget.state == VoucherState.APPROVED)
    return db.session.execute(statement.order_by(Budget.version.desc()).limit(1)).scalar_one_or_none()


def versions_of(need_code: str) -> Sequence[Budget]:
    """Every version that was ever written, the newest first."""
    statement = select(Budget).where(Budget.need_code == need_code).order_by(Budget.version.desc())
    return db.session.execute(statement).scalars().all()


def open_draft(need_code: str) -> Budget | None:
    statement = select(Budget).where(Budget.need_code == need_code, Budget.state == VoucherState.DRAFTED)
    return db.session.execute(statement).scalar_one_or_none()


def gone_by_category(need_code: str) -> dict[SpendingCategory, tuple[int, int]]:
    """Per category of the fund's vouchers: fen spent, and fen handed out and neither settled nor back."""
    paper, advance = aliased(Voucher), aliased(Voucher)
    net = case((Transfer.reverses_id.is_(None), Transfer.amount_fen), else_=-Transfer.amount_fen)
    statement = (
        select(Transfer.kind, paper.category, advance.category, func.sum(net))
        .join(paper, paper.code == Transfer.voucher_code)
        .outerjoin(advance, advance.code == paper.advance_code)
        .where(paper.need_code == need_code)
        .group_by(Transfer.kind, paper.category, advance.category)
    )
    spent: dict[SpendingCategory, int] = {}
    out: dict[SpendingCategory, int] = {}
    for kind, category, advanced_for, fen in db.session.execute(statement):
        if kind in {TransferKind.SPENDING, TransferKind.SETTLED}:
            spent[category] = spent.get(category, 0) + int(fen)
        if kind is TransferKind.SETTLED:
            out[advanced_for] = out.get(advanced_for, 0) - int(fen)
        elif kind in {TransferKind.ADVANCE, TransferKind.ADVANCE_BACK}:
            sign = 1 if kind is TransferKind.ADVANCE else -1
            out[category] = out.get(category, 0) + sign * int(fen)
    return {category: (spent.get(category, 0), out.get(category, 0)) for category in spent.keys() | out.keys()}


def reserved_by_category(need_code: str) -> dict[SpendingCategory, int]:
    """Fen that drafted vouchers wait to add to each category. Invoices of an advance add only to another category than
    the one that it was handed out for."""
    advance = aliased(Voucher)
    adds = (Voucher.kind != VoucherKind.SETTLEMENT) | (Voucher.category != advance.category)
    statement = (
        select(Voucher.category, func.sum(Voucher.amount_fen))
        .outerjoin(advance, advance.code == Voucher.advance_code)
        .where(Voucher.need_code == need_code, Voucher.state == VoucherState.DRAFTED, adds)
        .group_by(Voucher.category)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement)}


def planned_and_spent(need_code: str) -> list[PlannedLine]:
    """Each category that the budget in force or a voucher names, in the order of SpendingCategory."""
    budget = budget_in_force(need_code)
    planned = {line.category: line.amount_fen for line in budget.lines} if budget else {}
    gone, reserved = gone_by_category(need_code), reserved_by_category(need_code)
    none: tuple[int, int] = (0, 0)
    return [
        PlannedLine(
            category, planned.get(category, 0) if budget else None, *gone.get(category, none), reserved.get(category, 0)
        )
        for category in SpendingCategory
        if category in planned or category in reserved or any(gone.get(category, none))
    ]


def left_in_line(need_code: str, category: SpendingCategory) -> int | None:
    """Fen that the budget still lets go out for a category; None: there is no budget."""
    if budget_in_force(need_code) is None:
        return None
    lines = {line.category: line.left_fen for line in planned_and_spent(need_code)}
    return lines.get(category, 0)


def adds_to_its_line(voucher: Voucher) -> bool:
    """False for an invoice of an advance that was handed out for the very category: that counts already."""
    if voucher.advance_code is None:
        return True
    handed = select(Voucher.category).where(Voucher.code == voucher.advance_code)
    return db.session.execute(handed).scalar_one() != voucher.category
