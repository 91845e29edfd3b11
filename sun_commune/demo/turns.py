"""Needs and promises that take a turn: paused, withdrawn, expired, given back, disputed and settled, reversed."""

from __future__ import annotations

from datetime import timedelta

from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.models import Condition, Delivery, Settlement, ValueBasis
from sun_commune.demo import people
from sun_commune.demo.director import Story
from sun_commune.demo.families import family_key
from sun_commune.demo.goods import goods, money, service
from sun_commune.demo.world import (
    Post,
    World,
    accept,
    bring,
    everything,
    hold,
    later,
    line,
    minutes,
    pay,
    pledge,
    publish,
    receive,
    send,
    submit,
    thank,
)  # fmt: skip
from sun_commune.households import services as households
from sun_commune.households.models import ConsentPurpose
from sun_commune.ledger import queries as ledger_queries
from sun_commune.ledger import services as ledger
from sun_commune.needs import services as needs
from sun_commune.needs.models import Category, Need, Urgency
from sun_commune.pledges import jobs as pledges_jobs
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import ClaimLine, Shown

SHEET = goods("床单", "床", 100, 2)
BLANKET = goods("电热毯", "床", 100, 2)
SEEDLING = goods("花椒苗", "株", 4, 300)
PIGLET = goods("仔猪", "头", 900, 2)
BEES = goods("中蜂蜂箱", "箱", 600, 6)
BOOKS = goods("儿童图书", "本", 25, 120)
CHAIR = goods("轮椅", "辆", 550, 1, divisible=False)
HONEY = service("团购蜂蜜（每次 10 瓶）", "次", 700, 6)
LESSON = service("暑期授课", "场", 200, 10)
JOB = money("公益岗补贴", 4800)
YUAN = 100  # fen


def all_turns(world: World) -> list[Story[None]]:
    return [
        _paused(world), _consent_withdrawn(world), _withdrawn_by_village(world), _withdrawn_by_county(world),
        _expired(world), _closed(world), _returned_and_mended(world), _cancelled(world), _hold_ended(world),
        _never_sent(world), _called_off(world), _settled_accepted(world), _settled_returned(world),
        _settled_released(world), _reversed(world),
    ]  # fmt: skip


def _sheets(village_code: str, number: int) -> Post:
    return Post(
        village_code, Category.DAILY_NECESSITIES, "换两床床单被套", "被褥旧了，想换两床床单。", (line(SHEET, 2),),
        household=family_key(village_code, number),
    )  # fmt: skip


def _paused(world: World) -> Story[None]:
    start = world.day(40, 9)
    need = yield from publish(world, _sheets(people.SHIYI, 1), start)
    yield later(start, 9, 11)
    needs.pause_need(world.county(people.SHIYI), need, "家里暂时搬去亲戚家，等回村再继续")


def _consent_withdrawn(world: World) -> Story[None]:
    """The family does not want it to be public any more; the system hides it at once."""
    start = world.day(33, 9)
    yield from publish(world, _sheets(people.LEIGU, 1), start)
    yield later(start, 12, 9, 45)
    household = world.household(family_key(people.LEIGU, 1))
    households.withdraw_consent(world.secretary(people.LEIGU), household, purpose=ConsentPurpose.PUBLISH)


def _withdrawn_by_village(world: World) -> Story[None]:
    start = world.day(52, 9)
    need = yield from publish(world, _sheets(people.LONGGONG, 1), start)
    yield later(start, 6, 11)
    needs.withdraw_need(world.secretary(people.LONGGONG), need, "亲戚已经送来了，不再需要")


def _withdrawn_by_county(world: World) -> Story[None]:
    """Somebody had promised it; what was promised is given back."""
    start = world.day(60, 9)
    need = yield from publish(world, _sheets(people.SHUANGLONG, 1), start)
    yield from pledge(world, need, "person6", [1], later(start, 4))
    yield later(start, 5, 11)
    needs.withdraw_need(world.county(people.SHUANGLONG), need, "核实后发现与另一条需求重复")


def _expired(world: World) -> Story[None]:
    """Nobody came by the day it was wanted."""
    post = Post(
        people.LUOHANSI, Category.PRODUCE_SALE, "中秋前卖蜂蜜", "今年蜜好，离街远，想在节前找单位团购。",
        (line(HONEY, 6),), wanted_on=world.today - timedelta(days=35),
    )  # fmt: skip
    yield from publish(world, post, world.day(80, 9))


