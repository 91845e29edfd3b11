"""The many: a need for every other invented family, some for villages, spread over the last months.

Most are open. What is decided by dice comes from one seed, so every demo tells the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sun_commune.core import clock
from sun_commune.deliveries.models import ValueBasis
from sun_commune.demo import people
from sun_commune.demo.accounts import JINLU
from sun_commune.demo.director import Story
from sun_commune.demo.families import FAMILIES, family_key
from sun_commune.demo.goods import WISHES, Thing, Wish
from sun_commune.demo.people import DONORS
from sun_commune.demo.world import (
    Post,
    World,
    bring,
    everything,
    later,
    line,
    pledge,
    publish,
    send,
    spend,
    thank,
)  # fmt: skip
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from sun_commune.needs.models import Category, LineKind, Need, Urgency
from sun_commune.pledges.models import Claim, Shown

SEED = 2017
#: Families whose needs desk.py and turns.py tell: so many of the first of each village.
TOLD_ELSEWHERE = {
    JINLU: 11, people.HUANGXI: 1, people.YANGWUGOU: 1, people.NEW_YANGWUGOU: 2, people.LANGAN: 1, people.SHIYI: 1,
    people.LEIGU: 1, people.SHUANGLONG: 2, people.LONGGONG: 3,
}  # fmt: skip
VILLAGE_NEEDS = 14
OLDEST_DAYS = 130
YOUNGEST_DAYS = 5
#: Who gives here; the demo's own donors have their stories in desk.py.
MANY_DONORS = [donor.key for donor in DONORS if donor.key.startswith(("person", "organisation")) and not donor.refusal]
CLOSINGS = (
    "第一书记上门看过，情况属实。", "村民代表会议评议过。", "东西用在实处，欢迎来村里看看。", "最好赶在天冷以前。",
    "谢谢愿意搭把手的人。",
)  # fmt: skip
THANKS = (
    "东西收到了，很合用，谢谢您。", "全家都记着您的好。", "村里人都说您送得及时，谢谢。",
    "用上了，心里暖和，谢谢好心人。",
)  # fmt: skip
SPENDINGS = {
    Category.MEDICAL: (SpendingCategory.MEDICAL_FEES, PayeeKind.HOSPITAL, "示例中心卫生院", "门诊和住院费用"),
    Category.EDUCATION: (SpendingCategory.GRANT, PayeeKind.SCHOOL, "示例高级中学", "一学期的伙食费和书本费"),
    Category.INFRASTRUCTURE: (SpendingCategory.WORKS, PayeeKind.COMPANY, "示例建筑有限公司", "水泥和砂石"),
    Category.EMPLOYMENT: (SpendingCategory.GRANT, PayeeKind.PERSON, "示例保洁员", "公益岗补贴"),
    Category.INDUSTRIAL_PROJECT: (SpendingCategory.GOODS_PURCHASE, PayeeKind.COOPERATIVE, "示例合作社", "椒园管护"),
}


@dataclass(frozen=True)
class Turn:
    """What becomes of a published need: ``follow(world, need, dice, start)``, chosen by ``weight``."""

    weight: int
    follow: Callable[[World, Need, Random, datetime], Story[None]]
    least_days: int  # how long ago it must have been posted, so that the story ends before today


def all_many(world: World) -> list[Story[None]]:
    dice = Random(SEED)
    posts = [*_family_posts(dice), *_village_posts(dice)]
    spread = (OLDEST_DAYS - YOUNGEST_DAYS) / len(posts)
    order = dice.sample(range(len(posts)), len(posts))
    return [
        _tell(world, post, YOUNGEST_DAYS + int(place * spread), Random(SEED * 1000 + number))
        for number, (post, place) in enumerate(zip(posts, order, strict=True))
    ]


def _family_posts(dice: Random) -> list[Post]:
    wishes = [wish for wish in WISHES if not wish.for_village]
    posts: list[Post] = []
    for village_code, count in FAMILIES.items():
        for number in range(TOLD_ELSEWHERE.get(village_code, 0) + 1, count + 1):
            wish = wishes[len(posts) % len(wishes)]
            posts.append(_post(dice, wish, village_code, family_key(village_code, number)))
    return posts


def _village_posts(dice: Random) -> list[Post]:
    wishes = [wish for wish in WISHES if wish.for_village]
    villages = [code for code in FAMILIES if code != JINLU]
    return [
        _post(dice, wishes[number % len(wishes)], villages[number % len(villages)], "")
        for number in range(VILLAGE_NEEDS)
    ]


def _post(dice: Random, wish: Wish, village_code: str, household: str) -> Post:
    things = dice.sample(wish.things, k=dice.randint(1, len(wish.things)))
    lines = tuple(line(thing, _asked(dice, thing), minimum=_minimum(thing)) for thing in things)
    urgency = dice.choices((Urgency.NORMAL, Urgency.SOON, Urgency.URGENT), (65, 22, 13))[0]
    return Post(
        village_code, wish.category, wish.title, wish.story + dice.choice(CLOSINGS), lines, household=household,
        urgency=urgency,
    )  # fmt: skip


def _asked(dice: Random, thing: Thing) -> int:
    asked = max(1, thing.most * dice.randint(4, 10) // 10)
    return max(10_000, asked - asked % 10_000) if thing.kind is LineKind.MONEY else asked


def _minimum(thing: Thing) -> int | None:
    """Money in parts of ten yuan at least."""
    return 1000 if thing.kind is LineKind.MONEY else None


def _tell(world: World, post: Post, days_ago: int, dice: Random) -> Story[None]:
    start = world.day(days_ago, 8 + days_ago % 9, days_ago * 7 % 60)
    need = yield from publish(world, post, start)
    turn = _turn(dice, days_ago, has_money=any(each.kind is LineKind.MONEY for each in need.lines))
    yield from turn.follow(world, need, dice, later(start, 3, 9 + dice.randrange(10), dice.randrange(60)))


def _turn(dice: Random, days_ago: int, *, has_money: bool) -> Turn:
    """Old needs of money came true more often, so that the ledger's months have something to show."""
    turns = [turn for turn in TURNS if turn.least_days <= days_ago]
    if has_money and days_ago >= 30:
        turns = [turn for turn in turns if turn.follow in {_partly_brought, _fulfilled}] or turns
    return dice.choices(turns, [turn.weight for turn in turns])[0]


