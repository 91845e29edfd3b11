"""What lies on the desks of the demo's accounts: in Jinlu village, Huangxi township, Yanting county and the charity.

Each story stops where one of them has to act.
"""

from __future__ import annotations

from datetime import timedelta

from sun_commune.core import clock
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.models import Condition
from sun_commune.demo.accounts import JINLU
from sun_commune.demo.director import Story
from sun_commune.demo.families import family_key
from sun_commune.demo.goods import goods, hours, money, service
from sun_commune.demo.people import HUANGXI
from sun_commune.demo.world import (
    Parcel,
    Post,
    World,
    accept,
    approve,
    ask_voucher,
    bring,
    draft,
    hold,
    later,
    line,
    pay,
    pledge,
    publish,
    receive,
    send,
    spend,
    submit,
    thank,
)  # fmt: skip
from sun_commune.ledger import queries as ledger_queries
from sun_commune.ledger import services as ledger
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from sun_commune.needs import services as needs
from sun_commune.needs.models import Category, Urgency
from sun_commune.pledges.models import Shown

BLANKET = goods("电热毯", "床", 100, 2)
STOVE = goods("烤火炉", "台", 220, 1, divisible=False)
COAT = goods("棉衣", "套", 390, 2)
CHICKS = goods("鸡苗", "只", 15, 60)
CHAIR = goods("轮椅", "辆", 550, 1, divisible=False)
LAMP = goods("太阳能路灯", "盏", 2200, 8)
SCHOOLBAG = goods("书包文具", "套", 150, 2)
DESK = goods("书桌", "张", 300, 1, divisible=False)
METER = goods("血压计", "台", 200, 4)
TREATMENT = money("治疗费", 5000)
STIPEND = money("助学金", 1500)
POOL = money("蓄水池材料", 12000)
POOL_HOURS = hours("砌池出工", 120)
HELP = hours("下地帮忙", 40)
TRAINING = service("花椒修剪培训", "场", 2500, 2)
YUAN = 100  # fen


def all_desks(world: World) -> list[Story[None]]:
    return [
        _draft(world), _returned(world), *_submitted(world), *_approved(world), _on_its_way(world), _received(world),
        _to_thank(world), _field_work(world), _treatment(world), _stipend(world), _pool(world), _disputed(world),
        _held(world),
    ]  # fmt: skip


def _draft(world: World) -> Story[None]:
    """Begun on a phone nine days ago, to be finished by the information officer."""
    post = Post(
        JINLU, Category.MEDICAL, "村卫生室缺血压计", "", (line(METER, 4),), by="information_officer", has_photo=False
    )
    yield from draft(world, post, world.day(9, 16, 5))


def _returned(world: World) -> Story[None]:
    post = Post(
        JINLU, Category.DAILY_NECESSITIES, "过冬缺棉衣", "家里老人过冬缺厚衣服，山上比镇上冷得早。", (line(COAT, 2),),
        household=family_key(JINLU, 1),
    )  # fmt: skip
    start = world.day(5, 9, 10)
    need = yield from submit(world, post, start)
    yield later(start, 2, 10)
    needs.return_need(world.reviewer(JINLU), need, "请写明棉衣的尺码，男式还是女式")


def _submitted(world: World) -> list[Story[None]]:
    family = Post(
        JINLU, Category.EDUCATION, "小学生缺书包文具", "家里有小学生，开学缺书包文具和一张书桌。",
        (line(SCHOOLBAG, 2), line(DESK, 1)), household=family_key(JINLU, 2),
    )  # fmt: skip
    village = Post(
        JINLU, Category.INFRASTRUCTURE, "院坝到村小的路装路灯", "这段路晚上没有灯，孩子和老人走着不放心。",
        (line(LAMP, 8),), by="information_officer", urgency=Urgency.SOON,
    )  # fmt: skip
    return [_hand_in(world, family, 4), _hand_in(world, village, 2)]


def _hand_in(world: World, post: Post, days_ago: int) -> Story[None]:
    yield from submit(world, post, world.day(days_ago, 15))


def _approved(world: World) -> list[Story[None]]:
    family = Post(
        JINLU, Category.INDUSTRIAL_PROJECT, "养土鸡，缺鸡苗", "鸡舍已经搭好，想养一批土鸡，缺鸡苗。",
        (line(CHICKS, 60),), household=family_key(JINLU, 3),
    )  # fmt: skip
    village = Post(
        HUANGXI, Category.PRODUCTION_TECHNOLOGY, "请老师教花椒修剪",
        "去年修剪不得法，产量上不去，想请老师来地里教一场。", (line(TRAINING, 2),),
    )  # fmt: skip
    return [_let_through(world, family, 4), _let_through(world, village, 3)]


