"""Orders to pay online, and providers' call-backs that a treasurer must look at."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.append_only import append_only, guard
from sun_commune.core.db import Base, Fen, Ref, RowId, StrEnumType, only_where, table_of
from sun_commune.payments.guards import order_guards

CURRENCY = "CNY"


class OrderState(StrEnum):
    """OPEN: may be paid. PAID: the money came and is booked. HELD: the money came and could not be booked for the
    claim, or not all of it: the rest lies in suspense, or a treasurer looks for it (SETTLED). EXPIRED, CANCELLED:
    nobody paid; a late call-back is still heard."""

    OPEN = "open"
    PAID = "paid"
    HELD = "held"
    SETTLED = "settled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class HeldReason(StrEnum):
    """Why money that came is not booked, or not all of it."""

    CLAIM_OVER = "claim_over"
    NEED_GONE = "need_gone"
    TOO_MUCH = "too_much"
    RECORDED = "recorded"
    OTHER = "other"


class NoticeOutcome(StrEnum):
    """A call-back with a true signature that was not booked all the same."""

    STALE = "stale"
    UNKNOWN_ORDER = "unknown_order"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_MERCHANT = "wrong_merchant"
    SECOND_PAYMENT = "second_payment"


class PaymentOrder(Base):
    """A donor's wish to pay ``amount_fen`` of a claim through a provider; what it is about never changes (a trigger).

    ``code`` is the order number at the provider. ``reference`` is the provider's number of the payment, ``booked_fen``
    what of it stands in the ledger for the claim; what does not lies in suspense as the statement line ``line_code``.
    ``pay_url`` is where the donor pays, "" until the provider has said.
    """

    __tablename__ = "payment_orders"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    gateway: Mapped[str] = mapped_column(String(20))
    claim_id: Mapped[Ref] = mapped_column(ForeignKey("claims.id"))
    donor_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    lane_version_id: Mapped[Ref] = mapped_column(ForeignKey("lane_versions.id"))
    amount_fen: Mapped[Fen]
    currency: Mapped[str] = mapped_column(String(3), default=CURRENCY)
    state: Mapped[OrderState] = mapped_column(StrEnumType(OrderState), default=OrderState.OPEN)
    pay_url: Mapped[str] = mapped_column(String(2000), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reference: Mapped[str | None] = mapped_column(String(64))
    paid_at: Mapped[datetime | None]
    booked_fen: Mapped[Fen] = mapped_column(default=0)
    line_code: Mapped[str | None] = mapped_column(String(20))
    held_reason: Mapped[HeldReason | None] = mapped_column(StrEnumType(HeldReason))
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None]
    settlement: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name="amount"),
        CheckConstraint("booked_fen BETWEEN 0 AND amount_fen", name="booked"),
        CheckConstraint("state IN ('open', 'paid', 'held', 'settled', 'expired', 'cancelled')", name="state"),
        CheckConstraint("(paid_at IS NOT NULL) = (state IN ('paid', 'held', 'settled'))", name="paid_has_moment"),
        CheckConstraint("(paid_at IS NULL) = (reference IS NULL)", name="paid_has_reference"),
        CheckConstraint("state <> 'paid' OR booked_fen = amount_fen", name="paid_is_booked"),
        CheckConstraint("paid_at IS NOT NULL OR booked_fen = 0", name="booked_was_paid"),
        CheckConstraint("line_code IS NULL OR state = 'held'", name="held_in_suspense"),
        CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_has_moment"),
        UniqueConstraint("gateway", "reference"),
        Index(
            "uq_payment_orders_open", "claim_id", unique=True,
            **only_where("state = 'open'"),
        ),
        Index(None, "claim_id"),
        Index(None, "state", "expires_at"),
        Index(None, "state", "paid_at"),
    )  # fmt: skip


class PaymentNotice(Base):
    """A true call-back that was refused or came too late: kept for the treasurer, once, without its body.

    ``order_code`` and ``reference`` are what the provider says; there may be no such order.
    """

    __tablename__ = "payment_notices"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    gateway: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[NoticeOutcome] = mapped_column(StrEnumType(NoticeOutcome))
    order_code: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(64))
    amount_fen: Mapped[Fen]
    currency: Mapped[str] = mapped_column(String(8))
    received_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("gateway", "reference", "order_code", "outcome"),
        Index(None, "received_at"),
    )


append_only(table_of(PaymentNotice), keys=("id", "code"))
guard(table_of(PaymentOrder), sqlite=order_guards("sqlite"), postgresql=order_guards("postgresql"))
