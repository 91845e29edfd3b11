"""The three stories that Mianyang Daily told in December 2017, and nothing that it did not tell.

What the article does not say is invented and kept plain: the days on which the needs were posted, who gave (they stay
unnamed), the category. The householders' names are known from the English text alone, so their characters are a guess;
they are sealed like every family's, and the public reads 黄**, 范**, 宋**.
"""

from __future__ import annotations

from datetime import date, timedelta

from sun_commune.deliveries.models import Delivery, ValueBasis
from sun_commune.demo import people
from sun_commune.demo.accounts import JINLU
from sun_commune.demo.director import Story
from sun_commune.demo.goods import goods, service
from sun_commune.demo.world import (
    Parcel,
    Post,
    World,
    accept,
    at,
    bring,
    draft,
    everything,
    later,
    line,
    minutes,
    pledge,
    publish,
    receive,
    send,
    thank,
)  # fmt: skip
from sun_commune.needs import services as needs
from sun_commune.needs.models import Category, Urgency
from sun_commune.pledges.models import Shown

POSTED_ON = date(2017, 12, 4)  # invented; "two days later" is not
THANKS = "电热毯和烤火炉都用上了，谢谢好心人。"
BLANKET = goods("电热毯", "床", 100, 1)
STOVE = goods("烤火炉", "台", 220, 1, divisible=False)
CHICKS = goods("鸡苗", "只", 15, 100)
PEPPER = service("收购青花椒（每次 50 公斤，每公斤 10 元）", "次", 500, 50)

HUANG = Post(
    JINLU, Category.DAILY_NECESSITIES, "山里过冬，缺电热毯和烤火炉",
    "入冬以来天冷，家里有病人，日子难熬。第一书记把需要的东西写了下来：一床电热毯，一台烤火炉。",
    (line(BLANKET, 1), line(STOVE, 1)), household="huang", urgency=Urgency.URGENT,
)  # fmt: skip
FAN = Post(
    people.YANGWUGOU, Category.PRODUCE_SALE, "五亩青花椒找买主",
    "去年参加了好几场培训，照着专家教的一步步做，青花椒的品质好了很多。今年五亩花椒每公斤卖十元。",
    (line(PEPPER, 50),), household="fan",
)  # fmt: skip
SONG = Post(
    people.LANGAN, Category.INDUSTRIAL_PROJECT, "入了合作社，还想养一批鸡",
    "通过合作社入股分到了红，想再买一批鸡苗，日子会更好。", (line(CHICKS, 100),), household="song",
)  # fmt: skip


def all_cases(world: World) -> list[Story[None]]:
    return [_huang_guoji(world), _fan_youju(world), _song_hanming(world)]


def _huang_guoji(world: World) -> Story[None]:
    """Posted, checked and published on one cold day; brought into the village two days later."""
    start = at(POSTED_ON, 8, 40)
    need = yield from draft(world, HUANG, start)
    yield minutes(start, 20)
    needs.submit_need(world.secretary(JINLU), need)
    yield minutes(start, 110)
    needs.approve_need(world.reviewer(JINLU), need)
    yield minutes(start, 230)
    needs.publish_need(world.county(JINLU), need)
    claims = []
    for donor, quantities, hour in (("donor", (1, 0), 19), ("person1", (0, 1), 20)):
        due_on = POSTED_ON + timedelta(days=5)
        evening = later(start, 0, hour)
        claim = yield from pledge(
            world, need, donor, quantities, evening, due_on=due_on, shown=Shown.ANONYMOUS, message="愿您这个冬天暖和。"
        )
        claims.append((donor, claim))
    deliveries: list[Delivery] = []
    for donor, claim in claims:
        moment = minutes(later(start, 2, 9), len(deliveries))
        deliveries.append((yield from send(world, need, claim.lines[0], donor, moment, parcel=Parcel(by_hand=True))))
    for number, delivery in enumerate(deliveries):
        yield from receive(world, need, delivery, minutes(later(start, 2, 11), number), by="information_officer")
    for number, delivery in enumerate(deliveries):
        yield from accept(world, need, delivery, minutes(later(start, 2, 15), number), basis=ValueBasis.INVOICE)
    for number, delivery in enumerate(deliveries):
        yield from thank(world, need, delivery, minutes(later(start, 2, 15, 30), number), THANKS)


def _fan_youju(world: World) -> Story[None]:
    """The pepper grower of Santai: five mu sold at ten yuan a kilogram, close to 25,000 yuan."""
    start = at(date(2017, 6, 5), 9)
    need = yield from publish(world, FAN, start)
    claim = yield from pledge(world, need, "organisation2", everything(need), later(start, 4), shown=Shown.ANONYMOUS)
    yield from bring(world, need, claim, "organisation2", later(start, 8))


def _song_hanming(world: World) -> Story[None]:
    """The shareholder of Zitong: a bonus from the co-operative, and a batch of chicks."""
    start = at(date(2017, 12, 18), 9)
    need = yield from publish(world, SONG, start)
    for donor, share, days in (("person2", 60, 4), ("person3", 40, 9)):
        claim = yield from pledge(world, need, donor, [share], later(start, days), shown=Shown.ANONYMOUS)
        yield from bring(world, need, claim, donor, later(start, days + 1, 9, 30))
