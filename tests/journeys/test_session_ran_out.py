"""The sign-in runs out while somebody types: they sign in again, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from sun_commune.accounts.models import SignIn
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from tests.cast import JINLU, Cast
from tests.journeys.person import Newcomer

pytestmark = [pytest.mark.browser, pytest.mark.one_database]

STORY = "两位老人住在海拔很高的山上，\n冬天屋里结冰，想要一床电热毯。"


def time_passes() -> None:
    """Nobody has asked for a page for longer than a sign-in lasts."""
    with transaction(audited=False) as session:
        session.execute(update(SignIn).values(seen_at=now() - timedelta(hours=9)))


@pytest.mark.parametrize(("lang", "script"), [("zh", True), ("en", False)])
def test_nothing_typed_is_lost(newcomer: Newcomer, cast: Cast, lang: str, script: bool) -> None:
    secretary = newcomer(lang, script=script)
    secretary.signs_in(cast.secretary)
    secretary.open("/needs/new")
    secretary.choose("For whom", value=JINLU)
    secretary.choose("Category", value="daily_necessities")
    secretary.fill("Title", "想要一床暖和的电热毯")
    secretary.fill("Story", STORY)
    secretary.fill("What", "电热毯")
    secretary.fill("How much", "２")
    time_passes()
    secretary.press("Save the draft")
    secretary.reads("Your text is kept")
    secretary.fills_sign_in(cast.secretary)
    secretary.reads("You are signed in again. Press the button to send what you had typed.")
    secretary.reads_raw("想要一床暖和的电热毯")
    secretary.press("Send my text on")
    secretary.reads("The draft is saved.")
    expect(secretary.field("Title")).to_have_value("想要一床暖和的电热毯")
    expect(secretary.field("Story")).to_have_value(STORY)
    expect(secretary.field("How much")).to_have_value("２")  # as it was typed
    db.session.rollback()  # what was read before the server wrote
    need = db.session.execute(select(Need)).scalar_one()
    assert (need.state, need.title, need.story) == (NeedState.DRAFT, "想要一床暖和的电热毯", STORY)
