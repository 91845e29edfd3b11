"""What the stories share: who is who, what day it is, and how a need, a claim or a delivery goes its way.

Times of day are Asia/Shanghai. Every function that yields is part of a story (see demo.director): it yields the moment
of each of its acts and does it by the real service, in the name of the person whose part it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sun_commune.accounts.models import Role, User
from sun_commune.core import clock
from sun_commune.core.clock import SHANGHAI
from sun_commune.core.db import db
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.models import Condition, Delivery, DeliveryMethod, ValueBasis
from sun_commune.demo import pictures
from sun_commune.demo.director import Director, Story
from sun_commune.demo.goods import Thing
from sun_commune.demo.papers import demo_paper
from sun_commune.demo.people import officer_key
from sun_commune.households.models import Household
from sun_commune.ledger import services as ledger
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher
from sun_commune.needs import services as needs
from sun_commune.needs.models import Category, LineKind, Need, Subject, Urgency
from sun_commune.needs.rules import LineInput, NeedInput
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, ClaimLine, Shown
from sun_commune.uploads import services as uploads

PRICE_OF_WORK_FEN = 3000  # an hour of labour, where goods.py names none


@dataclass
class World:
    """``users`` and ``households`` hold row ids by key, filled in as people and families appear."""

    director: Director
    users: dict[str, int] = field(default_factory=dict)
    households: dict[str, int] = field(default_factory=dict)
    ends_at: datetime = field(default_factory=clock.now)

    @property
    def today(self) -> date:
        """The day on which the demo is made, however far back the story is just now."""
        return clock.local(self.ends_at).date()

    def user(self, key: str) -> User:
        return db.session.get_one(User, self.users[key])

    def household(self, key: str) -> Household:
        return db.session.get_one(Household, self.households[key])

    def secretary(self, village_code: str) -> User:
        return self.user(officer_key(Role.FIRST_SECRETARY, village_code))

    def reviewer(self, village_code: str) -> User:
        return self.user(officer_key(Role.TOWNSHIP_REVIEWER, village_code[:9]))

    def county(self, village_code: str) -> User:
        return self.user(officer_key(Role.COUNTY_ADMIN, village_code[:6]))

    def day(self, days_ago: int, hour: int = 9, minute: int = 0) -> datetime:
        """A time of a day that lies back so many days, at least one (so that it has come whatever the hour is)."""
        if days_ago < 1:
            raise ValueError("stories of today are told by minutes_ago")
        return at(self.today - timedelta(days=days_ago), hour, minute)

    def minutes_ago(self, minutes: int) -> datetime:
        return self.ends_at - timedelta(minutes=minutes)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def later(moment: datetime, days: int, hour: int = 10, minute: int = 0) -> datetime:
    """So many days after ``moment``, at this time of day."""
    return at(clock.local(moment).date() + timedelta(days=days), hour, minute)


def minutes(moment: datetime, count: int) -> datetime:
    return moment + timedelta(minutes=count)


# --- Needs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Post:
    """A need to be posted: ``household`` is a family's key, "" for the village itself. ``by``: key of its author."""

    village_code: str
    category: Category
    title: str
    story: str
    lines: tuple[LineInput, ...]
    household: str = ""
    urgency: Urgency = Urgency.NORMAL
    wanted_on: date | None = None
    by: str = ""
    has_photo: bool = True

    def content(self, world: World) -> NeedInput:
        return NeedInput(
            subject=Subject.HOUSEHOLD if self.household else Subject.VILLAGE,
            household_id=world.households[self.household] if self.household else None,
            category=self.category, title=self.title, story=self.story, urgency=self.urgency,
            wanted_on=self.wanted_on, lines=self.lines,
        )  # fmt: skip

    def author(self, world: World) -> User:
        return world.user(self.by) if self.by else world.secretary(self.village_code)


def line(thing: Thing, asked: int, *, minimum: int | None = None) -> LineInput:
    return LineInput(
        kind=thing.kind, item=thing.item, asked=asked, unit=thing.unit, unit_price_fen=thing.price_fen,
        is_divisible=thing.divisible, minimum=minimum,
    )  # fmt: skip


def draft(world: World, post: Post, start: datetime) -> Story[Need]:
    """A draft with its picture."""
    yield start
    author = post.author(world)
    need = needs.draft_need(author, village_code=post.village_code, content=post.content(world))
    if post.has_photo:
        photo, alt = pictures.picture_of(" ".join(line.item for line in post.lines) + post.title)
        needs.add_photo(author, need, photo, alt=alt, shows_person=False)
    return need


