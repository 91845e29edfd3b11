"""The treasury's papers: budgets, vouchers (payments, advances and their settlement) and wishes to reverse an entry.

One person writes, a second decides. A decided paper never changes (ledger.guards).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sun_commune.core.db import Base, Fen, Ref, RowId, StrEnumType, only_where
from sun_commune.ledger.models import TransferKind


class PayeeKind(StrEnum):
    SHOP = "shop"
    COMPANY = "company"
    PERSON = "person"
    HOSPITAL = "hospital"
    SCHOOL = "school"
    COOPERATIVE = "cooperative"
    VILLAGE = "village"  # the village's collective
    OFFICER = "officer"  # first secretary or village team: an advance in their hands
    HOUSEHOLD = "household"  # the family itself
    GOVERNMENT = "government"


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
    """A draft holds its amount until a second person decides, its maker withdraws it, or it has waited too long."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class FlagKind(StrEnum):
    """What a checker is made to look at before money goes out (ledger.flags holds the rules)."""

    SAME_PAPER = "same_paper"
    LIKE_PAPER = "like_paper"
    SAME_INVOICE = "same_invoice"
    ABOVE_USUAL = "above_usual"
    UNDER_LIMIT = "under_limit"
    NEW_PAYEE = "new_payee"
    PAYEE_GAVE = "payee_gave"
    PAYEE_DECIDED = "payee_decided"
    COPY_IS_PAPER = "copy_is_paper"


class Voucher(Base):
    """Money out of a need's fund, or of the pool (``need_code`` ""): one treasurer makes it, a second person approves
    it and it is posted.

    ``payee_name``, ``payee_number`` (phone or credit code), ``invoice_number`` and the document are private; payee
    kind, purpose, amount and, once approved, the redacted copy are public. ``payee_key`` is the name as it is compared
    (ledger.payees). ``county_code`` and ``need_category`` are those of the need's gifts, so the spending stands where
    the gifts stand; of the pool's they are the city's code and "". ``advance_code`` is the voucher of the advance that
    a settlement settles; an advance is to be settled by ``due_on``.
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
    payee_key: Mapped[str] = mapped_column(String(120), default="")
    payee_number: Mapped[str] = mapped_column(String(40), default="")
    invoice_number: Mapped[str] = mapped_column(String(40), default="")
    due_on: Mapped[date | None]
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
        CheckConstraint("(state IN ('approved', 'refused')) = (checker_id IS NOT NULL)", name="decided_by_somebody"),
        CheckConstraint("state IN ('drafted', 'approved', 'refused', 'withdrawn', 'expired')", name="state"),
        CheckConstraint("(kind = 'settlement') = (advance_code IS NOT NULL)", name="settlement_of_an_advance"),
        CheckConstraint("(kind = 'advance') = (due_on IS NOT NULL)", name="advance_has_a_due_day"),
        CheckConstraint("kind = 'payment' OR need_code <> ''", name="advance_of_a_need"),
        CheckConstraint("category <> 'management' OR need_code = ''", name="management_from_the_pool"),
        Index(None, "need_code"),
        Index("ix_vouchers_advance_code_given", "advance_code", **only_where("advance_code IS NOT NULL")),
        Index(None, "state", "made_at"),
        Index(None, "redacted_id"),
        Index(None, "payee_key"),
        Index(None, "invoice_number"),
        # The usual amount of a category is read off this index alone.
        Index(None, "category", "state", "amount_fen"),
    )


class VoucherFlag(Base):
    """Something that the checker was made to look at, stored with the decision: ``about`` says what else it touches
    (codes of vouchers, an amount), ``answer`` in the checker's words why it is all right. Only the kinds are public."""

    __tablename__ = "voucher_flags"

    id: Mapped[RowId]
    voucher_id: Mapped[Ref] = mapped_column(ForeignKey("vouchers.id"))
    kind: Mapped[FlagKind] = mapped_column(StrEnumType(FlagKind))
    about: Mapped[str] = mapped_column(String(200), default="")
    answer: Mapped[str] = mapped_column(String(200))
    noted_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("answer <> ''", name="answered"), Index(None, "voucher_id"))


