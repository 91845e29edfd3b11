"""The page of acts: for supervisors, county administrators and operators; filters, paging, no private names."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import time_machine
from flask.testing import FlaskClient

from sun_commune.accounts.events import UserRegistered, UserSignedIn
from sun_commune.accounts.models import User
from sun_commune.core.db import transaction
from sun_commune.core.events import announce
from tests.cast import Cast, sign_in


def act(user: User, code: str, kind: type[UserRegistered | UserSignedIn] = UserRegistered) -> None:
    user_id = user.id
    with transaction():
        announce(kind(actor_id=user_id, user_id=user_id, object_code=code, to_state="enabled", reason="<b>why</b>"))


@pytest.mark.parametrize("who", ["supervisor", "administrator", "operator"])
def test_watchers_read_the_trail(client: FlaskClient, cast: Cast, who: str) -> None:
    act(cast.donor, cast.secretary.code)
    page = sign_in(client, getattr(cast, who)).get("/en/audit")
    assert page.status_code == 200
    assert f">{cast.secretary.code}</a>" in page.text
    assert "张**" in page.text
    assert cast.donor.name not in page.text
    assert "<b>why" not in page.text


def test_officers_act_under_their_name(client: FlaskClient, cast: Cast) -> None:
    act(cast.secretary, "U-TWO")
    assert cast.secretary.name in sign_in(client, cast.supervisor).get("/en/audit").text


@pytest.mark.parametrize("who", ["donor", "secretary", "reviewer", "treasurer"])
def test_others_do_not(client: FlaskClient, cast: Cast, who: str) -> None:
    assert sign_in(client, getattr(cast, who)).get("/en/audit").status_code == 403


def test_visitor_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/en/audit").status_code == 302


def test_filters_by_act_object_and_day(client: FlaskClient, cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 5, 1, 15, 59, tzinfo=UTC), tick=False):
        act(cast.donor, "U-FIRST")
    with time_machine.travel(datetime(2026, 5, 1, 16, 0, tzinfo=UTC), tick=False):  # the next day in Mianyang
        act(cast.donor, "U-NEXT", UserSignedIn)
    sign_in(client, cast.supervisor)

    def shown(**query: str) -> list[bool]:
        text = client.get("/en/audit", query_string=query).text
        return [f">{code}</a>" in text for code in ("U-FIRST", "U-NEXT")]

    assert shown() == [True, True]
    assert shown(act="UserSignedIn") == [False, True]
    assert shown(object="u-first") == [True, False]
    assert shown(day="2026-05-01") == [True, False]
    assert shown(day="2026-05-02") == [False, True]
    assert shown(day="2026-05-03") == [False, False]
    assert shown(day="yesterday", act="<x>", after="x") == [True, True]


def test_pages_follow_each_other_without_gap(client: FlaskClient, cast: Cast) -> None:
    for number in range(120):
        act(cast.donor, f"U-{number:03d}")
    sign_in(client, cast.supervisor)
    seen: list[str] = []
    query: dict[str, str] = {}
    for _page in range(3):
        text = client.get("/en/audit", query_string=query).text
        seen += [part[:5] for part in text.split('">')[1:] if part.startswith("U-") and part[5:9] == "</a>"]
        older = re.search(r'rel="next" href="[^"]*after=(\d+)"', text)
        query = {"after": older[1]} if older else {}
    assert not query
    assert seen == [f"U-{number:03d}" for number in reversed(range(120))]