def submit(world: World, post: Post, start: datetime) -> Story[Need]:
    need = yield from draft(world, post, start)
    yield minutes(start, 25)
    needs.submit_need(post.author(world), need)
    return need


def approve(world: World, post: Post, start: datetime) -> Story[Need]:
    need = yield from submit(world, post, start)
    yield later(start, 1, 10, 20)
    needs.approve_need(world.reviewer(post.village_code), need)
    return need


def publish(world: World, post: Post, start: datetime) -> Story[Need]:
    """From the draft to the supermarket, in two days."""
    need = yield from approve(world, post, start)
    yield later(start, 2, 15, 40)
    needs.publish_need(world.county(post.village_code), need)
    return need


# --- Claims --------------------------------------------------------------------------------------------------


def hold(world: World, need: Need, donor: str, quantities: Sequence[int], start: datetime) -> Story[Claim]:
    """Hold these quantities of the need's lines, in their order; 0 leaves a line out."""
    yield start
    wanted = {line.id: quantity for line, quantity in zip(need.lines, quantities, strict=False) if quantity}
    return pledges.hold_claim(world.user(donor), need, wanted=wanted)


def pledge(
    world: World, need: Need, donor: str, quantities: Sequence[int], start: datetime,
    *, due_on: date | None = None, shown: Shown = Shown.MASKED, message: str = "",
) -> Story[Claim]:  # fmt: skip
    """Held and pledged. ``due_on`` None: ten days later."""
    claim = yield from hold(world, need, donor, quantities, start)
    yield minutes(start, 6)
    due_on = due_on or clock.local(start).date() + timedelta(days=10)
    pledges.pledge_claim(world.user(donor), claim, due_on=due_on, shown=shown, message=message)
    return claim


# --- Deliveries ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parcel:
    """How goods travel: by a courier unless ``by_hand``."""

    by_hand: bool = False
    courier: str = "示例快递"


def send(
    world: World, need: Need, line: ClaimLine, donor: str, start: datetime,
    *, parcel: Parcel | None = None, quantity: int | None = None,
) -> Story[Delivery]:  # fmt: skip
    yield start
    parcel = parcel or Parcel()
    quantity = quantity or line.outstanding
    if parcel.by_hand:
        return deliveries.send_goods(
            world.user(donor), line, quantity=quantity, method=DeliveryMethod.FACE_TO_FACE,
            planned_on=clock.local(start).date() + timedelta(days=1),
        )  # fmt: skip
    return deliveries.send_goods(
        world.user(donor), line, quantity=quantity, method=DeliveryMethod.COURIER, courier=parcel.courier,
        tracking_number=f"DEMO{line.id:08d}",
    )  # fmt: skip


def receive(
    world: World, need: Need, delivery: Delivery, start: datetime,
    *, quantity: int | None = None, condition: Condition = Condition.GOOD, by: str = "",
) -> Story[None]:  # fmt: skip
    yield start
    actor = world.user(by) if by else world.secretary(need.village_code)
    photo = uploads.store_photo(actor_id=actor.id, photo=pictures.parcel_picture())
    deliveries.receive_goods(
        actor, delivery, quantity=quantity or delivery.quantity, condition=condition, photo_id=photo.id
    )


def accept(
    world: World, need: Need, delivery: Delivery, start: datetime, *, basis: ValueBasis = ValueBasis.MARKET
) -> Story[None]:
    yield start
    line = db.session.get_one(ClaimLine, delivery.claim_line_id)
    price_fen = next(each.unit_price_fen for each in need.lines if each.id == line.need_line_id) or 0
    quantity = delivery.received_quantity or 0
    deliveries.accept_goods(
        world.secretary(need.village_code), delivery, quantity=quantity, value_fen=quantity * price_fen,
        value_basis=basis, accepted_for=need.subject,
    )  # fmt: skip


def thank(world: World, need: Need, delivery: Delivery, start: datetime, text: str) -> Story[None]:
    yield start
    deliveries.thank_donor(world.secretary(need.village_code), delivery, text=text)