def _let_through(world: World, post: Post, days_ago: int) -> Story[None]:
    yield from approve(world, post, world.day(days_ago, 9, 30))


def _on_its_way(world: World) -> Story[None]:
    """The donor has sent the blankets, and the stove is due tomorrow; the secretary waits for the parcel."""
    post = Post(
        JINLU, Category.DAILY_NECESSITIES, "过冬缺电热毯和烤火炉", "山上冷得早，屋里湿气重，缺电热毯和烤火炉。",
        (line(BLANKET, 2), line(STOVE, 1)), household=family_key(JINLU, 4), urgency=Urgency.URGENT,
    )  # fmt: skip
    start = world.day(9, 9)
    need = yield from publish(world, post, start)
    due_on = world.today + timedelta(days=1)
    claim = yield from pledge(
        world, need, "donor", [2, 1], later(start, 3, 20), due_on=due_on, message="先寄电热毯，炉子到货就送。"
    )
    yield from send(world, need, claim.lines[0], "donor", world.day(1, 9, 40))


def _received(world: World) -> Story[None]:
    """Coats lie in the village office: the secretary is to hand them over and accept."""
    post = Post(
        JINLU, Category.DAILY_NECESSITIES, "老人过冬缺厚衣服", "家里两位老人，棉衣穿了多年，想换两套。",
        (line(COAT, 2),), household=family_key(JINLU, 5), urgency=Urgency.SOON,
    )  # fmt: skip
    start = world.day(12, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "enterprise", [2], later(start, 3), shown=Shown.REAL)
    delivery = yield from send(world, need, claim.lines[0], "enterprise", later(start, 6))
    yield from receive(world, need, delivery, world.day(1, 10, 30), by="information_officer")


def _to_thank(world: World) -> Story[None]:
    post = Post(
        JINLU, Category.INDUSTRIAL_PROJECT, "补一批鸡苗", "去年养的鸡卖得好，今年想再补一批鸡苗。", (line(CHICKS, 40),),
        household=family_key(JINLU, 6),
    )  # fmt: skip
    start = world.day(16, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "donor", [40], later(start, 3, 20), shown=Shown.REAL)
    delivery = yield from send(world, need, claim.lines[0], "donor", later(start, 5), parcel=Parcel(by_hand=True))
    yield from receive(world, need, delivery, later(start, 6))
    yield from accept(world, need, delivery, later(start, 6, 11))


def _field_work(world: World) -> Story[None]:
    """Hours on the field: done by the one, to be confirmed; agreed for a day to come by the other."""
    post = Post(
        JINLU, Category.PRODUCTION_TECHNOLOGY, "收红薯缺人手", "家里劳力外出，三亩红薯要赶在霜冻前收。",
        (line(HELP, 40),), household=family_key(JINLU, 7),
    )  # fmt: skip
    start = world.day(11, 9)
    need = yield from publish(world, post, start)
    earlier = yield from pledge(world, need, "association", [12], world.day(2, 18), shown=Shown.REAL)
    claim = yield from pledge(world, need, "donor", [16], world.day(2, 20))
    yield world.day(2, 20, 30)
    planned_on = clock.today() + timedelta(days=1)
    done = deliveries.agree_work(world.user("association"), earlier.lines[0], quantity=12, planned_on=planned_on)
    yield world.day(2, 20, 40)
    deliveries.agree_work(world.user("donor"), claim.lines[0], quantity=16, planned_on=world.today + timedelta(days=3))
    yield world.day(1, 17, 30)
    deliveries.mark_done(world.user("association"), done)


def _treatment(world: World) -> Story[None]:
    """Part has come and a voucher waits for its checker; the donor says that more is on its way."""
    post = Post(
        JINLU, Category.MEDICAL, "治疗费还差一些", "家里有病人，报销以后还差一些治疗费。",
        (line(TREATMENT, 5000 * YUAN, minimum=100 * YUAN),), household=family_key(JINLU, 8), urgency=Urgency.URGENT,
    )  # fmt: skip
    start = world.day(24, 9)
    need = yield from publish(world, post, start)
    first = yield from pledge(world, need, "person4", [2000 * YUAN], later(start, 4))
    yield from pay(world, first, first.lines[0], "person4", later(start, 5))
    claim = yield from pledge(world, need, "donor", [1500 * YUAN], world.day(4, 20))
    yield from ask_voucher(
        world, need, world.day(2, 10), amount_fen=1200 * YUAN, category=SpendingCategory.MEDICAL_FEES,
        purpose="住院治疗费，报销后自付部分", payee=(PayeeKind.HOSPITAL, "示例县人民医院"),
    )  # fmt: skip
    yield world.day(1, 19, 30)
    deliveries.report_payment(world.user("donor"), claim.lines[0], amount_fen=1500 * YUAN)


