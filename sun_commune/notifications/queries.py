"""Who is to be told, what lies in an inbox, what waits in the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, or_, select

from sun_commune.accounts.models import Duty, DutyState, Role, User
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.core.text import clean_line
from sun_commune.needs.models import Need
from sun_commune.notifications.models import Channel, MessageState, Notice, OutboxMessage

Row = TypeVar("Row")
PAGE_SIZE = 30
PLACE_LENGTHS = (4, 6, 9, 12)


def officers_for(place_code: str, *roles: Role) -> list[User]:
    """Enabled people who now hold one of ``roles`` for a place that contains ``place_code``."""
    day = today()
    containing = [place_code[:length] for length in PLACE_LENGTHS if length <= len(place_code)]
    statement = (
        select(User)
        .where(
            User.is_enabled,
            User.id.in_(
                select(Duty.user_id).where(
                    Duty.role.in_(roles),
                    Duty.place_code.in_(containing),
                    Duty.state == DutyState.ACTIVE,
                    Duty.starts_on <= day,
                    or_(Duty.ends_on.is_(None), Duty.ends_on >= day),
                )
            ),
        )
        .order_by(User.id)
    )
    return list(db.session.execute(statement).scalars())


def users_of(user_ids: Iterable[int]) -> list[User]:
    """Enabled users by row id."""
    statement = select(User).where(User.id.in_(list(user_ids)), User.is_enabled).order_by(User.id)
    return list(db.session.execute(statement).scalars())


def members_of(organisation_id: int) -> list[User]:
    statement = select(User).where(User.organisation_id == organisation_id, User.is_enabled).order_by(User.id)
    return list(db.session.execute(statement).scalars())


def get_row(kind: type[Row], row_id: int) -> Row:
    """The row that an event speaks of, as it stands in this transaction."""
    db.session.flush()
    return db.session.get_one(kind, row_id, populate_existing=True)


def find_need(code: str) -> Need | None:
    return db.session.execute(select(Need).where(Need.code == code)).scalar_one_or_none()


def find_notice(user_id: int, code: str) -> Notice | None:
    statement = select(Notice).where(Notice.user_id == user_id, Notice.code == clean_line(code))
    return db.session.execute(statement).scalar_one_or_none()


def list_notices(user_id: int, *, after: str = "") -> Page[Notice]:
    """A person's notices, the newest first; ``after`` is the code of the last one of the page before."""
    statement = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc()).limit(PAGE_SIZE + 1)
    last = find_notice(user_id, after) if after else None
    if last is not None:
        statement = statement.where(Notice.id < last.id)
    rows = list(db.session.execute(statement).scalars())
    return page_of(rows, [row.code for row in rows], PAGE_SIZE, after=after)


def count_unread(user_id: int) -> int:
    statement = select(func.count()).select_from(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    return db.session.execute(statement).scalar_one()


def list_due(moment: datetime, channels: Sequence[Channel], limit: int) -> list[int]:
    """Row ids of messages that may be tried now, the longest waiting first."""
    statement = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.state == MessageState.WAITING,
            OutboxMessage.channel.in_(channels),
            OutboxMessage.next_try_at <= moment,
        )
        .order_by(OutboxMessage.next_try_at, OutboxMessage.id)
        .limit(limit)
    )
    return list(db.session.execute(statement).scalars())


def list_outbox() -> list[OutboxMessage]:
    """The newest messages, for the demo's outbox page."""
    statement = select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(PAGE_SIZE * 3)
    return list(db.session.execute(statement).scalars())
