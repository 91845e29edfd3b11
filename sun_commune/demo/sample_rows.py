"""Rows of a sample: every need with its household, lines, claim, delivery and ledger entry, by one seeded generator.

All people are invented ("样例..."), all places real. Dates count back from the day of loading.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from sun_commune.core.clock import local, now, today
from sun_commune.core.db import Base, db
from sun_commune.core.search_text import index_text
from sun_commune.core.text import mask_name
from sun_commune.deliveries.models import Condition, Delivery, DeliveryMethod, DeliveryState, ValueBasis
from sun_commune.demo.goods import WISHES, Wish
from sun_commune.demo.sample_books import SampleBooks
from sun_commune.demo.sample_parts import NUMBERED, Rows, spread_code
from sun_commune.households import vault
from sun_commune.households.models import Consent, ConsentPurpose, Household
from sun_commune.needs import listing
from sun_commune.needs.models import KIND_BITS, LineKind, Need, NeedChange, NeedLine, Subject
from sun_commune.needs.states import NeedAct, NeedState, Side, progress_state
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState, Shown

SERIES_YEAR = 2016  # before the platform opened: sample codes never meet codes of real needs
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "国建明秀英桂芳志强永福春兰玉华德成贵珍"
CLAIMED_SHARE = 45  # per cent of needs that somebody has claimed something of
WHOLLY_SHARE = 50  # per cent of those that are claimed wholly
KEPT_SHARE = 60  # per cent of claims that were kept: delivered, accepted, in the ledger
EXPIRED_SHARE = 4  # per cent of needs that nobody claimed and that have expired

NEWEST_AGE, OLDEST_AGE = timedelta(hours=1), timedelta(days=150)
WISHES_OF = {for_village: [wish for wish in WISHES if wish.for_village is for_village] for for_village in (True, False)}


class Promise(NamedTuple):
    """Rows of a need and of a claim on it."""

    need: dict[str, Any]
    claim: dict[str, Any]


@dataclass(frozen=True)
class VillageOf:
    """A village with the names that its needs are found by."""

    code: str
    names: tuple[str, str, str]
    author_id: int


class Sampler:
    """Makes rows; all its dice are one seeded generator, all its ids counted on from what the tables hold."""

    def __init__(self, seed: int, villages: Sequence[VillageOf], donor_ids: Sequence[int], first_number: int,
                 total: int) -> None:  # fmt: skip
        self.dice = random.Random(seed)
        self.total = total
        self.made = 0
        self.villages = villages
        self.donor_ids = donor_ids
        self.number = first_number
        self.next_ids = {table: 1 + (db.session.execute(select(func.max(table.id))).scalar() or 0)
                         for table in NUMBERED}  # fmt: skip
        self.moment = now()
        self.day = today()
        self.books = SampleBooks(self.take_id, seed, self.moment)

    def take_id(self, table: type[Base]) -> int:
        taken = self.next_ids[table]
        self.next_ids[table] += 1
        return taken

    def happens(self, per_cent: int) -> bool:
        return self.dice.randrange(100) < per_cent

    def add_need(self, rows: Rows, village: VillageOf, *, for_village: bool) -> None:
        """One need with all that hangs on it."""
        wish = self.dice.choice(WISHES_OF[for_village])
        household_id = None if for_village else self.add_household(rows, village)
        need_id = self.take_id(Need)
        self.made += 1
        # Evenly over the time, the oldest first: as on a real platform numbers grow with time.
        published_at = self.moment - NEWEST_AGE - OLDEST_AGE * (self.total - self.made) // self.total
        lines = self.lines_of(wish, need_id)
        expired = not self.happens(100 - EXPIRED_SHARE)
        self.number += 1
        need = self.need_values(wish, need_id, village, household_id, published_at)
        if not expired and self.happens(CLAIMED_SHARE):
            claim = self.claim(rows, need_id, lines, published_at)
            if self.happens(KEPT_SHARE):
                self.keep(rows, need, claim, lines)
        state = progress_state((line["asked"], line["claimed"], line["delivered"]) for line in lines)
        need["state"] = NeedState.EXPIRED if expired else state
        need["is_open"] = not expired and any(line["claimed"] < line["asked"] for line in lines)
        need["kinds"] = sum(KIND_BITS[kind] for kind in {line["kind"] for line in lines})
        rows.add(Need, **need)
        rows.by_table[NeedLine] += lines
        self.add_timeline(rows, need, village)
        for place_code in (need["county_code"], need["township_code"]):
            key = (place_code, wish.category, need["subject"], need["urgency"], need["kinds"], need["is_open"])
            rows.cells[key] += 1
        items = [line["item"] for line in lines]
        document = index_text([need["title"], need["code"], *items, *village.names])
        rows.documents.append({"id": need_id, "document": document})

    def need_values(
        self, wish: Wish, need_id: int, village: VillageOf, household_id: int | None,
        published_at: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        urgency = self.dice.choices((1, 2, 3), (70, 20, 10))[0]
        wanted_on = self.day + timedelta(days=self.dice.randrange(10, 120)) if self.happens(40) else None
        return {
            "id": need_id,
            "code": f"XQ-{SERIES_YEAR}-{self.number:05d}",
            "village_code": village.code,
            "township_code": village.code[:9],
            "county_code": village.code[:6],
            "household_id": household_id,
            "subject": Subject.VILLAGE if household_id is None else Subject.HOUSEHOLD,
            "category": wish.category,
            "title": wish.title,
            "story": wish.story,
            "urgency": urgency,
            "wanted_on": wanted_on,
            "author_id": village.author_id,
            "names_village": True,
            "created_at": published_at - timedelta(days=3),
            "updated_at": published_at,
            "published_at": published_at,
            "expires_on": wanted_on or local(published_at).date() + timedelta(days=180),
            "is_listed": True,
            **listing.sort_keys(need_id, published_at, urgency, wanted_on),
        }

    def add_household(self, rows: Rows, village: VillageOf) -> int:
        household_id = self.take_id(Household)
        code = spread_code("JT", household_id)
        name = self.dice.choice(SURNAMES) + "样例" + self.dice.choice(GIVEN)
        rows.add(
            Household,
            id=household_id,
            code=code,
            village_code=village.code,
            masked_name=mask_name(name),
            members_count=self.dice.randrange(1, 7),
            name_sealed=vault.seal(name, household_code=code, field="name"),
            created_by=village.author_id,
            created_at=self.moment,
            updated_at=self.moment,
        )
        for purpose in (ConsentPurpose.COLLECT, ConsentPurpose.PUBLISH, ConsentPurpose.VILLAGE):
            rows.add(
                Consent,
                id=self.take_id(Consent),
                household_id=household_id,
                purpose=purpose,
                given_on=self.day - timedelta(days=200),
                is_by_guardian=False,
                recorded_by=village.author_id,
                recorded_at=self.moment,
            )
        return household_id

    def lines_of(self, wish: Wish, need_id: int) -> list[dict[str, Any]]:
        things = self.dice.sample(wish.things, k=self.dice.randint(1, len(wish.things)))
        lines = []
        for position, thing in enumerate(things):
            asked = thing.most * self.dice.randint(3, 10) // 10 or 1
            if thing.kind is LineKind.MONEY:
                asked -= asked % 10000 if asked > 10000 else 0
            lines.append(
                {
                    "id": self.take_id(NeedLine),
                    "need_id": need_id,
                    "position": position,
                    "kind": thing.kind,
                    "item": thing.item,
                    "unit": thing.unit,
                    "asked": asked,
                    "unit_price_fen": thing.price_fen,
                    "is_divisible": thing.divisible,
                    "minimum": 1,
                    "claimed": 0,
                    "delivered": 0,
                }
            )
        return lines

    def claim(self, rows: Rows, need_id: int, lines: list[dict[str, Any]], published_at: datetime) -> dict[str, Any]:
        """One donor takes all or some of the lines, wholly or in part; still promised, due in the coming days."""
        wholly = self.happens(WHOLLY_SHARE)
        taken = lines if wholly else lines[: self.dice.randint(1, len(lines))]
        claim_id = self.take_id(Claim)
        pledged_at = min(published_at + timedelta(hours=self.dice.randrange(1, 24)), self.moment)
        has_money = any(line["kind"] is LineKind.MONEY for line in taken)
        name = self.dice.choice(SURNAMES) + "**"
        shown = self.dice.choice((Shown.MASKED, Shown.ANONYMOUS))
        claim: dict[str, Any] = dict(  # noqa: C408 - reads like the tables' rows above
            id=claim_id,
            code=spread_code("RL", claim_id),
            need_id=need_id,
            donor_id=self.dice.choice(self.donor_ids),
            state=ClaimState.PLEDGED,
            shown=shown,
            display_name="" if shown is Shown.ANONYMOUS else name,
            payment_code=spread_code("SC", claim_id) if has_money else None,
            created_at=pledged_at,
            pledged_at=pledged_at,
            due_on=self.day + timedelta(days=self.dice.randrange(3, 14)),
            ended_at=None,
        )
        rows.by_table[Claim].append(claim)
        for line in taken:
            most = line["asked"]
            quantity = most if wholly or not line["is_divisible"] else self.dice.randint(1, most)
            line["claimed"] = quantity
            rows.add(
                ClaimLine,
                id=self.take_id(ClaimLine),
                claim_id=claim_id,
                need_line_id=line["id"],
                quantity=quantity,
                delivered=0,
                released=0,
            )
        return claim

    def keep(self, rows: Rows, need: dict[str, Any], claim: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
        """The donor kept the promise: every line of the claim delivered, and booked where it has a value."""
        claimed = [row for row in rows.by_table[ClaimLine][-len(lines) :] if row["claim_id"] == claim["id"]]
        ended_at = claim["pledged_at"] + timedelta(hours=self.dice.randrange(20, 72))
        ended_at = min(ended_at, self.moment)
        for row in claimed:
            line = next(line for line in lines if line["id"] == row["need_line_id"])
            row["delivered"] = line["delivered"] = row["quantity"]
            self.deliver(rows, Promise(need, claim), line, row, ended_at)
        claim |= {"state": ClaimState.FULFILLED, "ended_at": ended_at}

    def deliver(self, rows: Rows, promise: Promise, line: dict[str, Any], row: dict[str, Any], at: datetime) -> None:
        need, claim = promise
        kind, quantity, village = line["kind"], row["quantity"], need["author_id"]
        is_money, is_goods = kind is LineKind.MONEY, kind is LineKind.GOODS
        delivery_id = self.take_id(Delivery)
        value_fen = quantity * (line["unit_price_fen"] or 0) if is_goods else None
        delivery = {
            "id": delivery_id,
            "code": spread_code("SD", delivery_id),
            "claim_line_id": row["id"],
            "need_id": need["id"],
            "state": DeliveryState.PAID
            if is_money
            else DeliveryState.ACCEPTED
            if is_goods
            else DeliveryState.CONFIRMED,
            "method": DeliveryMethod.TRANSFER if is_money else DeliveryMethod.FACE_TO_FACE,
            "quantity": quantity,
            "sent_by": claim["donor_id"],
            "sent_at": claim["pledged_at"],
            "received_quantity": quantity,
            "condition": Condition.GOOD if is_goods else None,
            "received_by": village,
            "received_at": at,
            "accepted_quantity": quantity,
            "accepted_by": village,
            "accepted_at": at,
            "value_fen": value_fen,
            "value_basis": ValueBasis.MARKET if is_goods else None,
            "transfer_uid": spread_code("ZM", delivery_id, 11) if is_money or value_fen else None,
        }
        rows.add(Delivery, **delivery)
        if delivery["transfer_uid"]:
            self.books.post(rows, need, claim, line, delivery)

    def add_timeline(self, rows: Rows, need: dict[str, Any], village: VillageOf) -> None:
        steps = [
            (NeedAct.SUBMIT, Side.VILLAGE, NeedState.DRAFT, NeedState.SUBMITTED, 2),
            (NeedAct.APPROVE, Side.TOWNSHIP, NeedState.SUBMITTED, NeedState.APPROVED, 1),
            (NeedAct.PUBLISH, Side.COUNTY, NeedState.APPROVED, NeedState.PUBLISHED, 0),
        ]
        if need["state"] is NeedState.EXPIRED:
            steps.append((NeedAct.EXPIRE, Side.SYSTEM, NeedState.PUBLISHED, NeedState.EXPIRED, 0))
        elif need["state"] is not NeedState.PUBLISHED:
            steps.append((NeedAct.PROGRESS, Side.SYSTEM, NeedState.PUBLISHED, need["state"], 0))
        for act, side, from_state, to_state, days in steps:
            rows.add(
                NeedChange,
                id=self.take_id(NeedChange),
                need_id=need["id"],
                at=need["published_at"] - timedelta(days=days),
                actor_id=village.author_id if side is Side.VILLAGE else None,
                act=act,
                side=side,
                from_state=from_state,
                to_state=to_state,
                reason="",
            )