def pay(
    world: World, claim: Claim, line: ClaimLine, donor: str, start: datetime,
    *, by: str = "treasurer", amount_fen: int | None = None,
) -> Story[Delivery]:  # fmt: skip
    """Reported by the donor, and the next day seen in the account by the treasurer."""
    yield start
    amount_fen = amount_fen or line.outstanding
    deliveries.report_payment(world.user(donor), line, amount_fen=amount_fen)
    yield later(start, 1, 11, 5)
    booked = deliveries.record_payment(
        world.user(by), payment_code=claim.payment_code or "", amount_fen=amount_fen,
        arrived_on=clock.today(), bank_reference=f"DEMO{claim.code}",
    )  # fmt: skip
    return booked[0]


def work(
    world: World, need: Need, line: ClaimLine, donor: str, start: datetime, *, planned_in_days: int = 2
) -> Story[Delivery]:
    """Agreed, done, confirmed."""
    yield start
    planned_on = clock.local(start).date() + timedelta(days=planned_in_days)
    delivery = deliveries.agree_work(world.user(donor), line, quantity=line.outstanding, planned_on=planned_on)
    yield later(start, planned_in_days, 17)
    deliveries.mark_done(world.user(donor), delivery)
    yield later(start, planned_in_days, 18, 10)
    deliveries.confirm_work(world.secretary(need.village_code), delivery, quantity=delivery.quantity)
    return delivery


def bring(
    world: World, need: Need, claim: Claim, donor: str, start: datetime, *, basis: ValueBasis = ValueBasis.MARKET
) -> Story[list[Delivery]]:
    """Keep the whole promise, line by line."""
    brought: list[Delivery] = []
    for line in list(claim.lines):
        moment = later(clock.now(), 1, 9, 30) if brought else start
        kind = next(each.kind for each in need.lines if each.id == line.need_line_id)
        if kind is LineKind.MONEY:
            brought.append((yield from pay(world, claim, line, donor, moment)))
        elif kind is LineKind.GOODS:
            delivery = yield from send(world, need, line, donor, moment)
            yield from receive(world, need, delivery, later(moment, 2, 14, 20))
            yield from accept(world, need, delivery, later(moment, 2, 16), basis=basis)
            brought.append(delivery)
        else:
            brought.append((yield from work(world, need, line, donor, moment)))
    return brought


# --- The treasurers --------------------------------------------------------------------------------------------


def ask_voucher(
    world: World, need: Need, start: datetime, *, amount_fen: int, category: SpendingCategory, purpose: str,
    payee: tuple[PayeeKind, str], by: str = "treasurer",
) -> Story[Voucher]:  # fmt: skip
    yield start
    payee_kind, payee_name = payee
    paper = demo_paper("示例票据", payee_name, purpose, clock.now().isoformat())
    actor = world.user(by)
    document = uploads.store_document(actor_id=actor.id, document=paper)
    copy = uploads.store_photo(actor_id=actor.id, photo=pictures.covered_paper(amount_fen))
    return ledger.draft_voucher(
        actor, need_code=need.code, payee_name=payee_name, payee_kind=payee_kind, category=category, purpose=purpose,
        amount_fen=amount_fen, spent_on=clock.today(), document_id=document.id,
        redacted_id=copy.id,
    )  # fmt: skip


def spend(
    world: World, need: Need, start: datetime, *, amount_fen: int, category: SpendingCategory, purpose: str,
    payee: tuple[PayeeKind, str],
) -> Story[Voucher]:  # fmt: skip
    """A voucher that the second treasurer lets through the next day."""
    voucher = yield from ask_voucher(
        world, need, start, amount_fen=amount_fen, category=category, purpose=purpose, payee=payee
    )
    yield later(start, 1, 14, 30)
    return check(world, voucher)


def check(world: World, voucher: Voucher) -> Voucher:
    """The second treasurer lets it through and answers what was pointed out."""
    said = "合同和送货单都核对过，价格与询价一致"
    return ledger.approve_voucher(world.user("second_treasurer"), voucher, answer=said, copy_checked=True)


def everything(need: Need) -> list[int]:
    """All that is left of each line."""
    return [line.left for line in need.lines]


def line_of_kind(claim: Claim, need: Need, kind: LineKind) -> ClaimLine:
    kinds: dict[int, LineKind] = {line.id: line.kind for line in need.lines}
    return next(line for line in claim.lines if kinds[line.need_line_id] is kind)


def lines_of(things: Iterable[tuple[Thing, int]]) -> tuple[LineInput, ...]:
    return tuple(line(thing, asked) for thing, asked in things)
