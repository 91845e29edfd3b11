"""Two statements of the demo's charity: a bill of WeChat Pay and a bank's file, all invented and marked so.

Money with a payment code finds its claim by itself. Of three transfers without one the first is placed when its donor
has called, the second goes back, the third waits in suspense on the treasurer's desk. The bank keeps a fee.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.demo import people
from sun_commune.demo.director import Story
from sun_commune.demo.goods import money
from sun_commune.demo.world import Post, World, later, line, minutes, pledge, publish
from sun_commune.needs.models import Category
from sun_commune.pledges.models import Claim, Shown
from sun_commune.statements import services
from sun_commune.statements.lines import read_lines
from sun_commune.statements.models import StatementFile, StatementLine

DAYS_AGO = 16
LIBRARY = money("村图书角书款", 2000)
CALLED, NOT_FOR_US = "DEMOB0004", "DEMOB0005"  # the bank's references
BANK_ACCOUNT, WECHAT_ACCOUNT = "示例银行尾号0000（演示）", "微信支付（演示）"
WECHAT_HEADER = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,"
    "资金变更提交申请人,备注,业务凭证号"
)
BANK_HEADER = "交易日期,对方户名,对方账号,收入,支出,余额,流水号,附言"


def all_statements(world: World) -> list[Story[None]]:
    return [_statements(world)]


def _statements(world: World) -> Story[None]:
    """Three pledges; all are paid, one by WeChat and two by the bank, which also brings money that nobody promised."""
    post = Post(
        people.HUANGXI, Category.EDUCATION, "村里想办一个图书角", "放学后孩子们没处看书，想添一批书。",
        (line(LIBRARY, 200_000, minimum=5_000),),
    )  # fmt: skip
    start = world.day(DAYS_AGO, 9)
    need = yield from publish(world, post, start)
    first = yield from pledge(world, need, "person3", [60_000], later(clock.now(), 1), shown=Shown.MASKED)
    second = yield from pledge(world, need, "person4", [80_000], later(clock.now(), 0, 15), shown=Shown.ANONYMOUS)
    third = yield from pledge(world, need, "person9", [12_000], later(clock.now(), 0, 16), shown=Shown.MASKED)
    yield later(clock.now(), 2, 10)
    paid_at = clock.now()
    file = _read(world, _wechat_bill(first, paid_at), WECHAT_ACCOUNT)
    yield minutes(paid_at, 5)
    _post(world, file)
    yield minutes(paid_at, 20)
    file = _read(world, _bank_file(second, paid_at), BANK_ACCOUNT)
    yield minutes(paid_at, 25)
    _post(world, file)
    yield later(paid_at, 1, 11)
    services.place_on_claim(world.user("treasurer"), _line(CALLED), code=third.payment_code or "", amount_fen=12_000)
    yield later(paid_at, 1, 15)
    back = services.ask_return(
        world.user("treasurer"), _line(NOT_FOR_US), amount_fen=3_000, reason="付款人来电：转错账户，请退回"
    )
    yield later(paid_at, 2, 10)
    services.approve_return(world.user("second_treasurer"), back)


def _line(reference: str) -> StatementLine:
    return db.session.execute(select(StatementLine).where(StatementLine.reference == reference)).scalar_one()


def _read(world: World, data: bytes, account: str) -> StatementFile:
    prepared = services.prepare_statement(data, most_megabytes=1)
    return services.store_statement(world.user("treasurer"), prepared, account_name=account)


def _post(world: World, file: StatementFile) -> None:
    treasurer = world.user("treasurer")
    rows, layout = services.open_statement(file)
    run = services.plan_run(treasurer, file, read_lines(rows, layout))
    services.post_statement(treasurer, file, run, seen=run.plan.digest)


def _wechat_bill(claim: Claim, moment: datetime) -> bytes:
    """As WeChat Pay gives it out: a backtick before every value, sums at the foot."""
    day = clock.local(moment).date().isoformat()
    values = [
        f"{day} 08:12:30", "DEMO4200000001", "DEMOF0001", "示例收款（演示）", "交易", "收入", "600.00", "600.00",
        "system", f"示例捐款 {claim.payment_code}", "DEMOV1",
    ]  # fmt: skip
    lines = [WECHAT_HEADER, ",".join(f"`{value}" for value in values)]
    lines += ["资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额", "`1,`1,`600.00,`0,`0.00"]
    return ("\ufeff" + "\r\n".join(lines)).encode()


def _bank_file(claim: Claim, moment: datetime) -> bytes:
    """As many banks do: a title, a header, GB18030."""
    day = clock.local(moment).date().isoformat()
    lines = [
        "示例银行账户明细（演示数据，并非真实流水）", BANK_HEADER,
        f"{day},示例付款人甲（演示）,0000000000000001,800.00,,800.00,DEMOB0001,图书角 {claim.payment_code}",
        f"{day},示例付款人乙（演示）,0000000000000002,66.00,,866.00,DEMOB0002,一点心意",
        f"{day},示例银行（演示）,,,2.00,864.00,DEMOB0003,账户手续费",
        f"{day},示例付款人丙（演示）,0000000000000003,120.00,,984.00,{CALLED},给孩子们买书",
        f"{day},示例付款人丁（演示）,0000000000000004,30.00,,1014.00,{NOT_FOR_US},货款",
    ]  # fmt: skip
    return "\r\n".join(lines).encode("gb18030")
