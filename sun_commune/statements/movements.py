"""Reads of movements: which entry of the ledger and which line of a statement may be one and the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, select, text
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import AdvanceReturn
from sun_commune.statements.models import WAITS_FOR_ENTRY, LineState, StatementLine

V = TypeVar("V", str, int)
CHUNK = 500
#: Entries by which money leaves the bank account.
OUTGOING_KINDS = (TransferKind.SPENDING, TransferKind.ADVANCE, TransferKind.REFUND, TransferKind.SENT_BACK)
#: Entries by which money comes to it without a statement line: recorded by hand, and the rest of an advance.
ARRIVING_KINDS = (TransferKind.GIFT, TransferKind.ADVANCE_BACK)
NEAR = timedelta(days=15)  # a payment and its line in the statement lie no further apart


def chunks(values: Iterable[V]) -> Iterable[list[V]]:
    """A database takes only so many values in one statement."""
    unique = sorted(set(values))
    for start in range(0, len(unique), CHUNK):
        yield unique[start : start + CHUNK]


def standing_payments(amount_fen: int, near: date) -> Sequence[Transfer]:
    """Entries of this amount by which money left about this day, that stand and belong to no line yet."""
    return _standing(Transfer.kind.in_(OUTGOING_KINDS), amount_fen, near)


def standing_arrivals(amount_fen: int, near: date) -> Sequence[Transfer]:
    """Entries of this amount by which money came about this day without a statement line, and that no line counts."""
    counted = (
        select(Delivery.id)
        .join(StatementLine, StatementLine.reference == Delivery.bank_reference)
        .where(Delivery.transfer_uid == Transfer.uid, StatementLine.recorded_fen > 0)
    )
    by_hand = and_(Transfer.kind.in_(ARRIVING_KINDS), Transfer.source_code.is_(None), ~counted.exists())
    return _standing(by_hand, amount_fen, near)


def _standing(which: ColumnElement[bool], amount_fen: int, near: date) -> Sequence[Transfer]:
    statement = _all_standing(which).where(
        Transfer.amount_fen == amount_fen, Transfer.business_on.between(near - NEAR, near + NEAR)
    )
    return db.session.execute(statement.order_by(Transfer.id).limit(20)).scalars().all()


def _all_standing(which: ColumnElement[bool]) -> Select[Transfer]:
    back = aliased(Transfer)
    taken_back = select(back.id).where(back.reverses_id == Transfer.id)
    known = select(StatementLine.id).where(StatementLine.entry_uid == Transfer.uid)
    return select(Transfer).where(which, Transfer.reverses_id.is_(None), ~taken_back.exists(), ~known.exists())


class Pair(NamedTuple):
    """A waiting outgoing line and a free standing payment of its amount near its day."""

    line_id: int
    reference: str
    amount_fen: int
    entry_uid: str


def possible_ties(amount_fen: int | None = None) -> list[Pair]:
    """All pairs; of this amount alone, if one is given."""
    waiting = select(
        StatementLine.id, StatementLine.amount_fen, StatementLine.booked_on, StatementLine.reference
    ).where(text(WAITS_FOR_ENTRY))
    if amount_fen is not None:
        waiting = waiting.where(StatementLine.amount_fen == -amount_fen)
    by_amount: dict[int, list[tuple[int, date, str]]] = {}
    for line_id, fen, day, reference in db.session.execute(waiting.order_by(StatementLine.id)):
        by_amount.setdefault(-fen, []).append((line_id, day, reference))
    pairs = []
    for part in chunks(by_amount):
        days = [day for fen in part for _line_id, day, _reference in by_amount[fen]]
        entries = _all_standing(Transfer.kind.in_(OUTGOING_KINDS)).where(
            Transfer.amount_fen.in_(part), Transfer.business_on.between(min(days) - NEAR, max(days) + NEAR)
        )
        for entry in db.session.execute(entries.order_by(Transfer.id)).scalars():
            near = [line for line in by_amount[entry.amount_fen] if abs(line[1] - entry.business_on) <= NEAR]
            pairs += [Pair(line_id, reference, entry.amount_fen, entry.uid) for line_id, _day, reference in near]
    return pairs


def find_outgoing(*, amount_fen: int, reference: str = "") -> Sequence[StatementLine]:
    """Lines by which so much went and that wait for their entry, the newest first; those of the reference alone."""
    statement = select(StatementLine).where(text(WAITS_FOR_ENTRY), StatementLine.amount_fen == -amount_fen)
    if reference:
        statement = statement.where(StatementLine.reference == reference)
    return db.session.execute(statement.order_by(StatementLine.booked_on.desc()).limit(10)).scalars().all()


def line_of_entry(entry_uid: str) -> StatementLine | None:
    """The line that is the bank's side of an entry."""
    statement = select(StatementLine).where(StatementLine.entry_uid == entry_uid)
    return db.session.execute(statement).scalar_one_or_none()


def count_tied_outgoing() -> tuple[int, int]:
    """How many lines of money that went have their entry, and their fen."""
    statement = select(func.count(), func.coalesce(func.sum(-StatementLine.amount_fen), 0)).where(
        StatementLine.state == LineState.OUTGOING, StatementLine.entry_uid.is_not(None)
    )
    count, fen = db.session.execute(statement).one()
    return int(count), int(fen)


def payments_without_line(limit: int = 50) -> Sequence[Transfer]:
    """Standing entries by which money left, that no imported line shows, the oldest first."""
    statement = _all_standing(Transfer.kind.in_(OUTGOING_KINDS)).order_by(Transfer.business_on, Transfer.id)
    return db.session.execute(statement.limit(limit)).scalars().all()


def earlier_arrivals(line: StatementLine, days: int = 60) -> Sequence[StatementLine]:
    """Incoming lines of this account and amount before an outgoing one: which of them the bank may have taken back."""
    since = line.booked_on - timedelta(days=days)
    statement = select(StatementLine).where(
        StatementLine.account_id == line.account_id, StatementLine.amount_fen == -line.amount_fen,
        StatementLine.booked_on.between(since, line.booked_on),
    )  # fmt: skip
    return db.session.execute(statement.order_by(StatementLine.booked_on.desc()).limit(10)).scalars().all()


def waiting_outgoing(limit: int = 100) -> Sequence[StatementLine]:
    """Lines of money that went, for which no entry stands and nobody has said what they are; the oldest first."""
    statement = select(StatementLine).where(text(WAITS_FOR_ENTRY)).order_by(StatementLine.booked_on, StatementLine.id)
    return db.session.execute(statement.limit(limit)).scalars().all()


def advance_rests(references: Collection[str]) -> Sequence[Any]:
    """Standing returns of what was left of an advance that no line counts: reference, fen and uid."""
    named = func.upper(func.replace(AdvanceReturn.bank_reference, " ", ""))
    entries = _all_standing(Transfer.kind == TransferKind.ADVANCE_BACK).join(
        AdvanceReturn, AdvanceReturn.transfer_uid == Transfer.uid
    )
    columns = (named.label("reference"), Transfer.amount_fen.label("fen"), Transfer.uid.label("uid"))
    return db.session.execute(entries.where(named.in_(references)).with_only_columns(*columns)).all()
