"""Notices (the inbox) and outgoing messages (the outbox). Rows only; jobs do the sending."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Ref, RowId, StrEnumType


class Notice(Base):
    """One line in a person's inbox: ``kind`` picks the sentence, ``object_code`` what it is about."""

    __tablename__ = "notices"

    id: Mapped[RowId]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(40))
    object_kind: Mapped[str] = mapped_column(String(30))
    object_code: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id", "id"),)


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class MessageState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class OutboxMessage(Base):
    """A message that waits to be sent, was sent, or failed too often."""

    __tablename__ = "outbox_messages"

    id: Mapped[RowId]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    channel: Mapped[Channel] = mapped_column(StrEnumType(Channel))
    address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[MessageState] = mapped_column(StrEnumType(MessageState), default=MessageState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (Index(None, "state", "next_try_at"),)