def _nothing(world: World, need: Need, dice: Random, start: datetime) -> Story[None]:
    yield start


def _partly_promised(world: World, need: Need, dice: Random, start: datetime) -> Story[None]:
    """Somebody took a part in the last days."""
    start = max(start, world.day(4, 20))
    first = need.lines[0]
    part = first.asked // 2
    if not first.is_divisible or part < first.minimum:
        return
    yield from _promise(world, need, dice, [part], start)


def _promised(world: World, need: Need, dice: Random, start: datetime) -> Story[None]:
    start = max(start, world.day(3, 20))
    yield from _promise(world, need, dice, everything(need), start)


def _on_its_way(world: World, need: Need, dice: Random, start: datetime) -> Story[None]:
    start = max(start, world.day(5, 20))
    donor, claim = yield from _promise(world, need, dice, everything(need), start)
    goods = [each for each, asked in zip(claim.lines, need.lines, strict=True) if asked.kind is LineKind.GOODS]
    if goods:
        yield from send(world, need, goods[0], donor, later(start, 2))


def _partly_brought(world: World, need: Need, dice: Random, start: datetime) -> Story[None]:
    """One line is there, or half of it; the rest is open."""
    first = need.lines[0]
    part = first.asked // 2
    whole_only = not first.is_divisible or part < first.minimum
    quantities = [first.asked if whole_only else part]
    donor, claim = yield from _promise(world, need, dice, quantities, start)
    yield from bring(world, need, claim, donor, later(start, 2, 9, 30), basis=_basis(dice))
    yield from _spend(world, need, dice)


def _fulfilled(world: World, need: Need, dice: Random, start: datetime) -> Story[None]:
    """All of it came, thanks were said, and money was spent on what it was given for."""
    donor, claim = yield from _promise(world, need, dice, everything(need), start)
    brought = yield from bring(world, need, claim, donor, later(start, 2, 9, 30), basis=_basis(dice))
    yield from thank(world, need, brought[0], later(clock.now(), 1, 9), dice.choice(THANKS))
    yield from _spend(world, need, dice)


def _spend(world: World, need: Need, dice: Random) -> Story[None]:
    """What has come for it goes out again, or the first half of it."""
    money_fen = sum(each.delivered for each in need.lines if each.kind is LineKind.MONEY)
    if not money_fen or need.category not in SPENDINGS:
        return
    category, payee_kind, payee, purpose = SPENDINGS[need.category]
    yield from spend(
        world, need, later(clock.now(), 3), amount_fen=money_fen if dice.random() < 0.5 else money_fen // 2,
        category=category, purpose=purpose, payee=(payee_kind, payee),
    )  # fmt: skip


def _promise(
    world: World, need: Need, dice: Random, quantities: list[int], start: datetime
) -> Story[tuple[str, Claim]]:
    donor = dice.choice(MANY_DONORS)
    shown = dice.choice((Shown.REAL, Shown.MASKED, Shown.MASKED, Shown.ANONYMOUS))
    due_on = clock.local(start).date() + timedelta(days=dice.randint(10, 20))
    claim = yield from pledge(world, need, donor, quantities, start, due_on=due_on, shown=shown)
    return donor, claim


def _basis(dice: Random) -> ValueBasis:
    return dice.choice(tuple(ValueBasis))


TURNS = (
    Turn(46, _nothing, 0),
    Turn(12, _partly_promised, 8),
    Turn(6, _promised, 8),
    Turn(6, _on_its_way, 9),
    Turn(12, _partly_brought, 20),
    Turn(18, _fulfilled, 40),
)
