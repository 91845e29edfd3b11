"""The statement beside the books: what the accounts say, what the books say, and every part of the difference.

Statement = opening balances + gaps + all lines. Books = what came by lines + what was recorded without one - what went
out. The parts below are the difference of the two, exactly; ``unexplained_fen`` is 0 unless a self-check fails too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from sun_commune.core.db import db
from sun_commune.ledger import figures
from sun_commune.ledger.models import Transfer
from sun_commune.statements import movements, queries
from sun_commune.statements.models import LineState, OutgoingKind, StatementAccount, StatementFile, StatementLine


@dataclass(frozen=True)
class AccountBalance:
    """One account by its lines, in fen. ``opening_fen`` and ``closing_fen`` are None where its files have no balances;
    ``gap_fen`` is what is missing between the two: movements that no imported file holds."""

    name: str
    lines_count: int
    first_on: date
    last_on: date
    moved_fen: int
    opening_fen: int | None
    closing_fen: int | None

    @property
    def gap_fen(self) -> int:
        if self.opening_fen is None or self.closing_fen is None:
            return 0
        return self.closing_fen - self.opening_fen - self.moved_fen

    @property
    def fen(self) -> int:
        """The closing balance, or the sum of the lines where there is none."""
        return self.moved_fen if self.closing_fen is None else self.closing_fen


@dataclass(frozen=True)
class Reconciliation:
    """Fen. Each part is what it adds to the statement's side of the difference."""

    accounts: Sequence[AccountBalance]
    books_fen: int
    opening_fen: int
    gap_fen: int
    fees_fen: int
    other_fen: int
    waiting_fen: int
    unseen_in_fen: int
    unseen_out_fen: int
    wrong_count: int

    @property
    def statement_fen(self) -> int:
        return sum(account.fen for account in self.accounts)

    @property
    def difference_fen(self) -> int:
        return self.statement_fen - self.books_fen

    @property
    def unexplained_fen(self) -> int:
        """0 by the invariants."""
        parts = (self.opening_fen, self.gap_fen, self.fees_fen, self.other_fen, self.waiting_fen,
                 self.unseen_in_fen, self.unseen_out_fen)  # fmt: skip
        return self.difference_fen - sum(parts)


def reconcile() -> Reconciliation:
    accounts = [_balance_of(account) for account in queries.list_accounts()]
    known = [account for account in accounts if account is not None]
    untied = _untied()
    tied_out, recorded = _tied_out(), _recorded()
    came, went = _net(movements.ARRIVING_KINDS, by_hand=True), _net(movements.OUTGOING_KINDS)
    return Reconciliation(
        accounts=known,
        books_fen=figures.totals().in_bank,
        opening_fen=sum(account.opening_fen or 0 for account in known),
        gap_fen=sum(account.gap_fen for account in known),
        fees_fen=untied.get(OutgoingKind.FEE, 0),
        other_fen=untied.get(OutgoingKind.OTHER, 0),
        waiting_fen=untied.get(None, 0),
        unseen_in_fen=recorded - came,
        unseen_out_fen=went - tied_out,
        wrong_count=_sum(select(func.sum(StatementFile.wrong_count))),
    )


def _balance_of(account: StatementAccount) -> AccountBalance | None:
    mine = StatementLine.account_id == account.id
    statement = select(
        func.count(), func.min(StatementLine.booked_on), func.max(StatementLine.booked_on),
        func.sum(StatementLine.amount_fen),
    ).where(mine)  # fmt: skip
    count, first_on, last_on, moved = db.session.execute(statement).one()
    if not count:
        return None
    has_balance = (mine, StatementLine.balance_fen.is_not(None))
    days = select(func.min(StatementLine.booked_on), func.max(StatementLine.booked_on)).where(*has_balance)
    first_day, last_day = db.session.execute(days).one()
    opening = closing = None
    if first_day is not None:
        opening, _last = ends_of_day(_moves(account, first_day))
        _first, closing = ends_of_day(_moves(account, last_day))
    return AccountBalance(account.name, int(count), first_on, last_on, int(moved), opening, closing)


def _moves(account: StatementAccount, day: date) -> list[tuple[int, int]]:
    """(balance before, balance after) of a day's lines, in the order of their files."""
    statement = (
        select(StatementLine.amount_fen, StatementLine.balance_fen)
        .where(StatementLine.account_id == account.id, StatementLine.booked_on == day)
        .where(StatementLine.balance_fen.is_not(None))
        .order_by(StatementLine.id)
    )
    return [(after - moved, after) for moved, after in db.session.execute(statement) if after is not None]


def ends_of_day(moves: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Balance before the first and after the last movement of a day, whichever way round the bank lists them.

    Each balance leads to the next one, so the first begins where no other ends, and the last ends where no other
    begins. A day that comes back to where it began tells nothing by that; then it ends as it began.
    """
    befores, afters = [move[0] for move in moves], [move[1] for move in moves]
    begins = _rest(befores, afters)
    ends = _rest(afters, befores)
    if len(begins) == 1 and len(ends) == 1:
        return begins[0], ends[0]
    if not begins and not ends:
        return befores[0], befores[0]
    return befores[0], afters[-1]  # with a gap within the day the files' own order is all there is


def _rest(values: Sequence[int], others: Sequence[int]) -> list[int]:
    left = list(values)
    for other in others:
        if other in left:
            left.remove(other)
    return left


def _untied() -> dict[OutgoingKind | None, int]:
    """Outgoing lines without an entry, by what they were said to be; negative fen."""
    statement = (
        select(StatementLine.outgoing_kind, func.sum(StatementLine.amount_fen))
        .where(StatementLine.state == LineState.OUTGOING, StatementLine.entry_uid.is_(None))
        .group_by(StatementLine.outgoing_kind)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement)}


def _tied_out() -> int:
    tied = (StatementLine.state == LineState.OUTGOING, StatementLine.entry_uid.is_not(None))
    return -_sum(select(func.sum(StatementLine.amount_fen)).where(*tied))


def _recorded() -> int:
    return _sum(select(func.sum(StatementLine.recorded_fen)))


def _net(kinds: Sequence[object], *, by_hand: bool = False) -> int:
    """What stands of these entries."""
    signed = case((Transfer.reverses_id.is_(None), Transfer.amount_fen), else_=-Transfer.amount_fen)
    statement = select(func.sum(signed)).where(Transfer.kind.in_(kinds))
    return _sum(statement.where(Transfer.source_code.is_(None)) if by_hand else statement)


def _sum(statement: Any) -> int:
    return int(db.session.execute(statement).scalar() or 0)
