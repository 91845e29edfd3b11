"""Choices: money that was given and cannot be used as promised, and what became of it.

The books hold the money (ledger); a choice holds the question, the answer and, for a refund, the two people who paid
it out. docs/choices.md tells how one lives.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from sun_commune.core.db import Base, Fen, RowId, StrEnumType


class Occasion(StrEnum):
    """Why there is something to choose."""

    NEED_WITHDRAWN = "need_withdrawn"
    NEED_EXPIRED = "need_expired"
    NEED_CLOSED = "need_closed"
    LEFT_OVER = "left_over"  # came, or was free again, after the need had ended
    REFUND_FAILED = "refund_failed"  # paid out and came back, or could not be paid out
    MOVE_REVERSED = "move_reversed"
    SURPLUS = "surplus"  # more was paid than was promised
    PAID_ONLINE = "paid_online"  # when the pledge could not take it


class Route(StrEnum):
    REFUND = "refund"
    NEED = "need"
    POOL = "pool"


class ChoiceState(StrEnum):
    """Open until the donor chooses or the last day is over. A move is done at once. A refund is chosen, then paid out
    by a treasurer, then done when a second person has seen it. Lapsed: the money was used as promised after all.
    Undone: the entry was taken back, and what came back is chosen about anew."""

    OPEN = "open"
    CHOSEN = "chosen"
    PAID_OUT = "paid_out"
    DONE = "done"
    LAPSED = "lapsed"
    UNDONE = "undone"


#: The donor has asked it back and it has not left the bank: nobody may spend it.
PROMISED_BACK = (ChoiceState.CHOSEN, ChoiceState.PAID_OUT)


class Choice(Base):
    """``amount_fen`` of one gift in one fund (``need_code``), or left of one statement line (``source_code``).

    ``claim_code`` is the claim that the money was first given with, whatever way it went since; None when nobody knows
    who gave it: then only the default is left. ``county_code`` and ``category`` are where it stands in the public sums.
    ``due_on`` is the last day (Asia/Shanghai) for choosing, announced when it opens. ``decided_by`` is the donor, None
    when the announced default decided. ``payer_id`` paid a refund out, ``checker_id`` saw that it went;
    ``bank_reference`` is never public. ``transfer_uid`` is the entry that carried it out, ``to_claim_code`` the claim
    by which the money counts for the other need. ``note`` is what an officer last said about a refund.
    """

    __tablename__ = "choices"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    claim_code: Mapped[str | None] = mapped_column(String(20))
    source_code: Mapped[str | None] = mapped_column(String(20))
    need_code: Mapped[str] = mapped_column(String(20), default="")
    county_code: Mapped[str] = mapped_column(String(6))
    category: Mapped[str] = mapped_column(String(24))
    donor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    amount_fen: Mapped[Fen]
    occasion: Mapped[Occasion] = mapped_column(StrEnumType(Occasion))
    state: Mapped[ChoiceState] = mapped_column(StrEnumType(ChoiceState), default=ChoiceState.OPEN)
    opened_at: Mapped[datetime]
    due_on: Mapped[date]
    reminded_at: Mapped[datetime | None]
    route: Mapped[Route | None] = mapped_column(StrEnumType(Route))
    to_need_code: Mapped[str] = mapped_column(String(20), default="")
    to_claim_code: Mapped[str | None] = mapped_column(String(20))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    paid_on: Mapped[date | None]
    bank_reference: Mapped[str | None] = mapped_column(String(64))
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    paid_at: Mapped[datetime | None]
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    transfer_uid: Mapped[str | None] = mapped_column(String(40), unique=True)
    note: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name="amount"),
        CheckConstraint("state IN ('open', 'chosen', 'paid_out', 'done', 'lapsed', 'undone')", name="state"),
        CheckConstraint("(source_code IS NULL) = (need_code <> '')", name="of_a_fund_or_of_a_line"),
        CheckConstraint("(state IN ('open', 'lapsed')) = (route IS NULL)", name="decided_has_route"),
        CheckConstraint("(route IS NULL) = (decided_at IS NULL)", name="decided_has_moment"),
        CheckConstraint("(COALESCE(route, '') = 'need') = (to_need_code <> '')", name="other_need"),
        CheckConstraint("state NOT IN ('chosen', 'paid_out') OR route = 'refund'", name="only_refunds_wait"),
        CheckConstraint("checker_id IS NULL OR checker_id <> payer_id", name="four_eyes"),
        CheckConstraint(
            "(payer_id IS NOT NULL AND bank_reference IS NOT NULL AND paid_on IS NOT NULL)"
            " OR (payer_id IS NULL AND bank_reference IS NULL AND paid_on IS NULL AND state <> 'paid_out')",
            name="paid_out_by_somebody",
        ),
        CheckConstraint(
            "COALESCE(route, '') <> 'refund' OR state <> 'done' OR (checker_id IS NOT NULL AND payer_id IS NOT NULL)",
            name="refund_was_checked",
        ),
        CheckConstraint("(state IN ('done', 'lapsed', 'undone')) = (ended_at IS NOT NULL)", name="over_has_end"),
        CheckConstraint("(state IN ('done', 'undone')) = (transfer_uid IS NOT NULL)", name="done_is_posted"),
        # One movement of the bank pays one refund.
        UniqueConstraint("bank_reference"),
        Index(None, "state", "due_on"),
        Index(None, "need_code", "state"),
        Index(None, "source_code", "state"),
        Index(None, "donor_id", "id"),
        Index(None, "claim_code"),
        Index(None, "to_claim_code"),
    )

    @validates("amount_fen")
    def _frozen_once_decided(self, _key: str, fen: int) -> int:
        """Once it is decided the amount stays what was decided about."""
        if self.state is not None and self.state is not ChoiceState.OPEN and self.amount_fen != fen:
            raise ValueError("the amount of a decided choice does not change")
        return fen
