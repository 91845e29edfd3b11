"""Reads of deliveries: one claim with all that belongs to it, a donor's own claims, what was proven of a need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import selectinload

from sun_commune.accounts.models import Duty, DutyState, Role, User
from sun_commune.core.clock import local, today
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.paging import Page, page_of
from sun_commune.core.text import clean_line
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.deliveries.states import COUNTED, UNDER_WAY
from sun_commune.households.models import Household
from sun_commune.needs.models import LineKind, Need, NeedLine, NeedPhoto
from sun_commune.needs.retention import OVER
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState
from sun_commune.uploads.models import Upload, UploadKind

PAGE_SIZE = 20


@dataclass
class LineView:
    """One line of a claim, with the line of the need and its deliveries, the newest last."""

    claim_line: ClaimLine
    need_line: NeedLine
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def under_way(self) -> int:
        return sum(under_way(delivery) for delivery in self.deliveries)

    @property
    def to_send(self) -> int:
        """Promised and not yet on its way, in the line's own unit."""
        return max(0, self.claim_line.outstanding - self.under_way)


@dataclass
class ClaimView:
    claim: Claim
    need: Need
    donor: User
    lines: list[LineView]

    def line_at(self, position: int) -> LineView:
        for line in self.lines:
            if line.need_line.position == position:
                return line
        raise Missing

    @property
    def deliveries(self) -> list[Delivery]:
        return [delivery for line in self.lines for delivery in line.deliveries]


class DeliveryView(NamedTuple):
    """A delivery with everything that decides what may be done with it."""

    delivery: Delivery
    claim_line: ClaimLine
    claim: Claim
    need_line: NeedLine
    need: Need
    donor: User


def under_way(delivery: Delivery) -> int:
    """Quantity that is on its way and not counted as delivered (a dispute after acceptance is counted still)."""
    is_open_dispute = delivery.state is DeliveryState.DISPUTED and delivery.accepted_quantity is None
    return delivery.quantity if delivery.state in UNDER_WAY or is_open_dispute else 0


def find_claim(code: str) -> Claim:
    claim = db.session.execute(select(Claim).where(Claim.code == clean_line(code))).scalar_one_or_none()
    if claim is None:
        raise Missing
    return claim


def view_claim(code: str) -> ClaimView:
    """A claim by its public code with need, lines and deliveries; Missing if there is none."""
    return views_of([find_claim(code)])[0]


def views_of(claims: Sequence[Claim]) -> list[ClaimView]:
    """The claims with all that pages show of them, in a fixed number of statements."""
    claim_ids = [claim.id for claim in claims]
    need_ids = {claim.need_id for claim in claims}
    needs = {need.id: need for need in db.session.execute(select(Need).where(Need.id.in_(need_ids))).scalars()}
    donor_ids = {claim.donor_id for claim in claims}
    donors = {user.id: user for user in db.session.execute(select(User).where(User.id.in_(donor_ids))).scalars()}
    lines: dict[int, list[LineView]] = {claim_id: [] for claim_id in claim_ids}
    by_claim_line: dict[int, LineView] = {}
    pairs = (
        select(ClaimLine, NeedLine)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .where(ClaimLine.claim_id.in_(claim_ids))
        .order_by(NeedLine.position)
    )
    for claim_line, need_line in db.session.execute(pairs):
        view = LineView(claim_line, need_line)
        by_claim_line[claim_line.id] = view
        lines[claim_line.claim_id].append(view)
    deliveries = select(Delivery).where(Delivery.claim_line_id.in_(list(by_claim_line))).order_by(Delivery.id)
    for delivery in db.session.execute(deliveries).scalars():
        by_claim_line[delivery.claim_line_id].deliveries.append(delivery)
    return [ClaimView(claim, needs[claim.need_id], donors[claim.donor_id], lines[claim.id]) for claim in claims]


def view_delivery(code: str) -> DeliveryView:
    """A delivery by its public code; Missing if there is none."""
    return _one_delivery(Delivery.code == clean_line(code))


def view_delivery_by_id(delivery_id: int) -> DeliveryView:
    return _one_delivery(Delivery.id == delivery_id)


def _one_delivery(condition: ColumnElement[bool]) -> DeliveryView:
    statement = (
        select(Delivery, ClaimLine, Claim, NeedLine, Need, User)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .join(Need, Need.id == Claim.need_id)
        .join(User, User.id == Claim.donor_id)
        .where(condition)
    )
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise Missing
    return DeliveryView(*row)


