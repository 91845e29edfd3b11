"""Accounts, transfers (one row: debit, credit, fen), layers of money and their uses, period sums, closed periods.

A transfer is never changed or removed: the database refuses it (core.append_only), and ledger.guards adds
triggers for what a row may say: same book on both sides, no fund below zero, a reversal an exact mirror, no entry
in a closed period. Cash and goods are two books that never meet. Vouchers and corrections: ledger.papers.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Fen, Ref, RowId, StrEnumType, only_where


class Book(StrEnum):
    CASH = "cash"
    GOODS = "goods"


class AccountKind(StrEnum):
    """Cash book: the charity's bank account; money that nobody has matched yet (suspense); one restricted fund per
    need; the general pool; money that was handed out in advance for a need and is not settled. Goods book: what
    donors gave, what villages and families took over."""

    BANK = "bank"
    SUSPENSE = "suspense"
    FUND = "fund"
    POOL = "pool"
    ADVANCE = "advance"
    GOODS_GIVEN = "goods_given"
    GOODS_HANDED_OVER = "goods_handed_over"


#: There is one of each of these; of the others there is one per need.
SINGLE = (AccountKind.BANK, AccountKind.SUSPENSE, AccountKind.POOL)
#: Money that lies here was given: it comes in layers, and what goes out names the layers that it uses.
HOLDING = (AccountKind.SUSPENSE, AccountKind.FUND, AccountKind.POOL)


class TransferKind(StrEnum):
    """What happened. ``SIDES`` says which accounts; a reversal keeps the kind of what it reverses, with
    the sides exchanged and ``reverses_id`` set."""

    GIFT = "gift"  # money arrived for a need or for the pool
    UNMATCHED = "unmatched"  # money arrived and nobody knows yet for what
    MATCHED = "matched"  # and then it was known
    SENT_BACK = "sent_back"  # or it was not, and went back to whoever sent it
    MOVED = "moved"  # by the donor's choice, or by the announced default, to another need or the pool
    REFUND = "refund"  # back to who gave it
    SPENDING = "spending"
    ADVANCE = "advance"  # handed out, to be settled by papers
    SETTLED = "settled"  # spending that the papers of an advance show
    ADVANCE_BACK = "advance_back"  # what was left of an advance came back
    GOODS = "goods"


class GiverKind(StrEnum):
    """Who gave, as far as the donor lets it be known: nothing is said of a donor who stays unnamed."""

    ENTERPRISE = "enterprise"
    SOCIAL_ORGANISATION = "social_organisation"
    PERSON = "person"


PURSES = (AccountKind.FUND, AccountKind.POOL)
#: Debit and credit account kinds of each kind of transfer (a reversal has them exchanged).
SIDES: dict[TransferKind, tuple[tuple[AccountKind, ...], tuple[AccountKind, ...]]] = {
    TransferKind.GIFT: ((AccountKind.BANK,), PURSES),
    TransferKind.UNMATCHED: ((AccountKind.BANK,), (AccountKind.SUSPENSE,)),
    TransferKind.MATCHED: ((AccountKind.SUSPENSE,), PURSES),
    TransferKind.SENT_BACK: ((AccountKind.SUSPENSE,), (AccountKind.BANK,)),
    TransferKind.MOVED: (PURSES, PURSES),
    TransferKind.REFUND: (PURSES, (AccountKind.BANK,)),
    TransferKind.SPENDING: (PURSES, (AccountKind.BANK,)),
    TransferKind.ADVANCE: ((AccountKind.ADVANCE,), (AccountKind.BANK,)),
    TransferKind.SETTLED: ((AccountKind.FUND,), (AccountKind.ADVANCE,)),
    TransferKind.ADVANCE_BACK: ((AccountKind.BANK,), (AccountKind.ADVANCE,)),
    TransferKind.GOODS: ((AccountKind.GOODS_HANDED_OVER,), (AccountKind.GOODS_GIVEN,)),
}


class Account(Base):
    """``key`` names the account for good: ``bank``, ``fund:XQ-2026-00042``, ``goods-given:XQ-2026-00042``. ``code`` is
    its random name in the transparency log, which says nothing of the need."""

    __tablename__ = "ledger_accounts"

    id: Mapped[RowId]
    key: Mapped[str] = mapped_column(String(60), unique=True)
    book: Mapped[Book] = mapped_column(StrEnumType(Book))
    kind: Mapped[AccountKind] = mapped_column(StrEnumType(AccountKind))
    need_code: Mapped[str | None] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(16), unique=True)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("book IN ('cash', 'goods')", name="book"),
        CheckConstraint("(kind IN ('bank', 'suspense', 'pool')) = (need_code IS NULL)", name="single_or_of_a_need"),
        Index(None, "need_code"),
    )


class Transfer(Base):
    """One entry of the public ledger: ``amount_fen`` moves value from ``credit`` to ``debit`` (both account ids).

    ``uid`` is the public identifier and the key of idempotent posting. ``need_code``, ``county_code`` and
    ``category`` are fixed at posting ("" for the pool and for suspense), so every public figure is a sum over these
    rows alone; of a MOVED entry they say from where, and ``to_need_code``, ``to_county_code``, ``to_category`` to
    where. ``period`` is the month in which the entry counts: that of ``business_on``, or, when that one is closed, the
    first open one. ``source_code`` is the line of the bank's statement behind it. ``donor_shown`` is the name the
    donor chose ("" = anonymous), ``giver_kind`` a value of GiverKind for a donor who is named ("" = not known); no
    private name, no free text by strangers stands here.
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
    period: Mapped[str] = mapped_column(String(7))
    posted_at: Mapped[datetime]
    posted_by: Mapped[int | None]
    need_code: Mapped[str] = mapped_column(String(20))
    county_code: Mapped[str] = mapped_column(String(6))
    category: Mapped[str] = mapped_column(String(24))
    to_need_code: Mapped[str] = mapped_column(String(20), default="")
    to_county_code: Mapped[str] = mapped_column(String(6), default="")
    to_category: Mapped[str] = mapped_column(String(24), default="")
    claim_code: Mapped[str | None] = mapped_column(String(20))
    delivery_code: Mapped[str | None] = mapped_column(String(20))
    voucher_code: Mapped[str | None] = mapped_column(String(20))
    source_code: Mapped[str | None] = mapped_column(String(20))
    donor_shown: Mapped[str] = mapped_column(String(120), default="")
    giver_kind: Mapped[str] = mapped_column(String(20), default="", server_default="")
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
        CheckConstraint("kind = 'moved' OR to_need_code = ''", name="only_moved_goes_elsewhere"),
        CheckConstraint("giver_kind = '' OR donor_shown <> ''", name="unnamed_donor_has_no_kind"),
        CheckConstraint(
            "kind NOT IN ('unmatched', 'matched', 'sent_back') OR source_code IS NOT NULL", name="suspense_by_source"
        ),
        Index(
            "uq_transfers_reverses_id",
            "reverses_id",
            unique=True,
            **only_where("reverses_id IS NOT NULL"),
        ),
        # The lists are read by business day, newest first; each filter has an index in that order.
        Index(None, "business_on", "id"),
        Index(None, "need_code", "business_on", "id"),
        Index(None, "county_code", "business_on", "id"),
        Index(None, "category", "business_on", "id"),
        Index(None, "kind", "business_on", "id"),
        Index(None, "period", "business_on", "id"),
        Index(None, "giver_kind", "business_on", "id"),
        Index(None, "donor_shown", "business_on", "id"),
        Index(None, "amount_fen", "id"),
        # Only what moved goes to another county or category: short indexes, read beside those above.
        *(
            Index(f"ix_transfers_{column}_moved", column, "business_on", "id", **only_where("kind = 'moved'"))
            for column in ("to_county_code", "to_category")
        ),
        Index("ix_transfers_to_need_code_moved", "to_need_code", **only_where("kind = 'moved'")),
        # Only over those that have one: SQLite judges an index by its average, and one full of NULL looks worthless.
        *(
            Index(f"ix_transfers_{column}_given", column, **only_where(f"{column} IS NOT NULL"))
            for column in ("claim_code", "delivery_code", "voucher_code", "source_code")
        ),
        # A fund's balance is summed from its entries alone: amount in the index spares reading the rows.
        Index(None, "debit_id", "amount_fen"),
        Index(None, "credit_id", "amount_fen"),
    )


