"""A claim is made once, however impatient the finger; the back button and a reload are harmless."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from sun_commune.core.db import db
from sun_commune.pledges.models import Claim, ClaimState
from tests.cast import Cast
from tests.factories import make_need
from tests.journeys.person import Newcomer, Person

pytestmark = pytest.mark.browser


def count_claims(state: ClaimState) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Claim).where(Claim.state == state)) or 0


def take_a_blanket(donor: Person, cast: Cast) -> str:
    """To the page on which the answers are checked; the need's code."""
    need = make_need(cast)
    donor.signs_in(cast.donor)
    donor.open(f"/needs/{need.code}/claim")
    donor.fill("How much of “%(item)s” you take on", "1", item="电热毯")
    return need.code


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_double_click_makes_one_claim(newcomer: Newcomer, cast: Cast, script: bool) -> None:
    donor = newcomer("zh", script=script)
    take_a_blanket(donor, cast)
    donor.button("Go on and check").dblclick()
    expect(donor.page).to_have_url(re.compile(r"/check$"))
    assert count_claims(ClaimState.HELD) == 1
    donor.button("Pledge").dblclick()
    expect(donor.page).to_have_url(re.compile(r"/claims/[^/]+$"))
    donor.reads("What is due next")
    assert count_claims(ClaimState.PLEDGED) == 1
    assert count_claims(ClaimState.HELD) == 0


def test_back_and_reload_are_harmless(newcomer: Newcomer, cast: Cast) -> None:
    donor = newcomer("en")
    need_code = take_a_blanket(donor, cast)
    donor.press("Go on and check")
    expect(donor.page).to_have_url(re.compile(r"/check$"))
    donor.page.reload()
    donor.page.go_back()
    expect(donor.page).to_have_url(re.compile(r"/claim$"))
    donor.press("Go on and check")  # the same form once more
    expect(donor.page).to_have_url(re.compile(r"/check$"))
    assert count_claims(ClaimState.HELD) == 1
    donor.press("Pledge")
    expect(donor.page).to_have_url(re.compile(r"/claims/[^/]+$"))
    donor.page.reload()
    donor.page.go_back()
    # The page of the answers is asked for again and leads on, for they are given.
    expect(donor.page).to_have_url(re.compile(r"/claims/[^/]+"))
    assert count_claims(ClaimState.PLEDGED) == 1
    donor.open(f"/needs/{need_code}")
    donor.reads_raw("张**: 电热毯 1 床")
