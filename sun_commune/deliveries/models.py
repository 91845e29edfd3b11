"""One delivery brings all or part of one claim line. Two different people, on the two sides, close it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Fen, Quantity, Ref, RowId, StrEnumType
from sun_commune.needs.models import Subject


class DeliveryState(StrEnum):
    """Goods: in transit, received, accepted. Service and hours: agreed, done, confirmed.
    Money: reported by the donor, paid when the treasurer sees it in the account. All: thanked."""

    REPORTED = "reported"
    PAID = "paid"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    AGREED = "agreed"
    DONE = "done"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"


class DeliveryMethod(StrEnum):
    COURIER = "courier"
    FACE_TO_FACE = "face_to_face"
    TRANSFER = "transfer"
    MOVED = "moved"  # money that the charity held already, for something else


class Condition(StrEnum):
    GOOD = "good"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"


class ValueBasis(StrEnum):
    """Where the value of goods comes from (Charity Law disclosure; accounting standard for non-profits)."""

    INVOICE = "invoice"
    MARKET = "market"
    DECLARED = "declared"


class Settlement(StrEnum):
    """How the county ends a dispute: so much counts; back to the donor, who may bring it again; open to others."""

    ACCEPTED = "accepted"
    RETURNED = "returned"
    RELEASED = "released"


class Delivery(Base):
    """``quantity`` is what the donor sent, ``received_quantity`` what arrived, ``accepted_quantity`` what counts.

    ``accepted_quantity`` is set exactly while the quantity is counted as delivered; ``transfer_uid`` names the ledger
    entry that says so (money and goods). ``note``, ``bank_reference`` and ``tracking_number`` are never public.
    Whether the photo is public is decided by deliveries.policies.may_publish_photo and stands in the upload's row.
    """

    __tablename__ = "deliveries"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    claim_line_id: Mapped[Ref] = mapped_column(ForeignKey("claim_lines.id"))
    need_id: Mapped[Ref] = mapped_column(ForeignKey("needs.id"))
    state: Mapped[DeliveryState] = mapped_column(StrEnumType(DeliveryState))
    method: Mapped[DeliveryMethod] = mapped_column(StrEnumType(DeliveryMethod))
    courier: Mapped[str] = mapped_column(String(40), default="")
    tracking_number: Mapped[str] = mapped_column(String(40), default="")
    bank_reference: Mapped[str | None] = mapped_column(String(64))
    arrived_on: Mapped[date | None]
    planned_on: Mapped[date | None]
    quantity: Mapped[Quantity]
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    received_quantity: Mapped[Quantity | None]
    condition: Mapped[Condition | None] = mapped_column(StrEnumType(Condition))
    received_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    received_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(200), default="")
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"))
    photo_shows_person: Mapped[bool] = mapped_column(default=False)
    is_photo_hidden: Mapped[bool] = mapped_column(default=False)
    accepted_quantity: Mapped[Quantity | None]
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted_at: Mapped[datetime | None]
    accepted_for: Mapped[Subject | None] = mapped_column(StrEnumType(Subject))
    value_fen: Mapped[Fen | None]
    value_basis: Mapped[ValueBasis | None] = mapped_column(StrEnumType(ValueBasis))
    transfer_uid: Mapped[str | None] = mapped_column(String(40))
    disputed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    disputed_at: Mapped[datetime | None]
    dispute_reason: Mapped[str] = mapped_column(String(100), default="")
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None]
    settled_as: Mapped[Settlement | None] = mapped_column(StrEnumType(Settlement))
    settlement: Mapped[str] = mapped_column(String(100), default="")
    thanks: Mapped[str] = mapped_column(String(300), default="")
    thanked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    thanked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("received_quantity IS NULL OR received_quantity BETWEEN 0 AND quantity", name="received"),
        CheckConstraint("accepted_quantity IS NULL OR accepted_quantity BETWEEN 0 AND quantity", name="accepted"),
        CheckConstraint("sent_by IS NULL OR received_by IS NULL OR sent_by <> received_by", name="two_sides"),
        CheckConstraint("sent_by IS NULL OR accepted_by IS NULL OR sent_by <> accepted_by", name="two_people"),
        CheckConstraint("value_fen IS NULL OR value_basis IS NOT NULL", name="value_has_basis"),
        CheckConstraint("transfer_uid IS NULL OR accepted_quantity IS NOT NULL", name="posted_was_accepted"),
        UniqueConstraint("bank_reference", "claim_line_id"),
        Index(None, "claim_line_id"),
        Index(None, "need_id", "state"),
        Index(None, "state", "sent_at"),
    )
