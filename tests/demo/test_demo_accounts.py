"""The accounts that README and ``flask demo-accounts`` name: they are there, they fit their roles, they sign in."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.accounts.models import Role
from sun_commune.accounts.passwords import find_weakness
from sun_commune.core.db import db
from sun_commune.demo.accounts import ACCOUNTS, HEADINGS, PASSWORD, Account, markdown_table
from tests.demo_site import demo_user

README = Path(__file__).parents[2] / "README.md"


def test_readme_shows_the_same_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert "## The demo's accounts" in text
    assert markdown_table() in text


def test_one_account_for_each_role_and_kind_of_donor() -> None:
    roles = [account.role for account in ACCOUNTS]
    assert set(Role) <= set(roles)
    assert roles.count(Role.TREASURER) == 2  # one makes a voucher, the other checks it
    assert roles.count(None) == 3


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.key)
def test_password_is_one_that_people_may_choose(account: Account) -> None:
    assert find_weakness(PASSWORD, account.name, account.phone, account.email) is None


def test_command_prints_every_account(demo_app: Flask) -> None:
    printed = demo_app.test_cli_runner().invoke(args=["demo-accounts"])
    assert printed.exit_code == 0
    lines = printed.output.splitlines()
    assert lines[0].startswith(HEADINGS[0])
    for account, line in zip(ACCOUNTS, lines[1:], strict=True):
        assert account.phone in line
        assert account.email in line
        assert PASSWORD in line


def test_command_is_refused_outside_the_demo(app: Flask) -> None:
    refused = app.test_cli_runner().invoke(args=["demo-accounts"])
    assert refused.exit_code == 1
    assert "SUN_DEMO=1" in refused.output


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.key)
def test_person_holds_the_role_for_the_place(demo_app: Flask, account: Account) -> None:
    user = demo_user(account.key)
    held = [(duty.role, duty.place_code) for duty in user.active_duties]
    assert held == ([(account.role, account.place_code)] if account.role else [])
    assert (user.organisation.name if user.organisation else "") == account.organisation
    if user.organisation:
        assert user.organisation.is_verified is (account.key == "enterprise")
    db.session.rollback()


@pytest.mark.parametrize("by", ["phone", "email"])
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.key)
def test_everybody_signs_in(demo_client: FlaskClient, account: Account, by: str) -> None:
    typed = {"contact": getattr(account, by), "password": PASSWORD}
    answer = demo_client.post("/en/sign-in", data=typed)
    assert answer.status_code == 303, answer.text
    assert demo_client.get("/en/my").status_code == 200