def _closed(world: World) -> Story[None]:
    """Fulfilled, thanked, and closed by the county after a look."""
    post = Post(
        people.NEW_YANGWUGOU, Category.INDUSTRIAL_PROJECT, "想养两头仔猪", "家里有圈，劳力也够，缺买仔猪的钱。",
        (line(PIGLET, 2),), household=family_key(people.NEW_YANGWUGOU, 1),
    )  # fmt: skip
    start = world.day(110, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "person7", [2], later(start, 5), shown=Shown.REAL)
    brought = yield from bring(world, need, claim, "person7", later(start, 8), basis=ValueBasis.INVOICE)
    yield from thank(world, need, brought[0], later(start, 12), "两头仔猪都养得好，谢谢您。")
    yield later(start, 30, 15)
    needs.close_need(world.county(people.NEW_YANGWUGOU), need, "已回访，物资到户，需求办结")


def _returned_and_mended(world: World) -> Story[None]:
    """Sent back by the township and by the county, then public."""
    post = Post(
        people.LEIGU, Category.EDUCATION, "村里办暑期课堂", "暑假孩子没人带，想办两周课堂，缺老师和图书。",
        (line(LESSON, 10), line(BOOKS, 120, minimum=10)),
    )  # fmt: skip
    start = world.day(28, 9)
    village = people.LEIGU
    need = yield from submit(world, post, start)
    yield later(start, 1)
    needs.return_need(world.reviewer(village), need, "请写明课堂的时间和地点")
    yield later(start, 2)
    needs.submit_need(world.secretary(village), need)
    yield later(start, 3)
    needs.approve_need(world.reviewer(village), need)
    yield later(start, 4)
    needs.return_need(world.county(village), need, "请老师的次数和场数对不上，请核对")
    yield later(start, 5)
    needs.submit_need(world.secretary(village), need)
    yield later(start, 6)
    needs.approve_need(world.reviewer(village), need)
    yield later(start, 7)
    needs.publish_need(world.county(village), need)
    claim = yield from pledge(world, need, "organisation6", [4, 0], later(start, 9), shown=Shown.REAL)
    yield from bring(world, need, claim, "organisation6", later(start, 11))


def _cancelled(world: World) -> Story[None]:
    """A donor takes a promise back in time; the quantities are open again."""
    start = world.day(21, 9)
    need = yield from publish(world, _sheets(people.NEW_YANGWUGOU, 2), start)
    claim = yield from pledge(world, need, "person8", [2], later(start, 4))
    yield later(start, 6, 20)
    pledges.cancel_claim(world.user("person8"), claim, "临时出差，来不及买了，抱歉")


def _hold_ended(world: World) -> Story[None]:
    """Somebody looked and went away; half an hour later it is open again."""
    start = world.day(18, 9)
    need = yield from publish(world, _sheets(people.LONGGONG, 2), start)
    yield from hold(world, need, "person9", [1], later(start, 5, 20))
    world.director.add_job(later(start, 5, 20, 31), pledges_jobs.release_expired_holds)


def _never_sent(world: World) -> Story[None]:
    """Promised, reminded twice, not sent: released on the day after."""
    start = world.day(45, 9)
    need = yield from publish(world, _sheets(people.SHUANGLONG, 2), start)
    yield from pledge(world, need, "organisation4", [2], later(start, 4), shown=Shown.REAL)


def _called_off(world: World) -> Story[None]:
    """The parcel came back to the donor, who sends it again."""
    post = Post(
        people.HUANGXI, Category.DAILY_NECESSITIES, "过冬缺电热毯", "山上冷得早，屋里湿气重，缺两床电热毯。",
        (line(BLANKET, 2),), household=family_key(people.HUANGXI, 1),
    )  # fmt: skip
    start = world.day(20, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "person10", [2], later(start, 3))
    first = yield from send(world, need, claim.lines[0], "person10", later(start, 5))
    yield later(start, 9)
    deliveries.cancel_delivery(world.user("person10"), first)
    again = yield from send(world, need, claim.lines[0], "person10", later(start, 10))
    yield from receive(world, need, again, later(start, 14))
    yield from accept(world, need, again, later(start, 14, 16))


