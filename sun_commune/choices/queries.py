"""Reads of choices: what waits in a fund, a donor's own, the treasurers' queue, the public list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, func, or_, select, true, tuple_

from sun_commune.accounts.models import User
from sun_commune.choices.models import PROMISED_BACK, Choice, ChoiceState, Occasion, Route
from sun_commune.choices.shares import NOBODY, shares
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.paging import Page, page_of
from sun_commune.core.text import clean_line
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger.models import Account, AccountKind, Layer, Transfer
from sun_commune.ledger.policies import READERS
from sun_commune.ledger.queries import advanced, fund_reserved, purse_key
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from sun_commune.pledges.models import Claim, ClaimLine
from sun_commune.statements.acts import NamedAct
from sun_commune.statements.models import LineState, StatementLine, SuspenseReason

#: Its money can no longer be used as promised; what was pledged to an expired one may still come.
ENDED = {
    NeedState.WITHDRAWN: Occasion.NEED_WITHDRAWN,
    NeedState.EXPIRED: Occasion.NEED_EXPIRED,
    NeedState.CLOSED: Occasion.NEED_CLOSED,
}
#: Why a line of a statement lies in suspense, when its donor is known: more came than was promised, or too late.
SURPLUS = {
    SuspenseReason.OVERPAID: Occasion.SURPLUS,
    SuspenseReason.RECORDED_REST: Occasion.SURPLUS,
    SuspenseReason.PAID_ONLINE: Occasion.PAID_ONLINE,
}
PAGE_SIZE = 25
#: Made once: every posting asks them.
_STATE = select(Need.state).where(Need.code == bindparam("code"))
_OPEN = (
    select(Choice)
    .where(Choice.need_code == bindparam("code"), Choice.state == ChoiceState.OPEN)
    .order_by(Choice.id.desc())
)


def find_choice(code: str) -> Choice:
    """By its public code; Missing if there is none."""
    found = db.session.execute(select(Choice).where(Choice.code == clean_line(code))).scalar_one_or_none()
    if found is None:
        raise Missing
    return found


def find_by_transfer(uid: str) -> Choice | None:
    return db.session.execute(select(Choice).where(Choice.transfer_uid == uid)).scalar_one_or_none()


def refunds_named(references: Collection[str], entry_uids: Collection[str]) -> list[NamedAct]:
    """Refunds that name one of these movements of the bank, or are posted by one of these entries (bound into
    statements)."""
    fits = or_(Choice.bank_reference.in_(references), Choice.transfer_uid.in_(entry_uids))
    statement = select(Choice).where(fits, Choice.bank_reference.is_not(None), Choice.state != ChoiceState.UNDONE)
    return [
        NamedAct(row.code, row.bank_reference or "", row.amount_fen, row.transfer_uid or "")
        for row in db.session.execute(statement).scalars()
    ]


def state_of_need(need_code: str) -> NeedState | None:
    return db.session.execute(_STATE, {"code": need_code}).scalar_one_or_none()


def find_claim(code: str) -> Claim | None:
    return db.session.execute(select(Claim).where(Claim.code == code)).scalar_one_or_none()


def need_code_of(claim: Claim) -> str:
    return db.session.execute(select(Need.code).where(Need.id == claim.need_id)).scalar_one()


def shares_of(need_code: str) -> dict[str, int]:
    """Claim code (NOBODY where nobody knows) -> fen of the fund that are left over of what it brought."""
    account = select(Account.id).where(Account.key == purse_key(need_code)).scalar_subquery()
    statement = (
        select(Transfer.claim_code, Layer.left_fen)
        .join(Transfer, Transfer.id == Layer.transfer_id)
        .where(Layer.account_id == account, Layer.left_fen > 0)
        .order_by(Layer.id)
    )
    layers = [(row[0] or NOBODY, int(row[1])) for row in db.session.execute(statement)]
    reserved = fund_reserved(need_code) + advanced(need_code)
    return shares(layers, _promised_back_of(need_code), reserved)


def _promised_back_of(need_code: str) -> dict[str, int]:
    statement = (
        select(Choice.claim_code, func.sum(Choice.amount_fen))
        .where(Choice.need_code == need_code, Choice.state.in_(PROMISED_BACK))
        .group_by(Choice.claim_code)
        .order_by(Choice.claim_code)
    )
    return {row[0] or NOBODY: int(row[1]) for row in db.session.execute(statement)}


def promised_back(code: str) -> int:
    """Fen of a need's fund or of a statement line that donors have asked back and that have not gone out (bound into
    the ledger)."""
    statement = select(func.coalesce(func.sum(Choice.amount_fen), 0)).where(
        or_(Choice.need_code == code, Choice.source_code == code), Choice.state.in_(PROMISED_BACK)
    )
    return int(db.session.execute(statement).scalar_one())


def open_of_line(line_code: str) -> list[Choice]:
    """What waits for a donor of this statement line, the newest first."""
    statement = select(Choice).where(Choice.source_code == line_code, Choice.state == ChoiceState.OPEN)
    return list(db.session.execute(statement.order_by(Choice.id.desc())).scalars())


def surplus_lines(*, after: str, size: int) -> Sequence[str]:
    """Codes of statement lines of which more came than was promised, in order from above ``after``."""
    statement = select(StatementLine.code).where(
        StatementLine.state == LineState.OPEN, StatementLine.reason.in_(tuple(SURPLUS)), StatementLine.code > after
    )
    statement = statement.where(StatementLine.claim_code.is_not(None)).order_by(StatementLine.code).limit(size)
    return [str(code) for code in db.session.execute(statement).scalars()]


def open_choices(need_code: str) -> list[Choice]:
    """What waits for a donor in this fund, the newest first."""
    return list(db.session.execute(_OPEN, {"code": need_code}).scalars())


def ended_funds(*, after: str, size: int) -> Sequence[str]:
    """Codes of needs that have ended and whose fund holds money, in order from above ``after``."""
    holds = select(Layer.id).where(Layer.account_id == Account.id, Layer.left_fen > 0).exists()
    statement = (
        select(Account.need_code)
        .join(Need, Need.code == Account.need_code)
        .where(Account.kind == AccountKind.FUND, Need.state.in_(ENDED), Account.need_code > after, holds)
        .order_by(Account.need_code)
        .limit(size)
    )
    return [str(code) for code in db.session.execute(statement).scalars()]


def due_ids(*conditions: Any, after: int, size: int) -> Sequence[int]:
    """Ids of open choices that fit, in order from above ``after``."""
    statement = select(Choice.id).where(Choice.state == ChoiceState.OPEN, Choice.id > after, *conditions)
    return db.session.execute(statement.order_by(Choice.id).limit(size)).scalars().all()


def own_choices(donor_id: int, *, after: str = "") -> Page[Choice]:
    """A donor's: what waits first, the nearest day on top; then the rest, newest first."""
    rank = case((Choice.state == ChoiceState.OPEN, 0), else_=1)
    order = case((Choice.state == ChoiceState.OPEN, Choice.id), else_=-Choice.id)
    statement = select(Choice).where(Choice.donor_id == donor_id).order_by(rank, order)
    last = select(rank, order).where(Choice.code == clean_line(after), Choice.donor_id == donor_id)
    anchor = db.session.execute(last).one_or_none()
    if anchor is not None:
        statement = statement.where(tuple_(rank, order) > tuple_(anchor[0], anchor[1]))
    rows = list(db.session.execute(statement.limit(PAGE_SIZE + 1)).scalars())
    return page_of(rows, [row.code for row in rows], PAGE_SIZE, after=after)


