"""Slips that something happened to: one with its fiscal receipt, one void and replaced."""

from __future__ import annotations

from sun_commune.core import clock
from sun_commune.demo import people
from sun_commune.demo.charity import CHARITY
from sun_commune.demo.director import Story
from sun_commune.demo.goods import money
from sun_commune.demo.world import Post, World, later, line, pay, pledge, publish, thank
from sun_commune.needs.models import Category
from sun_commune.pledges.models import Shown
from sun_commune.receipts import queries, services
from sun_commune.receipts.services import OfficialFields

DITCH = money("排水沟材料", 3000)
YUAN = 100  # fen


def all_slips(world: World) -> list[Story[None]]:
    return [_ditch(world)]


def _ditch(world: World) -> Story[None]:
    post = Post(
        people.SHIYI, Category.INFRASTRUCTURE, "院坝边修一段排水沟",
        "雨季路面积水，想在院坝边修一段排水沟，雨天好走路。",
        (line(DITCH, 3000 * YUAN, minimum=100 * YUAN),),
    )  # fmt: skip
    start = world.day(50, 9)
    need = yield from publish(world, post, start)
    first = yield from pledge(world, need, "donor", [1000 * YUAN], later(start, 2, 20), shown=Shown.REAL)
    booked = yield from pay(world, first, first.lines[0], "donor", later(start, 3))
    yield later(clock.now(), 4)
    receipt = queries.newest_of_entry(booked.transfer_uid or "")
    official = OfficialFields(
        credit_code=CHARITY.credit_code, invoice_code="51000000", invoice_number="0000000001", check_code="DEMO01",
        project_code="", issued_on=clock.today(),
    )  # fmt: skip
    services.record_official(world.user("second_treasurer"), receipt, official)
    yield from thank(world, need, booked, later(clock.now(), 1, 11), "材料款收到了，谢谢您惦记着我们村。")

    second = yield from pledge(world, need, "enterprise", [1500 * YUAN], later(start, 10, 15), shown=Shown.REAL)
    booked = yield from pay(world, second, second.lines[0], "enterprise", later(start, 11))
    yield later(clock.now(), 2)
    wrong = queries.newest_of_entry(booked.transfer_uid or "")
    services.void_receipt(world.user("treasurer"), wrong, reason="单位来电：名称要写全称，作废换开")
    services.replace_receipt(world.user("treasurer"), wrong)
    yield from thank(world, need, booked, later(clock.now(), 1, 11), "有了你们的支持，沟渠可以动工了。")

    third = yield from pledge(world, need, "person6", [500 * YUAN], later(start, 18, 19))
    booked = yield from pay(world, third, third.lines[0], "person6", later(start, 19))
    yield from thank(world, need, booked, later(clock.now(), 1, 11), "最后一笔也到了，谢谢大家。")
