"""Money that could not be used as promised: donors who choose, one who does not, a refund on its way."""

from __future__ import annotations

from datetime import datetime, timedelta

from sun_commune.choices import services as choices
from sun_commune.choices.models import Choice, Route
from sun_commune.choices.queries import choices_of_claim
from sun_commune.core import clock
from sun_commune.demo import people
from sun_commune.demo.director import Story
from sun_commune.demo.goods import Thing, money
from sun_commune.demo.world import Post, World, bring, later, line, pay, pledge, publish, spend
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from sun_commune.needs import services as needs
from sun_commune.needs.models import Category, Need
from sun_commune.pledges.models import Claim, Shown

YUAN = 100  # fen
PUMP = money("抽水泵", 3000)
BUS = money("校车接送费", 2400)
FERTILISER = money("化肥款", 2000)
SHED = money("村卫生室雨棚", 1800)
STOVE = money("村小取暖", 2600)


def all_choosing(world: World) -> list[Story[None]]:
    return [_waiting(world), _moved(world), _paid_back(world), _on_its_way_back(world), _nobody_chose(world)]


def _post(village_code: str, category: Category, title: str, story: str, thing: Thing) -> Post:
    """For all of it: ``most`` of the thing."""
    return Post(village_code, category, title, story, (line(thing, thing.most, minimum=50 * YUAN),))


def _given(world: World, need: Need, donor: str, yuan: int, moment: datetime) -> Story[Claim]:
    claim = yield from pledge(world, need, donor, [yuan * YUAN], moment, shown=Shown.MASKED)
    yield from pay(world, claim, claim.lines[0], donor, later(moment, 1))
    return claim


def _choice_of(claim: Claim) -> Choice:
    return choices_of_claim(claim.code)[-1]


def _waiting(world: World) -> Story[None]:
    """Withdrawn six days ago: the donor of the demo has still to choose, somebody else gave it to the pool."""
    post = _post(
        people.HUANGXI, Category.INFRASTRUCTURE, "抽水泵坏了，想换一台", "灌溉用的水泵修不好了，想换一台新的。", PUMP
    )
    need = yield from publish(world, post, world.day(34, 9))
    yield from _given(world, need, "donor", 800, world.day(30, 10))
    other = yield from _given(world, need, "person6", 300, world.day(26, 10))
    yield world.day(6, 10)
    needs.withdraw_need(world.county(people.HUANGXI), need, "县水利局已经统一更换，不再需要")
    yield world.day(3, 20)
    choices.choose(world.user("person6"), _choice_of(other), route=Route.POOL)


def _moved(world: World) -> Story[None]:
    """Withdrawn; its donor gives the money to another need of the same kind."""
    post = _post(
        people.LEIGU, Category.EDUCATION, "孩子上学缺校车接送费", "村小合并后路远，缺一学期的校车接送费。", BUS
    )
    start = world.day(64, 9)
    need = yield from publish(world, post, start)
    claim = yield from _given(world, need, "organisation3", 1200, world.day(59, 10))
    yield later(start, 16, 10)
    other_post = _post(
        people.LEIGU, Category.EDUCATION, "村小教室冬天取暖", "教室冬天冷，想添几台电暖器，还差一些钱。", STOVE
    )
    other = yield from publish(world, other_post, later(start, 16, 11))
    yield later(start, 20, 10)
    needs.withdraw_need(world.county(people.LEIGU), need, "县里新开了公交，不再需要接送费")
    yield later(start, 23, 9)
    choices.choose(world.user("organisation3"), _choice_of(claim), route=Route.NEED, to_need_code=other.code)


def _paid_back(world: World) -> Story[None]:
    """Bought for less than was given; the rest went back, by two treasurers."""
    post = _post(
        people.LANGAN, Category.MEDICAL, "村卫生室门口搭雨棚", "老人排队取药要淋雨，想在门口搭一个雨棚。", SHED
    )
    start = world.day(96, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "person12", [1800 * YUAN], later(start, 4), shown=Shown.REAL)
    yield from bring(world, need, claim, "person12", later(start, 5))
    yield from spend(
        world, need, later(start, 12), amount_fen=1460 * YUAN, category=SpendingCategory.WORKS,
        purpose="雨棚材料和安装", payee=(PayeeKind.SHOP, "示例建材店"),
    )  # fmt: skip
    yield later(start, 30, 15)
    needs.close_need(world.county(people.LANGAN), need, "雨棚已搭好，余款由捐赠人选择去向")
    yield later(start, 31, 20)
    choices.choose(world.user("person12"), _choice_of(claim), route=Route.REFUND)
    yield later(start, 33, 10)
    choices.record_refund(
        world.user("treasurer"), _choice_of(claim), bank_reference=f"DEMO{claim.code}T", paid_on=clock.today()
    )
    yield later(start, 34, 10)
    choices.confirm_refund(world.user("second_treasurer"), _choice_of(claim))


def _on_its_way_back(world: World) -> Story[None]:
    """Asked back; one treasurer has sent it, the other one is to look."""
    post = _post(
        people.YANGWUGOU, Category.PRODUCTION_TECHNOLOGY, "春耕缺化肥款", "今年想多种几亩洋芋，缺买化肥的钱。",
        FERTILISER,
    )  # fmt: skip
    start = world.day(40, 9)
    need = yield from publish(world, post, start)
    first = yield from _given(world, need, "person13", 600, world.day(36, 10))
    second = yield from _given(world, need, "organisation5", 500, world.day(33, 10))
    yield world.day(12, 10)
    needs.withdraw_need(world.county(people.YANGWUGOU), need, "合作社已经统一赊购，不再需要")
    yield world.day(8, 20)
    choices.choose(world.user("person13"), _choice_of(first), route=Route.REFUND)
    yield world.day(4, 20)
    choices.choose(world.user("organisation5"), _choice_of(second), route=Route.REFUND)
    yield world.day(2, 10)
    choices.record_refund(
        world.user("second_treasurer"), _choice_of(first), bank_reference=f"DEMO{first.code}T", paid_on=clock.today()
    )


def _nobody_chose(world: World) -> Story[None]:
    """Expired two months ago; asked, reminded, and then the announced default."""
    post = Post(
        people.SHUANGLONG, Category.EMPLOYMENT, "竹编培训班还差材料钱", "想办一期竹编培训，还差买材料的钱。",
        (line(money("竹编材料", 2200), 2200 * YUAN, minimum=50 * YUAN),), wanted_on=world.today - timedelta(days=62),
    )  # fmt: skip
    need = yield from publish(world, post, world.day(100, 9))
    yield from _given(world, need, "person14", 400, world.day(95, 10))
