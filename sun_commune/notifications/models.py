"""Notices (the inbox) and outgoing messages (the outbox). Rows only; jobs do the sending."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Ref, RowId, StrEnumType


class NoticeKind(StrEnum):
    """What a notice tells; notifications.labels holds its words and where it leads."""

    NEED_RETURNED = "need_returned"
    NEED_APPROVED = "need_approved"
    NEED_PUBLISHED = "need_published"
    NEED_EXPIRED = "need_expired"
    CLAIM_PLEDGED = "claim_pledged"
    CLAIM_CANCELLED = "claim_cancelled"
    CLAIM_REMINDED = "claim_reminded"
    CLAIM_EXPIRED = "claim_expired"
    CLAIM_RELEASED = "claim_released"
    CLAIM_FULFILLED = "claim_fulfilled"
    PAYMENT_REPORTED = "payment_reported"
    PAYMENT_ARRIVED = "payment_arrived"
    GOODS_SENT = "goods_sent"
    GOODS_RECEIVED = "goods_received"
    GOODS_ACCEPTED = "goods_accepted"
    WORK_AGREED = "work_agreed"
    WORK_DONE = "work_done"
    WORK_CONFIRMED = "work_confirmed"
    DELIVERY_CANCELLED = "delivery_cancelled"
    DELIVERY_DISPUTED = "delivery_disputed"
    DISPUTE_TO_SETTLE = "dispute_to_settle"
    DISPUTE_SETTLED = "dispute_settled"
    DELIVERY_THANKED = "delivery_thanked"
    MONEY_SPENT = "money_spent"
    CHOICE_OPENED = "choice_opened"
    CHOICE_REMINDED = "choice_reminded"
    CHOICE_DEFAULTED = "choice_defaulted"
    REFUND_ASKED = "refund_asked"
    REFUND_SENT = "refund_sent"
    REFUND_FAILED = "refund_failed"
    VOUCHER_REFUSED = "voucher_refused"
    REPORT_DUE = "report_due"
    REPORT_REMINDED = "report_reminded"
    REPORT_OVERDUE = "report_overdue"
    REPORT_TO_REVIEW = "report_to_review"
    REPORT_SENT_BACK = "report_sent_back"
    RECEIPT_VOIDED = "receipt_voided"
    OFFICIAL_RECEIPT = "official_receipt"
    VOUCHER_EXPIRED = "voucher_expired"
    ADVANCE_DUE = "advance_due"
    DUTY_GRANTED = "duty_granted"
    DUTY_REFUSED = "duty_refused"
    DUTY_ENDED = "duty_ended"
    ORGANISATION_VERIFIED = "organisation_verified"
    ORGANISATION_REFUSED = "organisation_refused"
    UNMASKING_ALARM = "unmasking_alarm"


class Notice(Base):
    """One line in a person's inbox: ``kind`` picks the sentence, ``object_code`` what it is about.

    ``about`` is a public title (the need's); ``note`` a reason, a day or an amount in plain words. The sentence is
    put together when it is read, in the reader's language of that moment.
    """

    __tablename__ = "notices"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[NoticeKind] = mapped_column(StrEnumType(NoticeKind))
    object_code: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id", "id"), Index(None, "user_id", "read_at"))


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class MessageState(StrEnum):
    """``simulated``: given to the demo's SMS simulator, which sends nothing."""

    WAITING = "waiting"
    SENT = "sent"
    SIMULATED = "simulated"
    FAILED = "failed"


class OutboxMessage(Base):
    """A message that waits to be sent, was sent, or failed too often.

    ``attempts`` counts tries begun. The body of a secret one (a single-use link) is blanked once it has left.
    """

    __tablename__ = "outbox_messages"

    id: Mapped[RowId]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    channel: Mapped[Channel] = mapped_column(StrEnumType(Channel))
    address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    is_secret: Mapped[bool] = mapped_column(default=False)
    state: Mapped[MessageState] = mapped_column(StrEnumType(MessageState), default=MessageState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts"),
        Index(None, "state", "channel", "next_try_at"),
        Index(None, "user_id"),
    )
