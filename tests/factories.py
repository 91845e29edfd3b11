"""Households and needs for tests, made by the real services in the hands of the cast.

Each factory opens its own transactions, so call it outside one.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sun_commune.accounts.models import Role, User
from sun_commune.core import clock
from sun_commune.core.db import db, transaction
from sun_commune.households import services as households
from sun_commune.households.models import ConsentPurpose, Household
from sun_commune.needs import services as needs
from sun_commune.needs.models import Category, LineKind, Need, Subject, Urgency
from sun_commune.needs.rules import LineInput, NeedInput
from sun_commune.needs.states import NeedState
from tests.cast import JINLU, Cast

#: A family's private values, each unlike anything else on a page.
PRIVATE = {
    "name": "欧阳福贵",
    "id_number": "11010519491231002X",
    "phone": "13777706543",
    "address": "金禄村九组八十八号",
    "health": "尘肺三期",
}


def private_values(household: Household) -> list[str]:
    """Everything of a household that no public page, feed or export may hold."""
    private = households.open_private(household)
    return [
        value for value in (private.name, private.id_number, private.phone, private.address, private.health) if value
    ]


ALL_CONSENTS = tuple(ConsentPurpose)
BLANKET = LineInput(kind=LineKind.GOODS, item="电热毯", asked=2, unit="床", unit_price_fen=10_000)
STOVE = LineInput(kind=LineKind.GOODS, item="烤火炉", asked=1, unit="台", unit_price_fen=22_000)
FERTILISER_MONEY = LineInput(kind=LineKind.MONEY, item="化肥款", asked=200_000)
EXPERT_DAYS = LineInput(kind=LineKind.SERVICE, item="花椒修剪培训", asked=2, unit="场", unit_price_fen=250_000)
HARVEST_HOURS = LineInput(kind=LineKind.HOURS, item="采收帮工", asked=40)


def make_household(
    cast: Cast,
    *,
    consents: Sequence[ConsentPurpose] = ALL_CONSENTS,
    actor: User | None = None,
    village: str = JINLU,
    members_count: int = 3,
    **private: Any,
) -> Household:
    """A family of ``village``, registered by ``actor`` (the secretary), with these consents."""
    actor = actor or cast.secretary
    values = {"name": "黄国基", "phone": "13900001234", "address": "金禄村三组12号", "health": "风湿", **private}
    given_on = clock.today() - timedelta(days=1)
    with transaction():
        household = households.register_household(
            actor, village_code=village, private=households.PrivateFields(**values), members_count=members_count,
            consent=households.CollectConsent(given_on=given_on),
        )  # fmt: skip
        for purpose in consents:
            if purpose is not ConsentPurpose.COLLECT:
                households.give_consent(actor, household, purpose=purpose, given_on=given_on)
    return household


def need_input(
    *,
    lines: Sequence[LineInput] = (BLANKET, STOVE),
    household: Household | None = None,
    title: str = "想要一床暖和的电热毯",
    story: str = "老两口住在海拔很高的山上，冬天屋里结冰，想要电热毯和烤火炉过冬。",
    category: Category = Category.DAILY_NECESSITIES,
    urgency: Urgency = Urgency.NORMAL,
    wanted_on: date | None = None,
) -> NeedInput:
    return NeedInput(
        subject=Subject.HOUSEHOLD if household else Subject.VILLAGE, household_id=household.id if household else None,
        category=category, title=title, story=story, urgency=urgency, wanted_on=wanted_on, lines=tuple(lines),
    )  # fmt: skip


def make_need(
    cast: Cast,
    *,
    lines: Sequence[LineInput] = (BLANKET, STOVE),
    state: NeedState = NeedState.PUBLISHED,
    household: Household | None = None,
    village: str = JINLU,
    author: User | None = None,
    **content: Any,
) -> Need:
    """A need walked by the real services to ``state``: any that the offices reach by themselves.

    The states that claims and deliveries make (partly_claimed and so on) are reached by claiming.
    ``household`` None: a need of the village itself.
    """
    author = author or (cast.secretary if village == JINLU else cast.other_secretary)
    people = _officers(cast, village)
    content_input = need_input(lines=lines, household=household, **content)
    with transaction():
        need = needs.draft_need(author, village_code=village, content=content_input)
    for step in ROUTES[state]:
        with transaction():
            step(need, author, *people)
    db.session.refresh(need)
    return need


def _officers(cast: Cast, village: str) -> tuple[User, User]:
    """The reviewer and the administrator for a village, made before any transaction."""
    if village.startswith("510723217"):
        return cast.reviewer, cast.administrator
    if village.startswith("510722128"):
        return cast.other_reviewer, cast.other_administrator
    return cast.officer("审核员", Role.TOWNSHIP_REVIEWER, village), cast.officer("管理员", Role.COUNTY_ADMIN, village)


REASON = "测试用的理由"


def _submit(need: Need, author: User, _reviewer: User, _administrator: User) -> None:
    needs.submit_need(author, need)


def _return(need: Need, _author: User, reviewer: User, _administrator: User) -> None:
    needs.return_need(reviewer, need, REASON)


def _approve(need: Need, _author: User, reviewer: User, _administrator: User) -> None:
    needs.approve_need(reviewer, need)


def _publish(need: Need, _author: User, _reviewer: User, administrator: User) -> None:
    needs.publish_need(administrator, need)


def _pause(need: Need, _author: User, _reviewer: User, administrator: User) -> None:
    needs.pause_need(administrator, need, REASON)


def _withdraw(need: Need, _author: User, _reviewer: User, administrator: User) -> None:
    needs.withdraw_need(administrator, need, REASON)


def _expire(need: Need, _author: User, _reviewer: User, _administrator: User) -> None:
    need.expires_on = clock.today() - timedelta(days=1)
    db.session.flush()
    needs.expire_need(need)


def _close(need: Need, _author: User, _reviewer: User, administrator: User) -> None:
    needs.close_need(administrator, need, REASON)


_PUBLIC = (_submit, _approve, _publish)
ROUTES = {
    NeedState.DRAFT: (),
    NeedState.SUBMITTED: (_submit,),
    NeedState.RETURNED: (_submit, _return),
    NeedState.APPROVED: (_submit, _approve),
    NeedState.PUBLISHED: _PUBLIC,
    NeedState.PAUSED: (*_PUBLIC, _pause),
    NeedState.WITHDRAWN: (*_PUBLIC, _withdraw),
    NeedState.EXPIRED: (*_PUBLIC, _expire),
    NeedState.CLOSED: (*_PUBLIC, _expire, _close),
}


def form_of_need(**changes: Any) -> dict[str, str]:
    """The form of /needs/new as a browser sends it, for Jinlu village itself: a blanket and some money."""
    form = {
        "once": secrets.token_urlsafe(12),
        "version": "",
        "beneficiary": JINLU,
        "category": "daily_necessities",
        "title": "想要一床暖和的电热毯",
        "story": "老两口住在海拔很高的山上，冬天屋里结冰，想要过一个暖和的冬天。",
        "urgency": "2",
        "wanted_on": "",
        "lines-0-kind": "goods",
        "lines-0-item": "电热毯",
        "lines-0-asked": "２",
        "lines-0-unit": "床",
        "lines-0-price": "100",
        "lines-0-is_divisible": "y",
        "lines-0-minimum": "",
        "act": "save",
    }
    return {**form, **{name.replace("__", "-"): value for name, value in changes.items()}}