def find_by_transfer(uid: str) -> Delivery | None:
    return db.session.execute(select(Delivery).where(Delivery.transfer_uid == uid)).scalar_one_or_none()


def list_own_claims(donor_id: int, *, after: str = "") -> Page[ClaimView]:
    """A donor's claims: those that wait for the donor first, the nearest date on top; then the rest, newest first."""
    waiting = Claim.state.in_((ClaimState.HELD, ClaimState.PLEDGED))
    rank = case((waiting, 0), else_=1)
    due = case((waiting, func.coalesce(Claim.due_on, date(1970, 1, 1))), else_=date(9999, 1, 1))
    statement = select(Claim).where(Claim.donor_id == donor_id).order_by(rank, due, Claim.id.desc())
    before = select(Claim).where(Claim.code == clean_line(after), Claim.donor_id == donor_id)
    last = db.session.execute(before).scalar_one_or_none()
    if last is not None:
        statement = statement.where(_is_after(last, rank, due))
    claims = list(db.session.execute(statement.limit(PAGE_SIZE + 1)).scalars())
    return page_of(views_of(claims), [claim.code for claim in claims], PAGE_SIZE, after=after)


def _is_after(last: Claim, rank: ColumnElement[int], due: ColumnElement[date]) -> ColumnElement[bool]:
    """The condition that a row comes after ``last`` in the order of list_own_claims."""
    is_waiting = last.state in {ClaimState.HELD, ClaimState.PLEDGED}
    last_rank = 0 if is_waiting else 1
    last_due = (last.due_on or date(1970, 1, 1)) if is_waiting else date(9999, 1, 1)
    same_rank = rank == last_rank
    return or_(
        rank > last_rank,
        and_(same_rank, due > last_due),
        and_(same_rank, due == last_due, Claim.id < last.id),
    )