class Layer(Base):
    """Money as it came into an account that holds it: the entry that brought it, the gift it was first, and what of
    it is left. Money goes out of the oldest layer first (first in, first out, within the account).

    ``origin_id`` is the entry by which the money first came to the charity, ``parent_id`` the layer of another account
    from which it came here. ``left_fen`` is kept beside ``uses`` so
    that the next layer is found at once; the self-check computes both anew from the entries.
    """

    __tablename__ = "ledger_layers"

    id: Mapped[RowId]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_accounts.id"))
    transfer_id: Mapped[Ref] = mapped_column(ForeignKey("transfers.id"))
    origin_id: Mapped[Ref] = mapped_column(ForeignKey("transfers.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_layers.id"))
    amount_fen: Mapped[Fen]
    left_fen: Mapped[Fen]

    __table_args__ = (
        CheckConstraint("amount_fen >= 1 AND left_fen BETWEEN 0 AND amount_fen", name="left"),
        Index(None, "transfer_id"),
        Index(None, "origin_id"),
        Index("ix_ledger_layers_parent_id_given", "parent_id", **only_where("parent_id IS NOT NULL")),
        Index(
            "ix_ledger_layers_open", "account_id", "id",
            **only_where("left_fen > 0"),
        ),
        Index(
            "ix_ledger_layers_oldest", "origin_id", "id",
            **only_where("left_fen > 0"),
        ),
    )  # fmt: skip


