"""The treasury's papers: budgets, vouchers (payments, advances and their settlement) and wishes to reverse an entry.

One person writes, a second decides. A decided paper never changes (ledger.guards).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Fen, Ref, RowId, StrEnumType
from sun_commune.ledger.models import TransferKind


class PayeeKind(StrEnum):
    SHOP = "shop"
    COMPANY = "company"
    PERSON = "person"
    HOSPITAL = "hospital"
    SCHOOL = "school"
    COOPERATIVE = "cooperative"


class SpendingCategory(StrEnum):
    GOODS_PURCHASE = "goods_purchase"
    WORKS = "works"
    TRANSPORT = "transport"
    TRAINING = "training"
    MEDICAL_FEES = "medical_fees"
    GRANT = "grant"
    MANAGEMENT = "management"  # of the charity itself; from the general pool alone, under a cap


class VoucherKind(StrEnum):
    """PAYMENT: from the bank to a payee. ADVANCE: handed out before there is an invoice. SETTLEMENT: the invoices of an
    advance."""

    PAYMENT = "payment"
    ADVANCE = "advance"
    SETTLEMENT = "settlement"


#: As what an approved voucher stands in the books.
POSTED_AS = {
    VoucherKind.PAYMENT: TransferKind.SPENDING,
    VoucherKind.ADVANCE: TransferKind.ADVANCE,
    VoucherKind.SETTLEMENT: TransferKind.SETTLED,
}


class VoucherState(StrEnum):
    DRAFTED = "drafted"
    APPROVED = "approved"
    REFUSED = "refused"


class Voucher(Base):
    """Money out of a need's fund, or of the pool (``need_code`` ""): one treasurer makes it, a second person approves
    it and it is posted.

    ``payee_name`` and the document are private; payee kind, purpose, amount and the redacted copy are public.
    ``county_code`` and ``need_category`` are those of the need's gifts, so the spending stands where the gifts stand.
    ``advance_code`` is the voucher of the advance that a settlement settles.
    """

    __tablename__ = "vouchers"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[VoucherKind] = mapped_column(StrEnumType(VoucherKind), default=VoucherKind.PAYMENT)
    advance_code: Mapped[str | None] = mapped_column(String(20))
    need_code: Mapped[str] = mapped_column(String(20))
    county_code: Mapped[str] = mapped_column(String(6))
    need_category: Mapped[str] = mapped_column(String(24))
    state: Mapped[VoucherState] = mapped_column(StrEnumType(VoucherState), default=VoucherState.DRAFTED)
    payee_name: Mapped[str] = mapped_column(String(120))
    payee_kind: Mapped[PayeeKind] = mapped_column(StrEnumType(PayeeKind))
    category: Mapped[SpendingCategory] = mapped_column(StrEnumType(SpendingCategory))
    purpose: Mapped[str] = mapped_column(String(100))
    amount_fen: Mapped[Fen]
    spent_on: Mapped[date]
    document_id: Mapped[Ref] = mapped_column(ForeignKey("uploads.id"))
    redacted_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"))
    maker_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(100), default="")
    transfer_uid: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (
        CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name="amount"),
        CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="four_eyes"),
        CheckConstraint("(state = 'approved') = (transfer_uid IS NOT NULL)", name="approved_is_posted"),
        CheckConstraint("(state = 'drafted') = (checker_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("state IN ('drafted', 'approved', 'refused')", name="state"),
        CheckConstraint("(kind = 'settlement') = (advance_code IS NOT NULL)", name="settlement_of_an_advance"),
        Index(None, "need_code"),
        Index(None, "advance_code"),
        Index(None, "state", "made_at"),
    )


class Correction(Base):
    """A wish to reverse an entry: one treasurer asks, a second person decides. At most one is open per entry."""

    __tablename__ = "corrections"

    id: Mapped[RowId]
    transfer_id: Mapped[Ref] = mapped_column(ForeignKey("transfers.id"))
    state: Mapped[VoucherState] = mapped_column(StrEnumType(VoucherState), default=VoucherState.DRAFTED)
    reason: Mapped[str] = mapped_column(String(200))
    maker_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(100), default="")

    __table_args__ = (
        CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="four_eyes"),
        CheckConstraint("(state = 'drafted') = (checker_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("state IN ('drafted', 'approved', 'refused')", name="state"),
        Index(
            "uq_corrections_open",
            "transfer_id",
            unique=True,
            sqlite_where=text("state = 'drafted'"),
            postgresql_where=text("state = 'drafted'"),
        ),
        Index(None, "state", "made_at"),
    )


class BudgetLine(Base):
    """What a need's money (or, with ``need_code`` "", the pool's) may be spent on, and how much of it at most, in fen.
    A category without a line takes nothing once the need has any line."""

    __tablename__ = "budget_lines"

    id: Mapped[RowId]
    need_code: Mapped[str] = mapped_column(String(20))
    category: Mapped[SpendingCategory] = mapped_column(StrEnumType(SpendingCategory))
    amount_fen: Mapped[Fen]
    set_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("amount_fen BETWEEN 0 AND 100000000000", name="amount"),
        UniqueConstraint("need_code", "category"),
    )
