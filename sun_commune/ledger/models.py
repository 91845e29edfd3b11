"""Accounts, transfers (one row: debit, credit, fen), vouchers, month sums and self-check runs.

A transfer is never changed or removed: the database refuses it (core.append_only), and ledger.guards adds
triggers for what a row may say: same book on both sides, a restricted fund never below zero, a reversal an
exact mirror. Cash and goods are two books that never meet.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Fen, Ref, RowId, StrEnumType


class Book(StrEnum):
    CASH = "cash"
    GOODS = "goods"


class AccountKind(StrEnum):
    """Cash book: the charity's bank account, and one restricted fund per need. Goods book: what donors gave,
    what villages and families took over."""

    BANK = "bank"
    FUND = "fund"
    GOODS_GIVEN = "goods_given"
    GOODS_HANDED_OVER = "goods_handed_over"


class TransferKind(StrEnum):
    """Gift: bank -> fund. Spending: fund -> bank. Goods: handed over -> given. A reversal keeps the kind of
    what it reverses, with the sides exchanged and ``reverses_id`` set."""

    GIFT = "gift"
    SPENDING = "spending"
    GOODS = "goods"


class Account(Base):
    """``key`` names the account for good: ``bank``, ``fund:XQ-2026-00042``, ``goods-given:XQ-2026-00042``."""

    __tablename__ = "ledger_accounts"

    id: Mapped[RowId]
    key: Mapped[str] = mapped_column(String(60), unique=True)
    book: Mapped[Book] = mapped_column(StrEnumType(Book))
    kind: Mapped[AccountKind] = mapped_column(StrEnumType(AccountKind))
    need_code: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("book IN ('cash', 'goods')", name="book"),
        CheckConstraint("kind <> 'fund' OR need_code IS NOT NULL", name="fund_has_need"),
        Index(None, "need_code"),
    )


class Transfer(Base):
    """One entry of the public ledger: ``amount_fen`` moves value from ``credit`` to ``debit`` (both account ids).

    ``uid`` is the public identifier and the key of idempotent posting. ``need_code``, ``county_code`` and
    ``category`` are fixed at posting, so every public figure is a sum over these rows alone. ``donor_shown`` is
    the name the donor chose ("" = anonymous); no private name, no free text by strangers stands here.
    """

    __tablename__ = "transfers"

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[TransferKind] = mapped_column(StrEnumType(TransferKind))
    book: Mapped[Book] = mapped_column(StrEnumType(Book))
    debit_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_accounts.id"))
    credit_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_accounts.id"))
    amount_fen: Mapped[Fen]
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    business_on: Mapped[date]
    posted_at: Mapped[datetime]
    posted_by: Mapped[int | None]
    need_code: Mapped[str] = mapped_column(String(20))
    county_code: Mapped[str] = mapped_column(String(6))
    category: Mapped[str] = mapped_column(String(24))
    claim_code: Mapped[str | None] = mapped_column(String(20))
    delivery_code: Mapped[str | None] = mapped_column(String(20))
    voucher_code: Mapped[str | None] = mapped_column(String(20))
    donor_shown: Mapped[str] = mapped_column(String(120), default="")
    item: Mapped[str] = mapped_column(String(60), default="")
    quantity: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(12), default="")
    value_basis: Mapped[str] = mapped_column(String(12), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("transfers.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    body_sha256: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name="amount"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
        CheckConstraint("currency = 'CNY'", name="currency"),
        CheckConstraint("reverses_id IS NULL OR reason <> ''", name="reversal_has_reason"),
        CheckConstraint("kind <> 'goods' OR value_basis <> ''", name="goods_have_basis"),
        CheckConstraint("(kind = 'goods') = (book = 'goods')", name="kind_in_book"),
        CheckConstraint("quantity IS NULL OR quantity >= 1", name="quantity"),
        # Only over reversals: an index over all rows, nearly all NULL there, looks worthless to SQLite's planner.
        Index(
            "uq_transfers_reverses_id",
            "reverses_id",
            unique=True,
            sqlite_where=text("reverses_id IS NOT NULL"),
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        # The lists are read by business day, newest first; each filter has an index in that order.
        Index(None, "business_on", "id"),
        Index(None, "need_code", "business_on", "id"),
        Index(None, "county_code", "business_on", "id"),
        Index(None, "category", "business_on", "id"),
        Index(None, "kind", "business_on", "id"),
        Index(None, "claim_code"),
        Index(None, "delivery_code"),
        Index(None, "voucher_code"),
        # A fund's balance is summed from its entries alone: amount in the index spares reading the rows.
        Index(None, "debit_id", "amount_fen"),
        Index(None, "credit_id", "amount_fen"),
    )


class LedgerSum(Base):
    """Sums of transfers by month, county, category and kind, kept in the posting's own transaction and
    recomputed by selfcheck, so that a figure costs the same at ten entries and at ten million.

    ``month`` is ``2026-11`` of the business day. ``amount_fen`` sums what was posted, ``reversed_fen`` what was
    taken back by reversals (in the reversal's own month); a public figure is the first minus the second.
    """

    __tablename__ = "ledger_sums"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    category: Mapped[str] = mapped_column(String(24), primary_key=True)
    kind: Mapped[TransferKind] = mapped_column(StrEnumType(TransferKind), primary_key=True)
    amount_fen: Mapped[Fen]
    reversed_fen: Mapped[Fen]
    entries_count: Mapped[int]


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


class VoucherState(StrEnum):
    DRAFTED = "drafted"
    APPROVED = "approved"
    REFUSED = "refused"


class Voucher(Base):
    """A spending from a need's fund: one treasurer makes it, a second person approves it and it is posted.

    ``payee_name`` and the document are private; payee kind, purpose and amount are public. ``county_code`` and
    ``need_category`` are those of the need's gifts, so the spending stands where the gifts stand.
    """

    __tablename__ = "vouchers"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
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
        Index(None, "need_code"),
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


class SelfcheckRun(Base):
    """One run of the named invariants. ``failures`` says what did not hold, ``check: words`` a line ("" = nothing)."""

    __tablename__ = "selfcheck_runs"

    id: Mapped[RowId]
    ran_at: Mapped[datetime]
    checks_count: Mapped[int]
    failures: Mapped[str] = mapped_column(String(4000), default="")

    __table_args__ = (Index(None, "ran_at"),)

    @property
    def has_passed(self) -> bool:
        return not self.failures

    @property
    def failed_names(self) -> list[str]:
        """Names of the checks that failed, each once."""
        return sorted({line.partition(":")[0] for line in self.failures.splitlines() if line})