def choices_of_claim(claim_code: str) -> list[Choice]:
    """Of what was given with this claim, or came to it from another one."""
    mine = or_(Choice.claim_code == claim_code, Choice.to_claim_code == claim_code)
    return list(db.session.execute(select(Choice).where(mine).order_by(Choice.id)).scalars())


def count_open(donor_id: int) -> int:
    statement = select(func.count()).where(Choice.donor_id == donor_id, Choice.state == ChoiceState.OPEN)
    return int(db.session.execute(statement).scalar_one())


def titles_of(choices: Sequence[Choice]) -> dict[str, str]:
    """Need code -> title, of the needs that these choices name."""
    codes = {code for row in choices for code in (row.need_code, row.to_need_code) if code}
    return {
        row.code: row.title for row in db.session.execute(select(Need.code, Need.title).where(Need.code.in_(codes)))
    }


class Sums(NamedTuple):
    """Fen that wait for a choice, and how many choices; fen that are on their way back."""

    open_fen: int
    open_count: int
    returning_fen: int


def public_sums() -> Sums:
    is_open = Choice.state == ChoiceState.OPEN
    row = db.session.execute(
        select(
            func.coalesce(func.sum(case((is_open, Choice.amount_fen), else_=0)), 0),
            func.coalesce(func.sum(case((is_open, 1), else_=0)), 0),
            func.coalesce(func.sum(case((is_open, 0), else_=Choice.amount_fen)), 0),
        ).where(Choice.state.in_((ChoiceState.OPEN, *PROMISED_BACK)))
    ).one()
    return Sums(*(int(value) for value in row))


