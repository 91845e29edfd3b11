"""Gapless counters for yearly codes (``XQ-2026-00042``), taken inside the transaction that uses the number."""

from __future__ import annotations

from sqlalchemy import String, bindparam
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, db, is_sqlite, table_of


class Counter(Base):
    """The last number given in a series (``XQ-2026``)."""

    __tablename__ = "counters"

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


COUNTERS = table_of(Counter)
#: SQLite's and PostgreSQL's, made once: every receipt takes a number.
_TAKE = {
    is_lite: make(COUNTERS)
    .values(series=bindparam("series"), last=bindparam("step"))
    .on_conflict_do_update(index_elements=["series"], set_={"last": COUNTERS.c.last + bindparam("step")})
    .returning(COUNTERS.c.last)
    for is_lite, make in ((True, insert_sqlite), (False, insert_pg))
}


def next_number(series: str, *, step: int = 1) -> int:
    """The next number of the series (the last of ``step`` numbers taken at once)."""
    session = db.session()
    return int(session.execute(_TAKE[is_sqlite(session)], {"series": series, "step": step}).scalar_one())
