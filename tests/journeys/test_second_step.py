"""An operator turns the second step on, signs in with a code and with a code from paper, and turns it off again."""

from __future__ import annotations

import re

import pytest

from sun_commune.accounts.one_time_codes import code_of, step_of
from sun_commune.core.clock import now
from tests.cast import PASSWORD, Cast
from tests.journeys.checks import faults_of_page
from tests.journeys.person import DESK, PHONE, Newcomer, Person

pytestmark = [pytest.mark.browser, pytest.mark.one_database]


@pytest.mark.parametrize(("lang", "script"), [("zh", True), ("en", False)])
def test_second_step_from_turning_on_to_turning_off(newcomer: Newcomer, cast: Cast, lang: str, script: bool) -> None:
    faults: list[str] = []

    def look(person: Person) -> None:
        faults.extend(faults_of_page(person.page, (PHONE, DESK)) if script else [])

    operator = newcomer(lang, script=script)
    operator.signs_in(cast.operator)
    operator.open("/my/second-step")
    look(operator)
    secret = re.sub(r"\s", "", operator.page.locator("main code").inner_text())
    operator.fill("Code that the app shows", code_of(secret, step_of(now())))
    operator.fill("Password", PASSWORD)
    operator.press("Turn it on")
    operator.reads("Write these codes down now")
    look(operator)
    paper = operator.page.locator("main code").all_inner_texts()
    assert len(paper) == 10

    elsewhere = newcomer(lang, script=script)
    elsewhere.open("/sign-in")
    elsewhere.fills_sign_in(cast.operator)
    look(elsewhere)
    elsewhere.fill("Code", "000000")
    elsewhere.press("Sign in", within=elsewhere.page.locator("main"))
    elsewhere.reads("This code is wrong, or was used before. Wait for the next one.")
    look(elsewhere)
    elsewhere.fill("Code", paper[0])
    elsewhere.press("Sign in", within=elsewhere.page.locator("main"))
    elsewhere.reads_raw(cast.operator.name)
    elsewhere.open("/my/second-step/off")
    look(elsewhere)
    elsewhere.fill("Code", paper[1])
    elsewhere.fill("Password", PASSWORD)
    elsewhere.press("Turn it off")
    elsewhere.reads("The second step is off. Everywhere else you are signed out.")
    assert not faults, "\n".join(faults)