def _dispute(world: World, post: Post, donor: str, start_days_ago: int, reason: str) -> Story[tuple[Need, Delivery]]:
    """Claimed, sent, received, and disputed by the village."""
    start = world.day(start_days_ago, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, donor, everything(need), later(start, 4))
    delivery = yield from send(world, need, claim.lines[0], donor, later(start, 6))
    yield from receive(world, need, delivery, later(start, 9), condition=Condition.DAMAGED)
    yield later(start, 9, 16)
    deliveries.dispute_delivery(world.secretary(post.village_code), delivery, reason=reason)
    return need, delivery


def _settled_accepted(world: World) -> Story[None]:
    """Part of the seedlings had dried: the county counts the rest."""
    post = Post(
        people.YANGWUGOU, Category.INDUSTRIAL_PROJECT, "种花椒，缺椒苗", "坡地整好了，想种青花椒，缺苗木。",
        (line(SEEDLING, 300, minimum=20),), household=family_key(people.YANGWUGOU, 1),
    )  # fmt: skip
    _need, delivery = yield from _dispute(world, post, "organisation2", 70, "有六十株在路上干死了")
    yield later(clock.now(), 3)
    deliveries.settle_dispute(
        world.county(people.YANGWUGOU), delivery, outcome=Settlement.ACCEPTED, text="按成活的二百四十株计，其余补送",
        quantity=240, value_fen=960 * YUAN, value_basis=ValueBasis.MARKET,
    )  # fmt: skip


def _settled_returned(world: World) -> Story[None]:
    """The wrong size: back to the donor, who brings the right one."""
    post = Post(
        people.LANGAN, Category.MEDICAL, "需要一辆轮椅", "家里有病人，出门要人背，需要一辆轮椅。", (line(CHAIR, 1),),
        household=family_key(people.LANGAN, 1), urgency=Urgency.SOON,
    )  # fmt: skip
    need, delivery = yield from _dispute(world, post, "organisation8", 64, "尺寸太小，坐不下，换一辆才行")
    yield later(clock.now(), 2)
    deliveries.settle_dispute(
        world.county(people.LANGAN), delivery, outcome=Settlement.RETURNED, text="由捐赠方换一辆大号的再送来"
    )
    promised = db.session.get_one(ClaimLine, delivery.claim_line_id)
    again = yield from send(world, need, promised, "organisation8", later(clock.now(), 2))
    yield from receive(world, need, again, later(clock.now(), 3))
    yield from accept(world, need, again, minutes(clock.now(), 45), basis=ValueBasis.INVOICE)
    yield from thank(world, need, again, later(clock.now(), 1), "轮椅换来了，能出门晒太阳了，谢谢。")


def _settled_released(world: World) -> Story[None]:
    """What came could not be used: others may promise it now."""
    post = Post(
        people.LONGGONG, Category.INDUSTRIAL_PROJECT, "中蜂养殖缺蜂箱", "后山花多，想跟合作社养中蜂。",
        (line(BEES, 4),), household=family_key(people.LONGGONG, 3),
    )  # fmt: skip
    _need, delivery = yield from _dispute(world, post, "person11", 30, "蜂箱开裂，装不了蜂")
    yield later(clock.now(), 3)
    deliveries.settle_dispute(
        world.county(people.LONGGONG), delivery, outcome=Settlement.RELEASED, text="双方同意退回，重新开放认领"
    )


def _reversed(world: World) -> Story[None]:
    """A payment booked for too much: asked by one treasurer, reversed by the other, booked again rightly."""
    post = Post(
        people.HUANGXI, Category.EMPLOYMENT, "设一个公益岗", "村里保洁缺人，想给有困难的人家设一个岗位。",
        (line(JOB, 4800 * YUAN, minimum=100 * YUAN),),
    )  # fmt: skip
    start = world.day(57, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "organisation1", [2400 * YUAN], later(start, 3), shown=Shown.REAL)
    booked = yield from pay(world, claim, claim.lines[0], "organisation1", later(start, 5))
    yield later(clock.now(), 1)
    transfer = ledger_queries.find_transfer(booked.transfer_uid or "")
    if transfer is None:
        raise RuntimeError("the payment has no entry")
    wish = ledger.ask_correction(world.user("treasurer"), transfer, "银行流水是 2,000 元，误记为 2,400 元")
    yield later(clock.now(), 1)
    ledger.approve_correction(world.user("second_treasurer"), wish)
    yield later(clock.now(), 0, 15)
    deliveries.record_payment(
        world.user("treasurer"), payment_code=claim.payment_code or "", amount_fen=2000 * YUAN,
        arrived_on=clock.today() - timedelta(days=1), bank_reference=f"DEMO{claim.code}A",
    )  # fmt: skip
