"""Receipts: our own slip (爱心捐赠凭证, no fiscal receipt) for each entry of the ledger that is a gift.

A receipt is never changed or removed, nor is a void; what the donor's name was lies apart, sealed, and can be erased.
Whether a receipt is valid, or its gift was given back, is no column: it follows from the void register and the ledger
(receipts.standing), so that the two can never differ.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Fen, Ref, RowId, StrEnumType
from sun_commune.ledger.models import TransferKind

#: Entries by which a gift reaches its purpose. Money that nobody has matched gets its receipt when it is.
RECEIPTED = (TransferKind.GIFT, TransferKind.MATCHED, TransferKind.GOODS)


class Naming(StrEnum):
    """How the donor is named on the slip (Charity Law, art. 38). REAL: name of the account or organisation. SHOWN: as
    the public ledger shows it. ANONYMOUS: not at all. WAIVED: the donor wants no receipt, which is written down."""

    REAL = "real"
    SHOWN = "shown"
    ANONYMOUS = "anonymous"
    WAIVED = "waived"


class Receipt(Base):
    """One slip for one entry, ``transfer_id``. ``number`` is ``PJ-2026-000001``: ``serial`` counts without gaps within
    ``year``, the year in which it was issued (Asia/Shanghai).

    ``version`` counts the slips of one entry: 1, and one more for each that replaces a voided one, ``replaces_id``.
    ``secret`` is the unguessable name of its public page. ``amount_fen`` is the entry's; of goods, their value.
    ``donor_id`` is empty if no account stands behind the gift. ``issued_by`` is who booked it, the handler.
    ``charity_name`` and ``charity_credit_code`` are those of the charity that had the money when it was booked; goods
    go from hand to hand (lane A), so theirs are empty.
    """

    __tablename__ = "receipts"

    id: Mapped[RowId]
    number: Mapped[str] = mapped_column(String(16), unique=True)
    year: Mapped[int]
    serial: Mapped[int]
    transfer_id: Mapped[Ref] = mapped_column(ForeignKey("transfers.id"))
    version: Mapped[int]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"), unique=True)
    secret: Mapped[str] = mapped_column(String(32), unique=True)
    amount_fen: Mapped[Fen]
    donor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    naming: Mapped[Naming] = mapped_column(StrEnumType(Naming))
    charity_name: Mapped[str] = mapped_column(String(120), default="")
    charity_credit_code: Mapped[str] = mapped_column(String(18), default="")
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    issued_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("year", "serial"),
        UniqueConstraint("transfer_id", "version"),
        CheckConstraint("serial >= 1 AND version >= 1", name="counts_from_one"),
        CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name="amount"),
        CheckConstraint("(version = 1) = (replaces_id IS NULL)", name="replacement_names_its_predecessor"),
        CheckConstraint("naming IN ('real', 'shown', 'anonymous', 'waived')", name="naming"),
        CheckConstraint("LENGTH(secret) >= 20", name="secret"),
        Index(None, "donor_id", "id"),
    )


class ReceiptName(Base):
    """The donor's name on the slip, sealed under the field key. Gone when the donor's account is closed; the receipt
    stays in the books without it."""

    __tablename__ = "receipt_names"

    receipt_id: Mapped[Ref] = mapped_column(ForeignKey("receipts.id"), primary_key=True, autoincrement=False)
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)


def name_context(number: str) -> str:
    """Whose value a sealed name is (core.sealing)."""
    return f"receipt {number} donor"


class ReceiptWaiting(Base):
    """A gift of the time before receipts, which the upgrade found; a job gives each its receipt, the oldest first."""

    __tablename__ = "receipts_waiting"

    transfer_id: Mapped[Ref] = mapped_column(ForeignKey("transfers.id"), primary_key=True, autoincrement=False)


class ReceiptVoid(Base):
    """The void register: this number counts no more, since when, by whom and why. ``reversal_uid``: the ledger took
    the entry back, and with it the receipt."""

    __tablename__ = "receipt_voids"

    id: Mapped[RowId]
    receipt_id: Mapped[Ref] = mapped_column(ForeignKey("receipts.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(200))
    reversal_uid: Mapped[str | None] = mapped_column(String(40))
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)


class OfficialReceipt(Base):
    """The fiscal receipt (公益事业捐赠票据) that the charity issued for the gift, as a treasurer copied it.

    A mistake is corrected by a further ``version`` with its reason; the newest one holds."""

    __tablename__ = "official_receipts"

    id: Mapped[RowId]
    receipt_id: Mapped[Ref] = mapped_column(ForeignKey("receipts.id"))
    version: Mapped[int]
    credit_code: Mapped[str] = mapped_column(String(18))
    invoice_code: Mapped[str] = mapped_column(String(12))
    invoice_number: Mapped[str] = mapped_column(String(20))
    check_code: Mapped[str] = mapped_column(String(20))
    project_code: Mapped[str] = mapped_column(String(30), default="")
    issued_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200), default="")
    recorded_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("receipt_id", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(version = 1) = (reason = '')", name="correction_has_reason"),
        Index(None, "invoice_code", "invoice_number"),
    )


class ReceiptWish(Base):
    """How a donor wants to be named on slips from now on; without a row, by the real name."""

    __tablename__ = "receipt_wishes"

    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    naming: Mapped[Naming] = mapped_column(StrEnumType(Naming))
    changed_at: Mapped[datetime]