class Use(Base):
    """``amount_fen`` of a layer went out by an entry; negative when the entry's reversal gives it back."""

    __tablename__ = "ledger_uses"

    id: Mapped[RowId]
    layer_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_layers.id"))
    transfer_id: Mapped[Ref] = mapped_column(ForeignKey("transfers.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount"),
        Index(None, "layer_id"),
        Index(None, "transfer_id"),
    )


class SumKind(StrEnum):
    """The kinds of transfers, and MOVED_IN: what MOVED entries brought to a need, county or category."""

    GIFT = "gift"
    UNMATCHED = "unmatched"
    MATCHED = "matched"
    SENT_BACK = "sent_back"
    MOVED = "moved"
    MOVED_IN = "moved_in"
    REFUND = "refund"
    SPENDING = "spending"
    ADVANCE = "advance"
    SETTLED = "settled"
    ADVANCE_BACK = "advance_back"
    GOODS = "goods"


class LedgerSum(Base):
    """Sums of transfers by period, county, category and kind, kept in the posting's own transaction and recomputed by
    selfcheck, so that a figure costs the same at ten entries and at ten million.

    ``month`` is the entries' period, ``2026-11``. ``amount_fen`` sums what was posted, ``reversed_fen`` what was
    taken back by reversals (in the reversal's own period); a public figure is the first minus the second.
    """

    __tablename__ = "ledger_sums"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    category: Mapped[str] = mapped_column(String(24), primary_key=True)
    kind: Mapped[SumKind] = mapped_column(StrEnumType(SumKind), primary_key=True)
    amount_fen: Mapped[Fen]
    reversed_fen: Mapped[Fen]
    entries_count: Mapped[int]


class FacetSum(Base):
    """As LedgerSum, with one more word, ``facet``: of what came, the kind of giver (GiverKind, ``anonymous``, or
    ``other`` for a named one whose kind is not known); of what was spent, the category of spending.

    Beside LedgerSum and not in it, so that the figures that every page asks for stay small.
    """

    __tablename__ = "ledger_facet_sums"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    category: Mapped[str] = mapped_column(String(24), primary_key=True)
    kind: Mapped[SumKind] = mapped_column(StrEnumType(SumKind), primary_key=True)
    facet: Mapped[str] = mapped_column(String(24), primary_key=True)
    amount_fen: Mapped[Fen]
    reversed_fen: Mapped[Fen]
    entries_count: Mapped[int]


class GiverSum(Base):
    """What was given under one shown name, in fen, reversals taken off: money in ``raised_fen``, goods by their value
    in ``goods_fen``. There is none for donors who stay unnamed."""

    __tablename__ = "ledger_giver_sums"

    donor_shown: Mapped[str] = mapped_column(String(120), primary_key=True)
    giver_kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    raised_fen: Mapped[int] = mapped_column(BigInteger)
    goods_fen: Mapped[int] = mapped_column(BigInteger)
    entries_count: Mapped[int]

    __table_args__ = (Index(None, "giver_kind", "raised_fen"),)


class ClosedPeriod(Base):
    """A month that takes no more entries. Months close in order, one row each; ``figures`` is what the books said
    then (canonical JSON, ledger.closing), ``figures_sha256`` its fingerprint, told in public. ``closed_by`` is empty
    where the month was closed on the announced day."""

    __tablename__ = "ledger_closed_periods"

    id: Mapped[RowId]
    period: Mapped[str] = mapped_column(String(7), unique=True)
    figures: Mapped[str] = mapped_column(Text)
    figures_sha256: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


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
