"""What must always hold of statements: every yuan that came is in the books once, and suspense is its open lines."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.core.selfcheck import MOST_FINDINGS, Check
from sun_commune.ledger.models import Account, AccountKind, Transfer, TransferKind
from sun_commune.ledger.papers import VoucherState
from sun_commune.ledger.queries import balance_of
from sun_commune.statements.models import LINE_SERIES, LineState, StatementLine, StatementReturn

CAME = (TransferKind.GIFT, TransferKind.UNMATCHED)


def find_unequal_lines() -> list[str]:
    """Incoming lines whose entries, with what was recorded by hand, are not their amount; entries without a line."""
    signed = case((Transfer.reverses_id.is_(None), Transfer.amount_fen), else_=-Transfer.amount_fen)
    posted = (
        select(Transfer.source_code, func.sum(signed).label("fen"))
        .where(Transfer.source_code.is_not(None), Transfer.kind.in_(CAME))
        .group_by(Transfer.source_code)
        .subquery()
    )
    fen = func.coalesce(posted.c.fen, 0)
    statement = (
        select(StatementLine.code, StatementLine.amount_fen, StatementLine.recorded_fen, fen)
        .outerjoin(posted, posted.c.source_code == StatementLine.code)
        .where(or_(
            (StatementLine.amount_fen > 0) & (StatementLine.amount_fen != StatementLine.recorded_fen + fen),
            (StatementLine.amount_fen < 0) & (fen != 0),
        ))
        .limit(MOST_FINDINGS)
    )  # fmt: skip
    wrong = [
        f"line {code} is of {amount} fen, {recorded} were recorded by hand and {entries} posted"
        for code, amount, recorded, entries in db.session.execute(statement)
    ]
    known = select(StatementLine.id).where(StatementLine.code == Transfer.source_code)
    loose = select(Transfer.uid).where(Transfer.source_code.startswith(f"{LINE_SERIES}-"), ~known.exists())
    uids = db.session.execute(loose.limit(MOST_FINDINGS)).scalars()
    return wrong + [f"entry {uid} names a statement line that is not there" for uid in uids]


def find_unequal_suspense() -> list[str]:
    """Lines whose open amount is not what the books hold of them in suspense; and the two sums."""
    account = select(Account.id).where(Account.kind == AccountKind.SUSPENSE).scalar_subquery()
    signed = case((Transfer.credit_id == account, Transfer.amount_fen), else_=-Transfer.amount_fen)
    held = (
        select(Transfer.source_code, func.sum(signed).label("fen"))
        .where(or_(Transfer.credit_id == account, Transfer.debit_id == account))
        .group_by(Transfer.source_code)
        .subquery()
    )
    fen = func.coalesce(held.c.fen, 0)
    statement = (
        select(StatementLine.code, StatementLine.open_fen, fen)
        .outerjoin(held, held.c.source_code == StatementLine.code)
        .where(StatementLine.open_fen != fen)
        .limit(MOST_FINDINGS)
    )
    wrong = [
        f"line {code} says that {said} fen are open, the books hold {there}"
        for code, said, there in db.session.execute(statement)
    ]
    opened = select(func.coalesce(func.sum(StatementLine.open_fen), 0)).where(StatementLine.state == LineState.OPEN)
    said, there = int(db.session.execute(opened).scalar_one()), balance_of("suspense")
    return wrong + ([] if said == there else [f"open lines sum up to {said} fen, suspense holds {there}"])


def find_one_sided_returns() -> list[str]:
    """Returns that were approved without two people or without exactly their entry; money sent back without a return
    of this house is a feature's own pair and is not looked at here."""
    entry = aliased(Transfer)
    exact = select(entry.id).where(
        entry.uid == StatementReturn.transfer_uid, entry.kind == TransferKind.SENT_BACK,
        entry.amount_fen == StatementReturn.amount_fen, entry.source_code == StatementLine.code,
    )  # fmt: skip
    statement = (
        select(StatementReturn.code)
        .join(StatementLine, StatementLine.id == StatementReturn.line_id)
        .where(StatementReturn.state == VoucherState.APPROVED)
        .where(or_(~exact.exists(), StatementReturn.checker_id.is_(None),
                   StatementReturn.checker_id == StatementReturn.maker_id))
        .limit(MOST_FINDINGS)
    )  # fmt: skip
    return [f"return {code} is not posted once by two people" for code in db.session.execute(statement).scalars()]


def find_wrongly_tied() -> list[str]:
    """Lines tied to an entry of another amount, of another direction, or one that was taken back."""
    back = aliased(Transfer)
    taken_back = select(back.id).where(back.reverses_id == Transfer.id)
    statement = (
        select(StatementLine.code)
        .outerjoin(Transfer, Transfer.uid == StatementLine.entry_uid)
        .where(StatementLine.entry_uid.is_not(None))
        .where(or_(
            Transfer.id.is_(None), Transfer.amount_fen != func.abs(StatementLine.amount_fen), taken_back.exists(),
        ))
        .limit(MOST_FINDINGS)
    )  # fmt: skip
    return [f"line {code} is tied to an entry that is not its own" for code in db.session.execute(statement).scalars()]


CHECKS = (
    Check(
        "statement_lines_equal_entries",
        _l("Every incoming line of a statement is in the books with its whole amount, once."),
        find_unequal_lines,
    ),
    Check(
        "suspense_is_its_open_lines",
        _l("What is not matched yet is the sum of the statement lines that wait for somebody."),
        find_unequal_suspense,
    ),
    Check(
        "returns_have_two_people",
        _l("Money that was sent back to its sender was asked for by one person and let go by another."),
        find_one_sided_returns,
    ),
    Check(
        "lines_are_tied_to_their_entries",
        _l("A statement line that stands for an entry has its amount, and the entry stands."),
        find_wrongly_tied,
    ),
)