class Waiting(NamedTuple):
    """One line of the public list: no name, no claim."""

    code: str
    need_code: str
    amount_fen: int
    occasion: Occasion
    opened_at: Any
    due_on: Any


def public_waiting(*, after: str = "") -> Page[Waiting]:
    """What waits for its donor, the nearest day first; ``after`` is the code of the last one seen."""
    columns = (Choice.code, Choice.need_code, Choice.amount_fen, Choice.occasion, Choice.opened_at, Choice.due_on)
    statement = select(*columns).where(Choice.state == ChoiceState.OPEN).order_by(Choice.due_on, Choice.id)
    last = db.session.execute(select(Choice.due_on, Choice.id).where(Choice.code == clean_line(after))).one_or_none()
    if last is not None:
        statement = statement.where(tuple_(Choice.due_on, Choice.id) > tuple_(last.due_on, last.id))
    rows = [Waiting(*row) for row in db.session.execute(statement.limit(PAGE_SIZE + 1))]
    return page_of(rows, [row.code for row in rows], PAGE_SIZE, after=after)


def public_need_codes(codes: Sequence[str], states: Sequence[NeedState] | frozenset[NeedState]) -> set[str]:
    """Those whose page everybody may open."""
    statement = select(Need.code).where(Need.code.in_([code for code in codes if code]), Need.state.in_(states))
    return set(db.session.execute(statement).scalars())


def refunds_in(user: User, *states: ChoiceState) -> list[Choice]:
    """Refunds in these states within the places that a person serves, the oldest first."""
    codes = user.places(*READERS)
    here = or_(*(Choice.county_code.startswith(code, autoescape=True) for code in codes)) if codes else ~true()
    statement = select(Choice).where(Choice.route == Route.REFUND, Choice.state.in_(states), here)
    return list(db.session.execute(statement.order_by(Choice.decided_at, Choice.id).limit(200)).scalars())


class Arrival(NamedTuple):
    """How money of a claim came: a refund goes the same way back."""

    arrived_on: Any
    bank_reference: str
    amount_fen: int


def arrivals_of(claim_code: str | None) -> list[Arrival]:
    statement = (
        select(Delivery.arrived_on, Delivery.bank_reference, Delivery.accepted_quantity)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(Claim.code == claim_code, Delivery.bank_reference.is_not(None))
        .order_by(Delivery.id)
    )
    return [Arrival(row[0], row[1] or "", int(row[2] or 0)) for row in db.session.execute(statement)]