def list_claim_donors(need_id: int) -> list[int]:
    """Users whose money arrived for a need."""
    statement = (
        select(Claim.donor_id)
        .join(ClaimLine, ClaimLine.claim_id == Claim.id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .where(Claim.need_id == need_id, NeedLine.kind == LineKind.MONEY, ClaimLine.delivered > 0)
        .distinct()
    )
    return list(db.session.execute(statement).scalars())


class Contact(NamedTuple):
    """Whom a donor may call: the office, never the household."""

    name: str
    office_phone: str


def find_office(village_code: str) -> Contact | None:
    """The village's first secretary with an office phone, else its information officer."""
    day = today()
    statement = (
        select(User.name, User.office_phone)
        .join(Duty, Duty.user_id == User.id)
        .where(
            Duty.place_code == village_code,
            Duty.role.in_((Role.FIRST_SECRETARY, Role.INFORMATION_OFFICER)),
            Duty.state == DutyState.ACTIVE,
            Duty.starts_on <= day,
            or_(Duty.ends_on.is_(None), Duty.ends_on >= day),
            User.is_enabled,
        )
        .order_by(User.office_phone == "", Duty.role != Role.FIRST_SECRETARY, Duty.id)
        .limit(1)
    )
    row = db.session.execute(statement).first()
    return Contact(*row) if row else None


def household_of(need: Need) -> Household | None:
    return db.session.get(Household, need.household_id) if need.household_id else None


def find_upload(delivery: Delivery) -> Upload | None:
    return db.session.get(Upload, delivery.photo_id) if delivery.photo_id else None


class Proof(NamedTuple):
    """What the public may see of one delivery that counts. ``photo`` is an upload's token, "" without one."""

    on: date
    kind: LineKind
    item: str
    unit: str
    quantity: int
    donor_shown: str
    thanks: str
    photo: str
    entry_uid: str


def list_proofs(need_id: int, limit: int = 50) -> list[Proof]:
    """The deliveries of a need that count, newest first, as its public page may show them."""
    statement = (
        select(Delivery, NeedLine, Claim.display_name, Upload)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .outerjoin(Upload, Upload.id == Delivery.photo_id)
        .where(Delivery.need_id == need_id, Delivery.state.in_(COUNTED))
        .order_by(Delivery.accepted_at.desc(), Delivery.id.desc())
        .limit(limit)
    )
    return [
        Proof(
            on=delivery.arrived_on or day_accepted(delivery),
            kind=line.kind,
            item=line.item,
            unit=line.unit,
            quantity=delivery.accepted_quantity or 0,
            donor_shown=shown,
            thanks=delivery.thanks,
            photo=upload.token if upload is not None and upload.is_public else "",
            entry_uid=delivery.transfer_uid or "",
        )
        for delivery, line, shown, upload in db.session.execute(statement)
    ]


def day_accepted(delivery: Delivery) -> date:
    """The day in Asia/Shanghai on which the delivery was accepted."""
    return local(delivery.accepted_at or delivery.sent_at).date()


def list_with_photo(*, household_id: int | None = None, need_id: int | None = None) -> list[DeliveryView]:
    """Deliveries with a photo for one household's needs, or for one need."""
    statement = select(Delivery.id).join(Need, Need.id == Delivery.need_id).where(Delivery.photo_id.is_not(None))
    if household_id is not None:
        statement = statement.where(Need.household_id == household_id)
    if need_id is not None:
        statement = statement.where(Delivery.need_id == need_id)
    return [view_delivery_by_id(row_id) for row_id in db.session.execute(statement).scalars().all()]


def has_unfinished(need_id: int) -> bool:
    """Something is under way to this need, or disputed."""
    unfinished = (Delivery.need_id == need_id, Delivery.state.in_({*UNDER_WAY, DeliveryState.DISPUTED}))
    return db.session.execute(select(Delivery.id).where(*unfinished)).first() is not None


def list_showing_people_after(edge: datetime, most: int) -> list[DeliveryView]:
    """Deliveries to needs that have been over since before ``edge``, with a public photo of a person."""
    statement = (
        select(Delivery.id)
        .join(Need, Need.id == Delivery.need_id)
        .join(Upload, Upload.id == Delivery.photo_id)
        .where(Delivery.photo_shows_person, Upload.is_public, Need.state.in_(OVER), Need.updated_at < edge)
        .order_by(Delivery.id)
        .limit(most)
    )
    return [view_delivery_by_id(row_id) for row_id in db.session.execute(statement).scalars().all()]


def find_money_claim(payment_code: str) -> Claim | None:
    statement = select(Claim).where(Claim.payment_code == payment_code).options(selectinload(Claim.lines))
    return db.session.execute(statement).scalar_one_or_none()


class ReportedPayment(NamedTuple):
    delivery: Delivery
    claim: Claim
    need: Need
    donor: User


def list_reported(place_codes: Sequence[str], limit: int = 50) -> list[ReportedPayment]:
    """Transfers that donors report and no treasurer has seen yet, within the places, oldest first."""
    statement = (
        select(Delivery, Claim, Need, User)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(Need, Need.id == Delivery.need_id)
        .join(User, User.id == Claim.donor_id)
        .where(Delivery.state == DeliveryState.REPORTED)
        .where(or_(false(), *(Need.village_code.startswith(code, autoescape=True) for code in place_codes)))
        .order_by(Delivery.sent_at, Delivery.id)
        .limit(limit)
    )
    return [ReportedPayment(*row) for row in db.session.execute(statement)]


def deliveries_of(claim_line_id: int) -> list[Delivery]:
    statement = select(Delivery).where(Delivery.claim_line_id == claim_line_id).order_by(Delivery.id)
    return list(db.session.execute(statement).scalars())


def has_bank_reference(reference: str) -> bool:
    statement = select(Delivery.id).where(Delivery.bank_reference == reference).limit(1)
    return db.session.execute(statement).first() is not None


def find_own_photo(token: str, user_id: int) -> Upload | None:
    """A photo that this person handed in before, for a form that comes again; not one that shows something else."""
    statement = select(Upload).where(Upload.token == clean_line(token), Upload.created_by == user_id)
    statement = statement.where(
        ~exists().where(Delivery.photo_id == Upload.id), ~exists().where(NeedPhoto.upload_id == Upload.id)
    )
    return db.session.execute(statement.where(Upload.kind == UploadKind.PHOTO)).scalar_one_or_none()


def find_claim_of_upload(upload_id: int) -> tuple[Claim, Need] | None:
    """The claim and need whose delivery a photo belongs to."""
    statement = (
        select(Claim, Need)
        .join(ClaimLine, ClaimLine.claim_id == Claim.id)
        .join(Delivery, Delivery.claim_line_id == ClaimLine.id)
        .join(Need, Need.id == Claim.need_id)
        .where(Delivery.photo_id == upload_id)
        .limit(1)
    )
    row = db.session.execute(statement).first()
    return (row[0], row[1]) if row else None
