"""The desk: for each duty that an officer holds, what waits there; one statement per kind, each with a limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, or_, select

from sun_commune import config
from sun_commune.accounts.models import VILLAGE_ROLES, Duty, DutyState, Organisation, Role, User
from sun_commune.accounts.policies import COUNTY_GRANTS
from sun_commune.backoffice.duties import Desk, DutyKind, Item, Source
from sun_commune.choices.models import Choice, ChoiceState
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.deliveries.states import COUNTED
from sun_commune.disclosure.models import Campaign, Draft, DraftState, Task, TaskState
from sun_commune.disclosure.policies import WRITERS
from sun_commune.households.models import Erasure, Household
from sun_commune.lanes.models import LaneDecision, LaneVersion
from sun_commune.ledger.advances import overdue_advances
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Budget, Correction, Voucher, VoucherState
from sun_commune.needs.models import Need
from sun_commune.needs.retention import OVER
from sun_commune.needs.states import NeedState
from sun_commune.payments.models import OrderState, PaymentOrder
from sun_commune.pledges.models import Claim, ClaimLine
from sun_commune.statements import policies as statements
from sun_commune.statements.models import LineState, StatementAccount, StatementLine, StatementReturn

MOST_ITEMS = 60
MOST_OF_A_KIND = 30
DRAFT_DAYS = 7
DAYS_OF_A_MONTH = 30.44

K = DutyKind


def open_desk(user: User) -> Desk:
    """Everything that waits for this person, the oldest first; at most MOST_ITEMS are listed, all are counted."""
    items: list[Item] = []
    counts: dict[DutyKind, int] = {}
    for source in sources_for(user):
        rows = db.session.execute(source.statement.limit(MOST_OF_A_KIND)).all()
        if rows:
            items += [Item(source.kind, *row) for row in rows]
            counts[source.kind] = _count(source, len(rows))
    items.sort(key=lambda item: (item.since, item.code))
    return Desk(items[:MOST_ITEMS], counts)


def _count(source: Source, seen: int) -> int:
    """How many in all; asked only when the limit was reached."""
    if seen < MOST_OF_A_KIND:
        return seen
    statement = select(func.count()).select_from(source.statement.order_by(None).subquery())
    return db.session.execute(statement).scalar_one()


def sources_for(user: User) -> Iterator[Source]:
    villages = user.places(*VILLAGE_ROLES)
    if villages:
        yield from _village(user, villages)
    townships = user.places(Role.TOWNSHIP_REVIEWER)
    if townships:
        yield from _township(user, townships)
    counties = user.places(Role.COUNTY_ADMIN)
    if counties:
        yield from _county(user, counties)
    cities = user.places(Role.OPERATOR)
    if cities:
        yield from _operator(user, cities)
    if counties or cities:
        yield _lanes(user)
    writes_for = user.places(*WRITERS)
    if writes_for:
        yield from _reports(user, writes_for)
    if user.has_role(Role.TREASURER):
        yield from _treasurer(user, user.places(Role.TREASURER))


def _needs(kind: DutyKind, *conditions: ColumnElement[bool], since: Any = Need.updated_at) -> Source:
    return Source(kind, select(Need.code, Need.title, since).where(*conditions).order_by(since, Need.id))


def _deliveries(kind: DutyKind, since: Any, *conditions: Any, code: Any = Delivery.code) -> Source:
    return Source(
        kind,
        select(code, Need.title, since)
        .select_from(Delivery)
        .join(Need, Need.id == Delivery.need_id)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(*conditions)
        .order_by(since, Delivery.id),
    )


def _village(user: User, villages: Sequence[str]) -> Iterator[Source]:
    here = Need.village_code.in_(villages)
    others = (here, Claim.donor_id != user.id)
    yield _needs(K.NEED_RETURNED, here, Need.state == NeedState.RETURNED)
    old = now() - timedelta(days=DRAFT_DAYS)
    yield _needs(K.DRAFT_OLD, here, Need.state == NeedState.DRAFT, Need.updated_at < old)
    sent = Delivery.state == DeliveryState.IN_TRANSIT
    yield _deliveries(K.GOODS_TO_RECEIVE, Delivery.sent_at, sent, *others)
    received = Delivery.state == DeliveryState.RECEIVED
    yield _deliveries(K.GOODS_TO_ACCEPT, Delivery.received_at, received, *others)
    done = Delivery.state == DeliveryState.DONE
    yield _deliveries(K.WORK_TO_CONFIRM, Delivery.done_at, done, *others)
    unthanked = (Delivery.state.in_(COUNTED), Delivery.thanked_at.is_(None))
    yield _deliveries(K.THANKS_DUE, Delivery.accepted_at, *unthanked, *others)


def _township(user: User, townships: Sequence[str]) -> Iterator[Source]:
    here = Need.township_code.in_(townships)
    yield _needs(K.NEED_TO_REVIEW, here, Need.state == NeedState.SUBMITTED, Need.author_id != user.id)


def _county(user: User, counties: Sequence[str]) -> Iterator[Source]:
    here = Need.county_code.in_(counties)
    not_reviewed = or_(Need.township_reviewer_id.is_(None), Need.township_reviewer_id != user.id)
    approved = Need.state == NeedState.APPROVED
    yield _needs(K.NEED_TO_PUBLISH, here, approved, Need.author_id != user.id, not_reviewed)
    disputed = Delivery.state == DeliveryState.DISPUTED
    not_mine = (Claim.donor_id != user.id, Delivery.disputed_by != user.id)
    yield _deliveries(K.DISPUTE_TO_SETTLE, Delivery.disputed_at, disputed, here, *not_mine)
    unverified = (Organisation.verified_at.is_(None), Organisation.refused_reason == "")
    organisations = select(Organisation.code, Organisation.name, Organisation.created_at).where(*unverified)
    if user.organisation_id is not None:
        organisations = organisations.where(Organisation.id != user.organisation_id)
    yield Source(K.ORGANISATION_TO_VERIFY, organisations.order_by(Organisation.created_at, Organisation.id))
    yield _requests(user, counties, Duty.role.in_(COUNTY_GRANTS))
    yield from _households(user, counties)


def _households(user: User, counties: Sequence[str]) -> Iterator[Source]:
    """Families to erase: asked for by somebody else, or so long without a need that the data have no purpose."""
    here = (within(Household.village_code, counties), Household.erased_at.is_(None))
    asked = (
        select(Household.code, Household.masked_name, Erasure.requested_at)
        .join(Erasure, Erasure.household_id == Household.id)
        .where(*here, Erasure.requested_by != user.id)
        .order_by(Erasure.requested_at, Erasure.id)
    )
    yield Source(K.ERASURE_REQUESTED, asked)
    edge = now() - timedelta(days=config.current().forget_after_months * DAYS_OF_A_MONTH)
    has_need = exists().where(
        Need.household_id == Household.id, or_(Need.state.not_in(OVER | {NeedState.WITHDRAWN}), Need.updated_at >= edge)
    )
    is_asked = exists().where(Erasure.household_id == Household.id)
    forgotten = (
        select(Household.code, Household.masked_name, Household.updated_at)
        .where(*here, Household.updated_at < edge, ~has_need, ~is_asked)
        .order_by(Household.updated_at, Household.id)
    )
    yield Source(K.HOUSEHOLD_TO_FORGET, forgotten)


def _operator(user: User, cities: Sequence[str]) -> Iterator[Source]:
    yield _requests(user, cities, Duty.role.not_in(COUNTY_GRANTS))


def _lanes(user: User) -> Source:
    """What a colleague wants to say of the charity: a second officer must look at it."""
    is_decided = exists().where(LaneDecision.version_id == LaneVersion.id)
    waiting = select(LaneVersion.code, LaneVersion.note, LaneVersion.proposed_at)
    waiting = waiting.where(~is_decided, LaneVersion.proposed_by != user.id)
    return Source(K.LANES_TO_CONFIRM, waiting.order_by(LaneVersion.proposed_at, LaneVersion.id))


def _requests(user: User, places: Sequence[str], granted_here: ColumnElement[bool]) -> Source:
    statement = (
        select(Duty.code, User.name, Duty.created_at)
        .join(User, User.id == Duty.user_id)
        .where(Duty.state == DutyState.REQUESTED, granted_here, Duty.user_id != user.id)
        .where(within(Duty.place_code, places))
        .order_by(Duty.created_at, Duty.id)
    )
    return Source(K.DUTY_REQUESTED, statement)


def _treasurer(user: User, cities: Sequence[str]) -> Iterator[Source]:
    reported = Delivery.state == DeliveryState.REPORTED
    here = within(Need.village_code, cities)
    had_no_hand = (Need.author_id != user.id, Claim.donor_id != user.id)
    yield _deliveries(K.PAYMENT_REPORTED, Delivery.sent_at, reported, here, *had_no_hand, code=Claim.payment_code)
    held = (
        select(PaymentOrder.code, Need.title, PaymentOrder.paid_at)
        .join(Claim, Claim.id == PaymentOrder.claim_id)
        .join(Need, Need.id == Claim.need_id)
        .where(PaymentOrder.state == OrderState.HELD, PaymentOrder.line_code.is_(None))
        .where(PaymentOrder.donor_id != user.id, here)
    )
    yield Source(K.ORDER_HELD, held.order_by(PaymentOrder.paid_at, PaymentOrder.id))
    vouchers = select(Voucher.code, Voucher.purpose, Voucher.made_at).where(
        Voucher.state == VoucherState.DRAFTED, Voucher.maker_id != user.id
    )
    yield Source(K.VOUCHER_TO_CHECK, vouchers.order_by(Voucher.made_at, Voucher.id))
    budgets = select(Budget.code, Budget.need_code, Budget.made_at).where(
        Budget.state == VoucherState.DRAFTED, Budget.maker_id != user.id
    )
    yield Source(K.BUDGET_TO_CHECK, budgets.order_by(Budget.made_at, Budget.id))
    late = [advance.code for advance in overdue_advances()]
    advances = select(Voucher.code, Voucher.purpose, Voucher.checked_at).where(Voucher.code.in_(late))
    yield Source(K.ADVANCE_OVERDUE, advances.order_by(Voucher.checked_at, Voucher.id))
    corrections = (
        select(Transfer.uid, Correction.reason, Correction.made_at)
        .join(Transfer, Transfer.id == Correction.transfer_id)
        .where(Correction.state == VoucherState.DRAFTED, Correction.maker_id != user.id)
    )
    yield Source(K.CORRECTION_TO_CHECK, corrections.order_by(Correction.made_at, Correction.id))
    if statements.can_import(user):
        yield from _statements(user)
    yield from _refunds(user, cities)


def _statements(user: User) -> Iterator[Source]:
    """Lines that lie in suspense, and money that another treasurer wants to send back."""
    open_lines = (
        select(StatementLine.code, StatementAccount.name, StatementLine.posted_at)
        .join(StatementAccount, StatementAccount.id == StatementLine.account_id)
        .where(StatementLine.state == LineState.OPEN)
        .order_by(StatementLine.posted_at, StatementLine.id)
    )
    yield Source(K.SUSPENSE_TO_PLACE, open_lines)
    returns = (
        select(StatementLine.code, StatementReturn.reason, StatementReturn.made_at)
        .join(StatementLine, StatementLine.id == StatementReturn.line_id)
        .where(StatementReturn.state == VoucherState.DRAFTED, StatementReturn.maker_id != user.id)
        .order_by(StatementReturn.made_at, StatementReturn.id)
    )
    yield Source(K.RETURN_TO_CHECK, returns)


def _refunds(user: User, cities: Sequence[str]) -> Iterator[Source]:
    """Of others: nobody sends or checks the own one, nor checks what they sent."""
    here = (within(Choice.county_code, cities), or_(Choice.donor_id.is_(None), Choice.donor_id != user.id))
    to_send = select(Choice.code, Choice.need_code, Choice.decided_at).where(Choice.state == ChoiceState.CHOSEN, *here)
    yield Source(K.REFUND_TO_SEND, to_send.order_by(Choice.decided_at, Choice.id))
    to_check = select(Choice.code, Choice.need_code, Choice.paid_at).where(
        Choice.state == ChoiceState.PAID_OUT, Choice.payer_id != user.id, *here
    )
    yield Source(K.REFUND_TO_CHECK, to_check.order_by(Choice.paid_at, Choice.id))


def _reports(user: User, places: Sequence[str]) -> Iterator[Source]:
    """Reports to write; those of all counties together are the treasurers'."""
    whole = Campaign.county_code == ""
    here = or_(within(Campaign.county_code, places), whole)
    mine = here if user.has_role(Role.TREASURER) else within(Campaign.county_code, places)
    title = case((Campaign.title == "", Campaign.code), else_=Campaign.title)
    waits = exists().where(Draft.task_id == Task.id, Draft.state == DraftState.WAITING)
    due = select(Task.code, title, Task.opened_at).join(Campaign, Campaign.id == Task.campaign_id)
    due = due.where(mine, Task.state == TaskState.OPEN, ~waits)
    yield Source(K.REPORT_TO_WRITE, due.order_by(Task.opened_at, Task.id))
    written = (
        select(Task.code, title, Draft.as_of)
        .join(Task, Task.id == Draft.task_id)
        .join(Campaign, Campaign.id == Task.campaign_id)
        .where(here, Draft.state == DraftState.WAITING, Draft.author_id != user.id)
    )
    yield Source(K.REPORT_TO_REVIEW, written.order_by(Draft.as_of, Draft.id))


def within(column: Any, places: Sequence[str]) -> ColumnElement[bool]:
    """The place code in ``column`` lies in one of ``places``."""
    return or_(*(column.startswith(code, autoescape=True) for code in places))
