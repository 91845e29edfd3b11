"""Reads of the general pool: what lies there, what came, what went out."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import case, func, or_, select

from sun_commune.core.db import db
from sun_commune.core.paging import Page, page_of
from sun_commune.core.text import clean_line
from sun_commune.ledger.models import Account, AccountKind, Transfer, TransferKind

PAGE_SIZE = 25


class Sums(NamedTuple):
    """Fen, reversals counted on the side to which they go."""

    held: int
    came: int
    went: int


class Entry(NamedTuple):
    """One entry as the pool sees it; ``need_code`` is where it came from or went to, "" for neither."""

    uid: str
    kind: TransferKind
    amount_fen: int
    business_on: date
    need_code: str
    comes: bool


def _account() -> Any:
    return select(Account.id).where(Account.kind == AccountKind.POOL).scalar_subquery()


def sums() -> Sums:
    fen = func.coalesce(func.sum(Transfer.amount_fen), 0)
    row = db.session.execute(
        select(
            select(fen).where(Transfer.credit_id == _account()).scalar_subquery(),
            select(fen).where(Transfer.debit_id == _account()).scalar_subquery(),
        )
    ).one()
    return Sums(int(row[0]) - int(row[1]), int(row[0]), int(row[1]))


def list_entries(*, after: str = "") -> Page[Entry]:
    """The newest first; ``after`` is the uid of the last one seen."""
    comes = Transfer.credit_id == _account()
    other = case((Transfer.need_code != "", Transfer.need_code), else_=Transfer.to_need_code)
    statement = select(Transfer.uid, Transfer.kind, Transfer.amount_fen, Transfer.business_on, other, comes).where(
        or_(comes, Transfer.debit_id == _account())
    )
    last = db.session.execute(select(Transfer.id).where(Transfer.uid == clean_line(after))).scalar_one_or_none()
    if last is not None:
        statement = statement.where(Transfer.id < last)
    rows = [
        Entry(row[0], row[1], int(row[2]), row[3], row[4], bool(row[5]))
        for row in db.session.execute(statement.order_by(Transfer.id.desc()).limit(PAGE_SIZE + 1))
    ]
    return page_of(rows, [row.uid for row in rows], PAGE_SIZE, after=after)