class VoucherParcel(Base):
    """That a voucher paid for what one delivery brought (``is_named``), or that this was said in error. Rows are only
    added: the newest one of a voucher and a delivery counts."""

    __tablename__ = "voucher_parcels"

    id: Mapped[RowId]
    voucher_id: Mapped[Ref] = mapped_column(ForeignKey("vouchers.id"))
    delivery_code: Mapped[str] = mapped_column(String(20))
    is_named: Mapped[bool]
    said_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    said_at: Mapped[datetime]

    __table_args__ = (Index(None, "voucher_id"), Index(None, "delivery_code"))


class AdvanceReturn(Base):
    """What was left of an advance and came back to the charity's account; ``bank_reference`` (private) names the
    movement on the bank's statement."""

    __tablename__ = "advance_returns"

    id: Mapped[RowId]
    voucher_id: Mapped[Ref] = mapped_column(ForeignKey("vouchers.id"))
    transfer_uid: Mapped[str] = mapped_column(String(40), unique=True)
    bank_reference: Mapped[str] = mapped_column(String(60))
    recorded_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("bank_reference <> ''", name="has_reference"),
        Index(None, "voucher_id"),
        Index(None, "bank_reference"),
    )


class AdvanceReminder(Base):
    """That an advance was reminded of on a day, so that no scheduler does it twice."""

    __tablename__ = "advance_reminders"

    id: Mapped[RowId]
    voucher_id: Mapped[Ref] = mapped_column(ForeignKey("vouchers.id"))
    remind_on: Mapped[date]

    __table_args__ = (UniqueConstraint("voucher_id", "remind_on"),)


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
            **only_where("state = 'drafted'"),
        ),
        Index(None, "state", "made_at"),
    )


class Budget(Base):
    """One version of what a need's money (the pool's for "") may be spent on: one treasurer writes it, a second person
    approves it. The approved one of the highest ``version`` is in force; a changed one gives its reason. Without any a
    fund may be spent on whatever its vouchers say.
    """

    __tablename__ = "budgets"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    need_code: Mapped[str] = mapped_column(String(20))
    county_code: Mapped[str] = mapped_column(String(6))
    version: Mapped[int]
    state: Mapped[VoucherState] = mapped_column(StrEnumType(VoucherState), default=VoucherState.DRAFTED)
    total_fen: Mapped[Fen]
    reason: Mapped[str] = mapped_column(String(200), default="")
    maker_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(100), default="")

    lines: Mapped[list[BudgetLine]] = relationship(order_by="BudgetLine.id", lazy="selectin")

    __table_args__ = (
        UniqueConstraint("need_code", "version"),
        CheckConstraint("total_fen BETWEEN 1 AND 100000000000", name="total"),
        CheckConstraint("version = 1 OR reason <> ''", name="change_has_reason"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="four_eyes"),
        CheckConstraint("(state IN ('approved', 'refused')) = (checker_id IS NOT NULL)", name="decided_by_somebody"),
        CheckConstraint("state IN ('drafted', 'approved', 'refused', 'withdrawn')", name="state"),
        Index(
            "uq_budgets_open",
            "need_code",
            unique=True,
            **only_where("state = 'drafted'"),
        ),
        Index(None, "state", "made_at"),
    )


class BudgetLine(Base):
    """How many fen a budget lets go out for a category at most; a category without a line takes nothing."""

    __tablename__ = "budget_lines"

    id: Mapped[RowId]
    budget_id: Mapped[Ref] = mapped_column(ForeignKey("budgets.id"))
    category: Mapped[SpendingCategory] = mapped_column(StrEnumType(SpendingCategory))
    amount_fen: Mapped[Fen]

    __table_args__ = (
        CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name="amount"),
        UniqueConstraint("budget_id", "category"),
    )
