"""What each account holds, up to a given entry: debits minus credits, as programs for accounting count."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import String, func, select, type_coerce, union_all

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
    """Of every account that an entry names, by key. Each side is added up along its own index (account, amount)."""
    debits, credits_ = (
        select(side.label("account_id"), func.sum(Transfer.amount_fen).label("fen"))
        .where(Transfer.id <= up_to)
        .group_by(side)
        .subquery()
        for side in (Transfer.debit_id, Transfer.credit_id)
    )
    both = union_all(select(debits), select(credits_.c.account_id, -credits_.c.fen)).subquery()
    rows = db.session.execute(
        select(Account.key, type_coerce(Account.book, String), func.sum(both.c.fen))
        .join(both, both.c.account_id == Account.id)
        .group_by(Account.key, Account.book)
        .order_by(Account.key)
    )
    return [Balance(key, "GOODS-CNY" if book == Book.GOODS else "CNY", int(fen)) for key, book, fen in rows]


def days(*, up_to: int) -> tuple[date, date]:
    """First and last business day; today twice if there is no entry."""
    statement = select(func.min(Transfer.business_on), func.max(Transfer.business_on)).where(Transfer.id <= up_to)
    first, last = db.session.execute(statement).one()
    return (first or today(), last or today())
