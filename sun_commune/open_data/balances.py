"""What each account holds, up to a given entry: debits minus credits, as programs for accounting count."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select, union_all

from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.ledger.models import Account, Book, Transfer


class Balance(NamedTuple):
    """``fen`` is debits minus credits: the bank's is positive, a fund's negative."""

    key: str
    commodity: str
    fen: int


def newest_entry() -> int:
    """Row id of the entry posted last: a file is the book as it stood with it."""
    return db.session.execute(select(func.max(Transfer.id))).scalar() or 0


def balances(*, up_to: int) -> list[Balance]:
    """Of every account that an entry names, by key."""
    known = Transfer.id <= up_to
    legs = union_all(
        select(Transfer.debit_id.label("account_id"), Transfer.amount_fen.label("fen")).where(known),
        select(Transfer.credit_id, -Transfer.amount_fen).where(known),
    ).subquery()
    rows = db.session.execute(
        select(Account.key, Account.book, func.sum(legs.c.fen))
        .join(legs, legs.c.account_id == Account.id)
        .group_by(Account.key, Account.book)
        .order_by(Account.key)
    )
    return [Balance(key, "GOODS-CNY" if book is Book.GOODS else "CNY", int(fen)) for key, book, fen in rows]


def days(*, up_to: int) -> tuple[date, date]:
    """First and last business day; today twice if there is no entry."""
    statement = select(func.min(Transfer.business_on), func.max(Transfer.business_on)).where(Transfer.id <= up_to)
    first, last = db.session.execute(statement).one()
    return (first or today(), last or today())
