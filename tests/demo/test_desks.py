"""Whoever signs in with an account of the demo finds a desk on which everything opens."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient

from sun_commune.demo.accounts import ACCOUNTS, Account
from tests.demo_site import demo_sign_in

STARTS = ("my", "my/claims", "my/inbox", "desk")
LINK = re.compile(r'<a [^>]*href="(/(?:zh|en)/[^"#]*)')
#: What is open to a role is told by tests of each feature; here: no page of the menu or the desk is broken.
FINE = {200, 302, 303}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.key)
def test_everything_on_the_desk_opens(demo_client: FlaskClient, account: Account, lang: str) -> None:
    client = demo_sign_in(demo_client, account.key)
    links: dict[str, str] = {}
    for start in STARTS:
        if start == "desk" and account.role is None:
            continue
        answer = client.get(f"/{lang}/{start}")
        assert answer.status_code in FINE, start
        for link in LINK.findall(answer.text):
            links.setdefault(html.unescape(link), start)
    opened = {link: client.get(link).status_code for link in links}
    assert len(opened) > 5
    assert {link: status for link, status in opened.items() if status not in FINE} == {}
