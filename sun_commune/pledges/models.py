"""Claims and their lines. What is still promised of a line = quantity - delivered - released."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sun_commune.core.db import Base, Quantity, Ref, RowId, StrEnumType, only_where


class ClaimState(StrEnum):
    """Held 30 minutes, then pledged; fulfilled when nothing is outstanding and something was delivered."""

    HELD = "held"
    PLEDGED = "pledged"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OVER = frozenset({ClaimState.FULFILLED, ClaimState.CANCELLED, ClaimState.EXPIRED})


class Shown(StrEnum):
    """How the donor is named in public: by the real name, 张**, or not at all (Charity Law, art. 82)."""

    REAL = "real"
    MASKED = "masked"
    ANONYMOUS = "anonymous"


class EndReason(StrEnum):
    """Why the house, not the donor, gave a claim or a part of it back; stored where a donor's own words would be."""

    HOLD_ENDED = "hold_ended"
    OVERDUE = "overdue"
    NEED_PAUSED = "need_paused"
    NEED_WITHDRAWN = "need_withdrawn"
    NEED_EXPIRED = "need_expired"
    NEED_CLOSED = "need_closed"


#: Stands behind the name of an organisation that nobody has verified when it pledges (see labels.donor_words).
UNVERIFIED_MARK = "（未核实）"


class Claim(Base):
    """One donor takes quantities of one or more lines of one need; at most one claim of a need is held at a time.

    ``display_name`` is the text the donor chose to show, fixed when pledged ("" = anonymous).
    ``payment_code`` is what the donor writes on a transfer of money; only claims with money lines have one.
    ``lane_version_id`` is the charity's record that was in force when money was pledged.
    ``half_on`` is the day of the first reminder, the last one comes on ``due_on``; days in Asia/Shanghai.
    ``end_reason`` is the donor's reason or a value of EndReason.
    """

    __tablename__ = "claims"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    need_id: Mapped[Ref] = mapped_column(ForeignKey("needs.id"))
    donor_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    state: Mapped[ClaimState] = mapped_column(StrEnumType(ClaimState), default=ClaimState.HELD)
    shown: Mapped[Shown] = mapped_column(StrEnumType(Shown), default=Shown.MASKED)
    display_name: Mapped[str] = mapped_column(String(120), default="")
    message: Mapped[str] = mapped_column(String(200), default="")
    payment_code: Mapped[str | None] = mapped_column(String(12), unique=True)
    lane_version_id: Mapped[int | None] = mapped_column(ForeignKey("lane_versions.id"))
    created_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    pledged_at: Mapped[datetime | None]
    half_on: Mapped[date | None]
    due_on: Mapped[date | None]
    reminded_half_at: Mapped[datetime | None]
    reminded_last_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(100), default="")

    lines: Mapped[list[ClaimLine]] = relationship(order_by="ClaimLine.id", back_populates="claim")

    __table_args__ = (
        CheckConstraint("state IN ('held', 'pledged', 'fulfilled', 'cancelled', 'expired')", name="state"),
        CheckConstraint("state <> 'held' OR held_until IS NOT NULL", name="held_has_end"),
        CheckConstraint("state <> 'pledged' OR due_on IS NOT NULL", name="pledged_has_date"),
        CheckConstraint("(ended_at IS NULL) = (state IN ('held', 'pledged'))", name="over_has_end"),
        Index(None, "need_id", "state"),
        Index(None, "donor_id", "id"),
        Index(
            "uq_claims_held",
            "donor_id",
            "need_id",
            unique=True,
            **only_where("state = 'held'"),
        ),
        Index(None, "state", "held_until"),
        Index(None, "state", "due_on"),
    )


class ClaimLine(Base):
    """What the claim takes of one line. ``acted_at`` is set while a delivery of it is under way: then the date
    passes without a release (see services.mark_acted)."""

    __tablename__ = "claim_lines"

    id: Mapped[RowId]
    claim_id: Mapped[Ref] = mapped_column(ForeignKey("claims.id"))
    need_line_id: Mapped[Ref] = mapped_column(ForeignKey("need_lines.id"))
    quantity: Mapped[Quantity]
    delivered: Mapped[Quantity] = mapped_column(default=0)
    released: Mapped[Quantity] = mapped_column(default=0)
    acted_at: Mapped[datetime | None]

    claim: Mapped[Claim] = relationship(back_populates="lines")

    __table_args__ = (
        UniqueConstraint("claim_id", "need_line_id"),
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("delivered >= 0 AND released >= 0", name="not_negative"),
        CheckConstraint("delivered + released <= quantity", name="within_quantity"),
        Index(None, "need_line_id"),
    )

    @property
    def outstanding(self) -> int:
        """Promised, neither brought nor given back."""
        return self.quantity - self.delivered - self.released
