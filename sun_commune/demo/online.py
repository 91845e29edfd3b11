"""Pledges paid online in the demo, by the simulator and in the way of a real call-back: one arrived, one came too late
for its pledge and waits on the treasurer's desk, one was begun and not paid."""

from __future__ import annotations

from datetime import datetime

from sun_commune import config
from sun_commune.demo import people
from sun_commune.demo.director import Story
from sun_commune.demo.goods import money
from sun_commune.demo.world import Post, World, line, pay, pledge, publish
from sun_commune.needs.models import Category
from sun_commune.payments import services as payments
from sun_commune.payments.gateways.simulator import Simulator
from sun_commune.payments.models import PaymentOrder
from sun_commune.pledges.models import Claim

YUAN = 100
FEE = money("防火宣传费", 900)


def all_online(world: World) -> list[Story[None]]:
    return [_three_ways(world)]


def _three_ways(world: World) -> Story[None]:
    post = Post(
        people.HUANGXI, Category.INFRASTRUCTURE, "森林防火宣传缺经费", "山里干，想印宣传单、装几块提示牌。",
        (line(FEE, 900 * YUAN, minimum=50 * YUAN),),
    )  # fmt: skip
    need = yield from publish(world, post, world.day(26, 9))
    claim = yield from pledge(world, need, "person1", [300 * YUAN], world.day(23, 9))
    order = yield from _begin(world, claim, "person1", world.day(23, 10))
    yield from _call_back(order, world.day(23, 10, 4))
    claim = yield from pledge(world, need, "person2", [200 * YUAN], world.day(22, 9))
    order = yield from _begin(world, claim, "person2", world.day(22, 10))
    yield from pay(world, claim, claim.lines[0], "person2", world.day(21, 9))
    yield from _call_back(order, world.day(20, 15))
    claim = yield from pledge(world, need, "person3", [100 * YUAN], world.day(19, 9))
    yield from _begin(world, claim, "person3", world.day(19, 10))


def _begin(world: World, claim: Claim, donor: str, start: datetime) -> Story[PaymentOrder]:
    """An order for all of the pledge."""
    yield start
    amount_fen = sum(line.outstanding for line in claim.lines)
    return payments.open_order(world.user(donor), claim, gateway="simulator", amount_fen=amount_fen)


def _call_back(order: PaymentOrder, start: datetime) -> Story[None]:
    """What the simulator's page does when its button is pressed."""
    yield start
    gateway = Simulator(config.current().secret_key)
    paid = gateway.parse(*gateway.pay(payments.slip_of(order, lang="zh"), reference=f"SIM{order.code}"))
    if paid is None:
        raise RuntimeError("the simulator did not say that it was paid")
    payments.take_paid(gateway, paid)
