"""What must always hold of choices, for the self-check."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from sun_commune.choices import queries
from sun_commune.choices.models import PROMISED_BACK, Choice, ChoiceState, Route
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.selfcheck import MOST_FINDINGS, Check
from sun_commune.ledger.models import Account, AccountKind, Layer, Transfer, TransferKind
from sun_commune.ledger.papers import Voucher, VoucherKind, VoucherState
from sun_commune.ledger.queries import free_balance
from sun_commune.needs.models import Need
from sun_commune.statements.models import StatementReturn

#: An ended need's money that nobody was asked about for so long says that the job does not run.
LATE = timedelta(days=3)
#: Entries that only a decision brings into the books.
BY_DECISION = (TransferKind.REFUND, TransferKind.MOVED, TransferKind.SENT_BACK)


def find_wrong_entries() -> list[str]:
    """Choices that are done without a standing entry that says the same."""
    reversal = aliased(Transfer)
    moved = case((Choice.source_code.is_(None), TransferKind.MOVED.value), else_=TransferKind.MATCHED.value)
    back = case((Choice.source_code.is_(None), TransferKind.REFUND.value), else_=TransferKind.SENT_BACK.value)
    target = case((Transfer.kind == TransferKind.MOVED, Transfer.to_need_code), else_=Transfer.need_code)
    says_so = and_(
        Transfer.uid == Choice.transfer_uid,
        Transfer.amount_fen == Choice.amount_fen,
        or_(
            and_(Choice.route == Route.REFUND, Transfer.kind == back),
            and_(Choice.route != Route.REFUND, Transfer.kind == moved, target == Choice.to_need_code),
        ),
        or_(Choice.source_code.is_not(None), Transfer.need_code == Choice.need_code),
    )
    statement = (
        select(Choice.code)
        .outerjoin(Transfer, says_so)
        .outerjoin(reversal, reversal.reverses_id == Transfer.id)
        .where(Choice.state == ChoiceState.DONE, or_(Transfer.id.is_(None), reversal.id.is_not(None)))
        .order_by(Choice.id)
        .limit(MOST_FINDINGS)
    )
    codes = db.session.execute(statement).scalars()
    return [f"choice {code} is done, but no standing entry says the same" for code in codes]


def find_forgotten_money() -> list[str]:
    """Funds of needs that ended LATE ago or longer, with money that waits for nothing."""
    held = (
        select(func.coalesce(func.sum(Layer.left_fen), 0)).where(Layer.account_id == Account.id)
    ).scalar_subquery()  # fmt: skip
    waits = (ChoiceState.OPEN, *PROMISED_BACK)
    asked = (
        select(func.coalesce(func.sum(Choice.amount_fen), 0))
        .where(Choice.need_code == Account.need_code, Choice.state.in_(waits))
        .scalar_subquery()
    )
    drafted = (
        select(func.coalesce(func.sum(Voucher.amount_fen), 0))
        .where(Voucher.need_code == Account.need_code, Voucher.state == VoucherState.DRAFTED)
        .where(Voucher.kind != VoucherKind.SETTLEMENT)
        .scalar_subquery()
    )
    handed = aliased(Account)
    signed = case((Transfer.debit_id == handed.id, Transfer.amount_fen), else_=-Transfer.amount_fen)
    out = (
        select(func.coalesce(func.sum(signed), 0))
        .join(handed, or_(Transfer.debit_id == handed.id, Transfer.credit_id == handed.id))
        .where(handed.kind == AccountKind.ADVANCE, handed.need_code == Account.need_code)
        .scalar_subquery()
    )
    statement = (
        select(Account.need_code, held - asked - drafted - out)
        .join(Need, Need.code == Account.need_code)
        .where(Account.kind == AccountKind.FUND, Need.state.in_(queries.ENDED), Need.updated_at < now() - LATE)
        .where(held > asked + drafted + out)
        .order_by(Account.need_code)
        .limit(MOST_FINDINGS)
    )
    return [
        f"need {row[0]} has ended: {row[1]} fen of its fund wait for nothing" for row in db.session.execute(statement)
    ]


def find_undecided_entries() -> list[str]:
    """Refunds, moves and returns of unmatched money that stand in the books and that nobody has decided."""
    reversal = aliased(Transfer)
    decided = or_(
        exists().where(reversal.reverses_id == Transfer.id),
        exists().where(Choice.transfer_uid == Transfer.uid, Choice.state == ChoiceState.DONE),
        exists().where(StatementReturn.transfer_uid == Transfer.uid, StatementReturn.state == VoucherState.APPROVED),
    )
    statement = (
        select(Transfer.uid, Transfer.kind)
        .where(Transfer.kind.in_(BY_DECISION), Transfer.reverses_id.is_(None), ~decided)
        .order_by(Transfer.id)
        .limit(MOST_FINDINGS)
    )
    return [f"entry {uid} ({kind.value}) has no decision behind it" for uid, kind in db.session.execute(statement)]


def find_one_handed_refunds() -> list[str]:
    """Refunds that went out by one person alone, or by the donor."""
    statement = select(Choice.code).where(
        Choice.state == ChoiceState.DONE,
        Choice.route == Route.REFUND,
        or_(
            Choice.payer_id.is_(None), Choice.checker_id.is_(None), Choice.payer_id == Choice.checker_id,
            Choice.donor_id.in_((Choice.payer_id, Choice.checker_id)),
        ),
    )  # fmt: skip
    codes = db.session.execute(statement.limit(MOST_FINDINGS)).scalars()
    return [f"choice {code} was refunded without two people" for code in codes]


def find_uncovered_promises() -> list[str]:
    """Funds that hold less than donors have asked back."""
    statement = (
        select(Choice.need_code, func.sum(Choice.amount_fen))
        .where(Choice.state.in_(PROMISED_BACK), Choice.need_code != "")
        .group_by(Choice.need_code)
    )
    rows = [(str(row[0]), int(row[1])) for row in db.session.execute(statement)]
    return [
        f"need {code}: {fen} fen are to go back, its fund holds {free_balance(code)}"
        for code, fen in rows
        if free_balance(code) < fen
    ][:MOST_FINDINGS]


CHECKS = (
    Check(
        "choices_are_posted", _l("Whatever a donor chose stands in the ledger as it was chosen."), find_wrong_entries
    ),
    Check(
        "nothing_lies_forgotten",
        _l("No money of a need that has ended lies there without its donor being asked."),
        find_forgotten_money,
    ),
    Check(
        "money_goes_back_as_decided",
        _l("No money goes back or to another purpose without a decision that says so."),
        find_undecided_entries,
    ),
    Check("refunds_have_two_people", _l("Each refund was paid and checked by two people."), find_one_handed_refunds),
    Check("refunds_are_covered", _l("What donors have asked back still lies in the account."), find_uncovered_promises),
)
