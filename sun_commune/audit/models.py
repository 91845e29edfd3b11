"""Append-only audit trail; filled by audit.listeners from every announced event, never written by hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.append_only import append_only
from sun_commune.core.db import Base, RowId, table_of


class AuditEntry(Base):
    """One act. ``actor_id`` is a user's row id without a foreign key: the trail outlives accounts."""

    __tablename__ = "audit_entries"

    id: Mapped[RowId]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    act: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(30))
    object_code: Mapped[str] = mapped_column(String(80))
    from_state: Mapped[str] = mapped_column(String(30))
    to_state: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(500))
    request_id: Mapped[str] = mapped_column(String(40))

    __table_args__ = (Index(None, "object_code"), Index(None, "actor_id", "at"), Index(None, "at"))


append_only(table_of(AuditEntry))
