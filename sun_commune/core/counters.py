"""Gapless counters for yearly codes (``XQ-2026-00042``), taken inside the transaction that uses the number."""

from __future__ import annotations

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, db, is_sqlite


class Counter(Base):
    """The last number given in a series (``XQ-2026``)."""

    __tablename__ = "counters"

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


def next_number(series: str, *, step: int = 1) -> int:
    """The next number of the series (the last of ``step`` numbers taken at once)."""
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    statement = insert(Counter).values(series=series, last=step)
    statement = statement.on_conflict_do_update(index_elements=["series"], set_={"last": Counter.last + step})
    session.execute(statement)
    return session.execute(select(Counter.last).where(Counter.series == series)).scalar_one()