def _stipend(world: World) -> Story[None]:
    """The donor's money is due in four days; an entry with a wrong amount waits to be reversed."""
    post = Post(
        JINLU, Category.EDUCATION, "一学期的助学金", "孩子考上了高中，缺一学期的生活补助。",
        (line(STIPEND, 1500 * YUAN),), household=family_key(JINLU, 9),
    )  # fmt: skip
    start = world.day(15, 9)
    need = yield from publish(world, post, start)
    first = yield from pledge(world, need, "organisation7", [800 * YUAN], later(start, 3), shown=Shown.REAL)
    booked = yield from pay(world, first, first.lines[0], "organisation7", later(start, 4), by="second_treasurer")
    due_on = world.today + timedelta(days=4)
    yield from pledge(world, need, "donor", [500 * YUAN], world.day(3, 21), due_on=due_on, shown=Shown.ANONYMOUS)
    yield world.day(1, 11)
    transfer = ledger_queries.find_transfer(booked.transfer_uid or "")
    if transfer is None:
        raise RuntimeError("the payment has no entry")
    ledger.ask_correction(world.user("second_treasurer"), transfer, "银行流水写的是另一条需求的付款码，记错了需求")


def _pool(world: World) -> Story[None]:
    """A village's cistern: money that came, was spent, was refused, and a voucher that waits for the treasurer."""
    post = Post(
        JINLU, Category.INFRASTRUCTURE, "修一口蓄水池", "夏天缺水，想在坡上修蓄水池，浇地也能用。",
        (line(POOL, 12000 * YUAN, minimum=200 * YUAN), line(POOL_HOURS, 120)),
    )  # fmt: skip
    start = world.day(75, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(
        world, need, "enterprise", [8000 * YUAN, 0], later(start, 3), shown=Shown.REAL, message="愿家家用上放心水。"
    )
    brought = yield from bring(world, need, claim, "enterprise", later(start, 5))
    yield from thank(world, need, brought[0], later(start, 8), "材料款到了，村里已经开工，谢谢你们。")
    shop = (PayeeKind.SHOP, "示例建材店")
    yield from spend(
        world, need, later(start, 12), amount_fen=5000 * YUAN, category=SpendingCategory.WORKS,
        purpose="水泥、砂石和水管", payee=shop,
    )  # fmt: skip
    wrong = yield from ask_voucher(
        world, need, later(start, 20), amount_fen=3000 * YUAN, category=SpendingCategory.TRANSPORT,
        purpose="砂石运费", payee=(PayeeKind.PERSON, "示例司机"),
    )  # fmt: skip
    yield later(start, 21, 16)
    ledger.refuse_voucher(world.user("second_treasurer"), wrong, "运费已含在砂石价里，请核对合同")
    yield from ask_voucher(
        world, need, world.day(1, 15), amount_fen=2000 * YUAN, category=SpendingCategory.WORKS,
        purpose="防水砂浆", payee=shop, by="second_treasurer",
    )  # fmt: skip


def _disputed(world: World) -> Story[None]:
    """The wheelchair came damaged: the county is to settle."""
    post = Post(
        JINLU, Category.MEDICAL, "需要一辆轮椅", "家里有病人，出门要人背，需要一辆轮椅。", (line(CHAIR, 1),),
        household=family_key(JINLU, 10), urgency=Urgency.SOON,
    )  # fmt: skip
    start = world.day(13, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "person5", [1], later(start, 3), shown=Shown.REAL)
    delivery = yield from send(world, need, claim.lines[0], "person5", later(start, 5))
    yield from receive(world, need, delivery, later(start, 8), condition=Condition.DAMAGED)
    yield later(start, 8, 16)
    deliveries.dispute_delivery(world.secretary(JINLU), delivery, reason="一只前轮在路上摔坏了，推不动")


def _held(world: World) -> Story[None]:
    """Somebody is just checking the answers."""
    post = Post(
        JINLU, Category.EDUCATION, "两套书包文具", "家里有两个小学生，缺书包文具。", (line(SCHOOLBAG, 2),),
        household=family_key(JINLU, 11),
    )  # fmt: skip
    need = yield from publish(world, post, world.day(6, 9))
    yield from hold(world, need, "enterprise", [1], world.minutes_ago(3))
