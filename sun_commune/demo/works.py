"""Works of villages that many pay for.

Gifts of several kinds of givers come one after the other over months, and vouchers spend them across the gifts: so the
ledger has a shape in time, and there is money to be followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sun_commune.core import clock
from sun_commune.demo import people
from sun_commune.demo.director import Story
from sun_commune.demo.goods import Thing, money
from sun_commune.demo.world import Post, World, later, line, pay, pledge, publish, spend
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from sun_commune.needs.models import Category
from sun_commune.pledges.models import Shown

YUAN = 100  # fen
S, P = SpendingCategory, PayeeKind
REAL, MASKED, UNNAMED = Shown.REAL, Shown.MASKED, Shown.ANONYMOUS


class Gift(NamedTuple):
    days: int  # after the draft
    donor: str
    yuan: int
    shown: Shown


class Paid(NamedTuple):
    days: int  # after the draft
    yuan: int
    use: SpendingCategory
    payee: tuple[PayeeKind, str]
    purpose: str


@dataclass(frozen=True)
class Work:
    days_ago: int
    village_code: str
    category: Category
    title: str
    story: str
    thing: Thing
    gifts: tuple[Gift, ...]
    vouchers: tuple[Paid, ...]


WORKS = (
    Work(
        172, people.LEIGU, Category.INFRASTRUCTURE, "修通到羊角坪的机耕道",
        "收花椒全靠人背，想把两公里机耕道修通，农用车能开到地头。", money("机耕道材料和机械费", 36000),
        (Gift(4, "organisation7", 9000, REAL), Gift(9, "person4", 1200, MASKED), Gift(18, "enterprise", 12000, REAL),
         Gift(33, "person5", 800, UNNAMED), Gift(47, "organisation7", 6000, REAL)),
        (Paid(24, 13600, S.WORKS, (P.COMPANY, "示例建筑有限公司"), "路基开挖和碎石垫层"),
         Paid(40, 6400, S.TRANSPORT, (P.PERSON, "示例运输户"), "砂石运费"),
         Paid(58, 7200, S.WORKS, (P.COMPANY, "示例建筑有限公司"), "混凝土路面第一段")),
    ),
    Work(
        152, people.SHUANGLONG, Category.EMPLOYMENT, "办一期花椒加工培训班",
        "村里想办烘干和分拣培训班，请老师、租设备、管一餐午饭。", money("培训班费用", 15000),
        (Gift(5, "person5", 3000, REAL), Gift(14, "enterprise", 7500, REAL), Gift(26, "person4", 500, UNNAMED)),
        (Paid(22, 5200, S.TRAINING, (P.COOPERATIVE, "示例职业技能学校"), "培训老师课酬和教材"),
         Paid(34, 3650, S.TRAINING, (P.COMPANY, "示例农机租赁部"), "烘干设备租金")),
    ),
    Work(
        118, people.LONGGONG, Category.MEDICAL, "给村卫生室添一台心电图机",
        "老人看心脏要到江油城里排队，卫生室添一台心电图机，每月请医生来两次。", money("心电图机和培训", 18000),
        (Gift(6, "person4", 2600, MASKED), Gift(12, "organisation7", 8000, REAL), Gift(23, "person5", 1800, UNNAMED),
         Gift(37, "enterprise", 5600, REAL)),
        (Paid(30, 11800, S.GOODS_PURCHASE, (P.SHOP, "示例医疗器械店"), "十二导心电图机一台"),
         Paid(45, 1500, S.TRAINING, (P.HOSPITAL, "示例县人民医院"), "村医操作培训")),
    ),
)  # fmt: skip


def all_works(world: World) -> list[Story[None]]:
    return [_work(world, work) for work in WORKS]


def _work(world: World, work: Work) -> Story[None]:
    lines = (line(work.thing, work.thing.most, minimum=100 * YUAN),)
    post = Post(work.village_code, work.category, work.title, work.story, lines)
    start = world.day(work.days_ago, 9)
    need = yield from publish(world, post, start)
    steps: list[Gift | Paid] = [*work.gifts, *work.vouchers]
    for step in sorted(steps, key=lambda step: step.days):
        moment = max(later(start, step.days, 10), clock.now() + timedelta(minutes=30))
        if isinstance(step, Gift):
            claim = yield from pledge(world, need, step.donor, [step.yuan * YUAN], moment, shown=step.shown)
            yield from pay(world, claim, claim.lines[0], step.donor, later(moment, 1))
        else:
            yield from spend(
                world, need, moment, amount_fen=step.yuan * YUAN, category=step.use, purpose=step.purpose,
                payee=step.payee,
            )  # fmt: skip
