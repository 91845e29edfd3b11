"""Campaigns: entered by whoever serves the county, ended with their reports."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.disclosure import queries, services
from sun_commune.disclosure.models import Campaign, CampaignKind, TaskKind, TaskState
from sun_commune.needs.models import Category
from tests.cast import Cast
from tests.disclosure.world import OTHER_COUNTY, duties, give, on, open_campaign, run, tasks
from tests.factories import make_need

pytestmark = pytest.mark.usefixtures("book_checks_alone")
K = TaskKind


def end(actor: Any, campaign: Campaign, day: str) -> Campaign:
    with transaction():
        return services.end_campaign(actor, campaign, date.fromisoformat(day))


def rename(actor: Any, campaign: Campaign, title: str, reason: str = "备案名称录入有误") -> Campaign:
    with transaction():
        return services.rename_campaign(actor, campaign, title=title, reason=reason)


def test_corrected_title_keeps_the_earlier_ones(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        campaign = open_campaign(cast.administrator)
        first = campaign.title
        rename(cast.administrator, campaign, "盐亭县冬衣募集行动")
        rename(cast.administrator, campaign, " 盐亭县冬衣募集行动 ", "再点一次")
        rename(cast.administrator, campaign, "盐亭县冬衣棉被募集", "棉被也在募集之列")
    found = queries.find_campaign(campaign.code)
    assert found is not None
    assert found.title == "盐亭县冬衣棉被募集"
    assert [(row.earlier, row.title) for row in queries.earlier_titles(found)] == [
        ("盐亭县冬衣募集行动", "盐亭县冬衣棉被募集"), (first, "盐亭县冬衣募集行动"),
    ]  # fmt: skip
    acts = select(AuditEntry.reason).where(AuditEntry.act == "CampaignRenamed").order_by(AuditEntry.id)
    assert db.session.execute(acts).scalars().all() == ["备案名称录入有误", "棉被也在募集之列"]


@pytest.mark.parametrize("who", ["other_administrator", "secretary", "supervisor", "donor"])
def test_others_do_not_rename_it(app: Flask, cast: Cast, who: str) -> None:
    with on("2026-01-10"):
        campaign = open_campaign(cast.administrator)
        with pytest.raises(NotAllowed):
            rename(getattr(cast, who), campaign, "盐亭县冬衣募集行动")


def test_standing_fund_has_no_title_to_correct(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        give("2026-01-05")
        run()
        standing = next(row for row in queries.list_campaigns() if row.kind is CampaignKind.STANDING)
        with pytest.raises(NotAllowed):
            rename(cast.treasurer, standing, "全市公益资金")


@pytest.mark.parametrize(
    ("title", "reason", "field"), [("三字 ", "录入有误了", "title"), ("盐亭县冬衣募集行动", "错", "reason")]
)
def test_title_or_reason_that_cannot_be(app: Flask, cast: Cast, title: str, reason: str, field: str) -> None:
    with on("2026-01-10"):
        campaign = open_campaign(cast.administrator)
        with pytest.raises(RuleBroken) as refused:
            rename(cast.administrator, campaign, title, reason)
    assert refused.value.field == field


def test_administrator_enters_one_for_the_county(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        need = make_need(cast)
        made = open_campaign(cast.administrator, category=Category.EDUCATION, need_codes=[need.code])
        assert (made.code, made.needs) == ("HD-2026-00001", [need.code])


@pytest.mark.parametrize(
    ("who", "changes"),
    [
        ("administrator", {"county_code": OTHER_COUNTY}),
        ("administrator", {"county_code": ""}),
        ("secretary", {}),
        ("supervisor", {}),
        ("donor", {}),
    ],
)
def test_others_do_not(app: Flask, cast: Cast, who: str, changes: dict[str, Any]) -> None:
    with on("2026-01-10"), pytest.raises(NotAllowed):
        open_campaign(getattr(cast, who), **changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "三字 "}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"kind": CampaignKind.STANDING}, "kind"),
        ({"begins_on": date(2024, 12, 31)}, "begins_on"),
        ({"begins_on": date(2027, 2, 1)}, "begins_on"),
        ({"ends_on": date(2025, 12, 31)}, "ends_on"),
        ({"ends_on": date(2099, 1, 1)}, "ends_on"),
        ({"need_codes": ["XQ-2026-99999"]}, "need_codes"),
        ({"need_codes": [f"XQ-2026-{number:05}" for number in range(51)]}, "need_codes"),
    ],
)
def test_bad_input_names_its_field(app: Flask, cast: Cast, changes: dict[str, Any], field: str) -> None:
    with on("2026-01-10"), pytest.raises(RuleBroken) as refused:
        open_campaign(cast.administrator, **changes)
    assert refused.value.field == field


def test_a_need_of_another_county_is_refused(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        need = make_need(cast)
        with pytest.raises(RuleBroken):
            open_campaign(cast.treasurer, county_code=OTHER_COUNTY, need_codes=[need.code])


def test_ending_lifts_what_is_needless_and_asks_for_the_full_report(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        campaign = open_campaign(cast.administrator)
        give("2026-01-05")
    with on("2026-03-20"):
        run()
        assert [task.campaign_id for task in tasks(K.PROGRESS)].count(campaign.id) == 1
        end(cast.administrator, campaign, "2026-03-20")
        lifted = [task for task in tasks() if task.state is TaskState.LIFTED]
        assert [(task.period, task.lifted_reason) for task in lifted] == [("2026-01-01", "ended")]
        run()
        assert duties(K.FULL) == []
    with on("2026-03-21"):
        run()
        assert duties(K.FULL) == [("2026-03-20", "2026-06-20")] == duties(K.LEFTOVERS)


def test_the_last_days_of_an_emergency_are_still_told(app: Flask, cast: Cast) -> None:
    with on("2026-07-01"):
        campaign = open_campaign(cast.administrator, kind=CampaignKind.EMERGENCY, begins_on=date(2026, 7, 1))
        run()
    with on("2026-07-07"):
        run()
        end(cast.administrator, campaign, "2026-07-06")
        run()
    with on("2026-07-20"):
        run()
        told = [(task.period, task.state) for task in tasks(K.EMERGENCY)]
        assert told == [("2026-07-01", TaskState.OPEN), ("2026-07-06", TaskState.OPEN)]
        assert duties(K.FULL) == [("2026-07-06", "2026-10-06")]


@pytest.mark.parametrize("day", ["2025-12-31", "2026-03-21"])
def test_the_end_lies_between_the_first_day_and_today(app: Flask, cast: Cast, day: str) -> None:
    with on("2026-01-10"):
        campaign = open_campaign(cast.administrator)
    with on("2026-03-20"), pytest.raises(RuleBroken) as refused:
        end(cast.administrator, campaign, day)
    assert refused.value.field == "ends_on"


def test_ending_twice(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        campaign = open_campaign(cast.administrator)
    with on("2026-03-20"):
        end(cast.administrator, campaign, "2026-03-19")
    with on("2026-03-21"), pytest.raises(Conflict):
        end(cast.administrator, campaign, "2026-03-20")


def test_standing_funds_do_not_end(app: Flask, cast: Cast) -> None:
    with on("2026-01-10"):
        give("2026-01-05")
        run()
        platform = queries.platform_campaign()
        assert platform is not None
        with pytest.raises(NotAllowed):
            end(cast.treasurer, platform, "2026-01-10")
