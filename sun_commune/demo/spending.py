"""How money goes out: a road with a budget, an advance that is settled and whose rest comes back; and an advance that
is overdue.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sun_commune.core import clock
from sun_commune.demo import pictures
from sun_commune.demo.accounts import JINLU
from sun_commune.demo.director import Story
from sun_commune.demo.goods import money
from sun_commune.demo.papers import demo_paper
from sun_commune.demo.world import Post, World, ask_voucher, check, later, line, pay, pledge, publish, thank
from sun_commune.ledger import services as ledger
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher
from sun_commune.needs.models import Category, Need
from sun_commune.pledges.models import Shown
from sun_commune.uploads import services as uploads

ROAD = money("入户路材料和人工", 9000)
FAIR = money("赶集帮扶专柜", 1500)
YUAN = 100  # fen
WORKS, TRANSPORT = SpendingCategory.WORKS, SpendingCategory.TRANSPORT


def all_spending(world: World) -> list[Story[None]]:
    return [_road(world), _fair(world)]


def _road(world: World) -> Story[None]:
    """A budget, an advance to the village, two invoices, the rest brought back, and a second version of the budget.

    One voucher is never decided and ends by itself; another one its maker takes back.
    """
    post = Post(
        JINLU, Category.INFRASTRUCTURE, "硬化三组的入户路", "下雨天泥深，老人出门不便，想把三组最后一段路硬化。",
        (line(ROAD, 9000 * YUAN, minimum=100 * YUAN),),
    )  # fmt: skip
    start = world.day(64, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "organisation5", [8000 * YUAN], later(start, 3), shown=Shown.REAL)
    paid = yield from pay(world, claim, claim.lines[0], "organisation5", later(start, 5))
    yield from _plan(world, need, later(start, 7), {WORKS: 6500 * YUAN, TRANSPORT: 800 * YUAN})
    village = (PayeeKind.VILLAGE, "示例村村民委员会")
    advance = yield from _hand_out(
        world, need, later(start, 10), amount_fen=5000 * YUAN, purpose="路面人工和零星砂石", payee=village, days=30
    )
    shop = (PayeeKind.SHOP, "示例砂石场")
    first = _invoice(world, advance, shop, amount_fen=2600 * YUAN, purpose="砂石和水泥", number="00421701")
    yield later(start, 18, 11)
    voucher = first()
    yield later(start, 19, 15)
    check(world, voucher)
    crew = (PayeeKind.PERSON, "示例施工队")
    yield from ask_voucher(
        world, need, later(start, 20, 10), amount_fen=800 * YUAN, category=TRANSPORT, purpose="砂石运费",
        payee=(PayeeKind.PERSON, "示例运输户"),
    )  # fmt: skip
    second = _invoice(world, advance, crew, amount_fen=2150 * YUAN, purpose="铺路人工", number="00421702")
    yield later(start, 25, 11)
    voucher = second()
    yield later(start, 26, 9)
    check(world, voucher)
    yield later(start, 28, 16)
    ledger.return_advance(
        world.user("treasurer"), uid=ledger.new_uid(), advance_code=advance.code, amount_fen=250 * YUAN,
        returned_on=clock.today(), bank_reference="DEMO-YFK-0001",
    )  # fmt: skip
    twice = yield from ask_voucher(
        world, need, later(start, 29, 10), amount_fen=1500 * YUAN, category=WORKS, purpose="路肩砌石人工", payee=crew
    )
    yield later(start, 29, 11)
    ledger.withdraw_voucher(world.user("treasurer"), twice)
    plan = {WORKS: 6900 * YUAN, TRANSPORT: 1100 * YUAN}
    yield from _plan(world, need, later(start, 33), plan, reason="路段比测量时长八米，砂石要多运两车")
    yield from thank(world, need, paid, later(start, 36), "路通到了三组，下雨天也能走了，谢谢你们。")


def _fair(world: World) -> Story[None]:
    """Handed to the first secretary for the market's stall fees, and not settled in time."""
    post = Post(
        JINLU, Category.PRODUCE_SALE, "赶集时摆一个帮扶专柜", "村里的花椒和蜂蜜想在逢集时摆一个专柜，缺摊位费。",
        (line(FAIR, 1500 * YUAN, minimum=100 * YUAN),),
    )  # fmt: skip
    start = world.day(41, 9)
    need = yield from publish(world, post, start)
    claim = yield from pledge(world, need, "person6", [1200 * YUAN], later(start, 3))
    yield from pay(world, claim, claim.lines[0], "person6", later(start, 5))
    team = (PayeeKind.OFFICER, "示例驻村工作队")
    advance = yield from _hand_out(
        world, need, later(start, 8), amount_fen=900 * YUAN, purpose="三个集日的摊位费", payee=team, days=20
    )
    invoice = _invoice(world, advance, (PayeeKind.GOVERNMENT, "示例镇市场管理所"), amount_fen=300 * YUAN,
                       purpose="第一个集日的摊位费", number="00731188")  # fmt: skip
    yield later(start, 16, 10)
    voucher = invoice()
    yield later(start, 17, 10)
    check(world, voucher)


def _plan(
    world: World, need: Need, start: datetime, lines: dict[SpendingCategory, int], reason: str = ""
) -> Story[None]:
    yield start
    budget = ledger.draft_budget(world.user("treasurer"), need_code=need.code, lines=lines, reason=reason)
    yield later(start, 1, 9, 40)
    ledger.approve_budget(world.user("second_treasurer"), budget)


def _papers(world: World, *lines: str) -> dict[str, Any]:
    actor = world.user("treasurer")
    paper = demo_paper("示例票据", *lines, clock.now().isoformat())
    return {"document_id": uploads.store_document(actor_id=actor.id, document=paper).id}


def _hand_out(
    world: World, need: Need, start: datetime, *, amount_fen: int, purpose: str, payee: tuple[PayeeKind, str], days: int
) -> Story[Voucher]:
    yield start
    kind, name = payee
    voucher = ledger.draft_advance(
        world.user("treasurer"), need_code=need.code, payee_name=name, payee_kind=kind, category=WORKS,
        purpose=purpose, amount_fen=amount_fen, spent_on=clock.today(), due_on=_in_days(days),
        **_papers(world, name, purpose),
    )  # fmt: skip
    yield later(start, 1, 14)
    return check(world, voucher)


def _in_days(days: int) -> date:
    return clock.today() + timedelta(days=days)


def _invoice(
    world: World, advance: Voucher, payee: tuple[PayeeKind, str], *, amount_fen: int, purpose: str, number: str
) -> Any:
    """The act of handing in one invoice of the advance, to be done at its moment."""
    kind, name = payee

    def act() -> Voucher:
        actor = world.user("treasurer")
        copy = uploads.store_photo(actor_id=actor.id, photo=pictures.covered_paper(amount_fen))
        return ledger.draft_settlement(
            actor, advance_code=advance.code, payee_name=name, payee_kind=kind, category=WORKS, purpose=purpose,
            amount_fen=amount_fen, spent_on=clock.today(), invoice_number=number, redacted_id=copy.id,
            **_papers(world, name, purpose),
        )  # fmt: skip

    return act
