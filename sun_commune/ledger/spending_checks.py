"""Self-checks of money out: advances, budgets, and copies of papers that everybody may see."""

from __future__ import annotations

from sqlalchemy import func, select

from sun_commune.core.db import db
from sun_commune.ledger import budgets
from sun_commune.ledger.advances import moved_of, settled_of
from sun_commune.ledger.models import TransferKind
from sun_commune.ledger.papers import Budget, BudgetLine, Voucher, VoucherKind, VoucherState
from sun_commune.uploads.models import Upload


def advances_are_settled_by_their_own() -> list[str]:
    """No advance is settled or brought back beyond what was handed out by it."""
    open_fen = moved_of(TransferKind.ADVANCE) - settled_of() - moved_of(TransferKind.ADVANCE_BACK)
    wrong = select(Voucher.code, open_fen).where(Voucher.kind == VoucherKind.ADVANCE, open_fen < 0)
    return [f"{code}: {-fen} fen more came back than were handed out" for code, fen in db.session.execute(wrong)]


def budgets_hold() -> list[str]:
    """An approved budget has the lines that it was approved with, and no more went out than the one in force allows."""
    lines = select(func.coalesce(func.sum(BudgetLine.amount_fen), 0)).where(BudgetLine.budget_id == Budget.id)
    torn = select(Budget.code).where(
        Budget.state == VoucherState.APPROVED, Budget.total_fen != lines.correlate(Budget).scalar_subquery()
    )
    found = [f"{code} has other lines than were approved" for code in db.session.execute(torn).scalars()]
    planned = select(Budget.need_code).where(Budget.state == VoucherState.APPROVED).distinct()
    for need_code in db.session.execute(planned.order_by(Budget.need_code)).scalars().all():
        found += [
            f"{need_code or 'the pool'}: {line.gone_fen} fen for {line.category}, planned {line.planned_fen}"
            for line in budgets.planned_and_spent(need_code)
            if line.gone_fen > (line.planned_fen or 0)
        ]
    return found


def copies_follow_the_approval() -> list[str]:
    """Nobody sees the copy of a paper before a second person has looked at it, and from then on everybody does."""
    early = (
        select(Voucher.code)
        .join(Upload, Upload.id == Voucher.redacted_id)
        .where(Upload.is_public.is_(True), Voucher.state != VoucherState.APPROVED)
    )
    hidden = (
        select(Voucher.code)
        .join(Upload, Upload.id == Voucher.redacted_id)
        .where(Upload.is_public.is_(False), Voucher.state == VoucherState.APPROVED)
    )
    return [
        *(f"{code}: the copy is public and nobody approved it" for code in db.session.execute(early).scalars()),
        *(f"{code}: approved, and its copy is not public" for code in db.session.execute(hidden).scalars()),
    ]
