"""Reports that the law asks for: one published in time, one overdue."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.demo.accounts import JINLU
from sun_commune.demo.director import Story
from sun_commune.demo.world import World
from sun_commune.disclosure import queries, services
from sun_commune.disclosure.jobs import keep_calendar
from sun_commune.disclosure.models import Campaign, CampaignKind, Task

SANTAI = "510722"
WINTER_DAYS_AGO, AUTUMN_DAYS_AGO = 125, 100
WORDS = """本季度捐款主要用于盐亭县黄溪乡各村：
购买过冬用的电热毯、烤火炉和棉衣，支付修蓄水池的砂石和水泥，帮助困难家庭支付治疗费。

做得不够的地方：两张凭单因为票据不全被退回，耽误了几天；一笔捐款记错了需求，已经冲回并重新入账，账本里都能看到。

下一步：把还没有用完的专款尽快用到原来的需求上，继续入户走访。（演示数据）"""


def all_reports(world: World) -> list[Story[None]]:
    """The calendar's job runs yesterday for the first time, as on a platform that has just begun with it: the standing
    funds owe their next report, not those of the years before."""
    world.director.add_job(world.day(1, 9, 30), keep_calendar)
    return [_winter(world), _autumn(world)]


def _winter(world: World) -> Story[None]:
    """A county's campaign whose first quarter was told in time, by two people."""
    yield world.day(WINTER_DAYS_AGO, 10)
    campaign = _open(world, "盐亭县过冬帮扶（演示）", JINLU[:6])
    yield world.day(45, 8, 30)
    services.open_tasks(campaign.id)
    yield world.day(40, 15)
    task = _task_of(campaign)
    services.write_report(world.user("treasurer"), campaign, task, words=WORDS, note="")
    yield world.day(39, 9, 20)
    draft = queries.waiting_draft(task)
    if draft is None:
        raise RuntimeError("the story's draft is gone")
    shown = services.compute_figures(campaign, task, draft.begins_on, draft.ends_on)
    services.publish_report(world.user("second_treasurer"), campaign, draft, seen_sha256=shown.sha256)


def _autumn(world: World) -> Story[None]:
    """Another county's, whose report nobody has written: overdue for everybody to see."""
    yield world.day(AUTUMN_DAYS_AGO, 10)
    campaign = _open(world, "三台县秋收帮扶（演示）", SANTAI)
    yield world.day(20, 8, 30)
    services.open_tasks(campaign.id)


def _open(world: World, title: str, county_code: str) -> Campaign:
    return services.open_campaign(
        world.user("treasurer"), title=title, kind=CampaignKind.ORDINARY, county_code=county_code, category=None,
        need_codes=[], begins_on=clock.today(), ends_on=clock.today() + timedelta(days=300),
    )  # fmt: skip


def _task_of(campaign: Campaign) -> Task:
    return db.session.execute(select(Task).where(Task.campaign_id == campaign.id)).scalar_one()
