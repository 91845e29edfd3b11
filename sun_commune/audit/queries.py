"""Reads of the trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select

from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import end_of_day, start_of_day
from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of

ACTS_PER_PAGE = 50


def is_recorded_since(act: str, object_code: str, moment: datetime) -> bool:
    """Whether this act on this object stands in the record since ``moment``."""
    same = (AuditEntry.act == act, AuditEntry.object_code == object_code, AuditEntry.at >= moment)
    return db.session.execute(select(AuditEntry.id).where(*same)).first() is not None


def latest_id(acts: Sequence[str]) -> int:
    """The row id of the latest of these acts; 0 if none stands in the record."""
    return db.session.execute(select(func.max(AuditEntry.id)).where(AuditEntry.act.in_(acts))).scalar_one() or 0


def list_acts(
    *,
    act: str = "",
    object_code: str = "",
    day: date | None = None,
    after: str = "",
    size: int = ACTS_PER_PAGE,
    within: ColumnElement[bool] | None = None,
) -> Page[AuditEntry]:
    """The newest first. ``day`` is a calendar day in Asia/Shanghai, ``after`` the row id a page begins after;
    ``within`` is what the reader may see (None: all)."""
    statement = select(AuditEntry) if within is None else select(AuditEntry).where(within)
    if act:
        statement = statement.where(AuditEntry.act == act)
    if object_code:
        statement = statement.where(AuditEntry.object_code == object_code)
    if day:
        statement = statement.where(AuditEntry.at >= start_of_day(day), AuditEntry.at < end_of_day(day))
    if after.isascii() and after.isdigit() and len(after) < 16:
        statement = statement.where(AuditEntry.id < int(after))
    rows = db.session.scalars(statement.order_by(AuditEntry.id.desc()).limit(size + 1)).all()
    return page_of(rows, [str(entry.id) for entry in rows], size, after=after)
