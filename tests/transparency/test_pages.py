"""The log for people: how it stands, what it proves, each day's root, and an entry's place in it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from sun_commune.core import clock
from sun_commune.transparency import jobs, published
from tests.ledger.books import give
from tests.transparency.site import Signing, grow

pytestmark = pytest.mark.usefixtures("book_checks_alone")


def words(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def test_how_the_log_stands(client: FlaskClient, signing: Signing) -> None:
    assert "Nothing is signed yet" in words(client, "/en/ledger/proof")
    grow(2)
    signing.settle()
    page = words(client, "/en/ledger/proof")
    assert "The log is signed" in page
    assert "No witness from outside has been named yet" in page
    assert str(signing.key) in page.replace(" ", "")
    assert "That what was entered is true" in page
    assert "python3 sunverify.py full http" in page
    with clock.standing_at(clock.now() + clock.timedelta(minutes=11)):
        assert "The seal is delayed" in words(client, "/en/ledger/proof")


def test_a_refusal_is_shown(client: FlaskClient, signing: Signing) -> None:
    gift = give()
    signing.settle()
    status = signing.publish / "status.json"
    status.write_text('{"state": "refused", "at": "2026-11-22T00:00:00Z", "reason": "leaf 3 is not there <b>"}')
    (signing.publish / "alarms").write_text("2026-11-22T00:00:00Z leaf 3 is not there\n")
    answer = client.get("/en/ledger/proof").text
    assert "The seal is refused" in answer
    assert "leaf 3 is not there &lt;b&gt;" in answer
    assert "The signer has refused" in answer
    assert "The seal is refused" in client.get(f"/en/ledger/entries/{gift.uid}").text


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"state": 3, "at": 7}', "\x00\xff"])
def test_files_that_cannot_be_read_break_no_page(client: FlaskClient, signing: Signing, spoilt: str) -> None:
    gift = give()
    signing.settle()
    for name in ("status.json", "checkpoint", "key", "policy"):
        (signing.publish / name).write_text(spoilt)
        assert client.get("/en/ledger/proof").status_code == 200, name
        assert client.get("/en/ledger/roots").status_code == 200, name
        assert client.get(f"/en/ledger/entries/{gift.uid}").status_code == 200, name
        assert client.get("/ledger/summary.json").status_code in {200, 404}, name
        assert client.get(f"/ledger/proof/{gift.uid}.json").status_code == 200, name


def test_an_entry_shows_its_place(client: FlaskClient, signing: Signing) -> None:
    gift = give()
    path = f"/en/ledger/entries/{gift.uid}"
    assert "none yet: entries are sealed every minute" in words(client, path)
    jobs.seal_log()
    assert "as soon as the log is signed over this entry" in words(client, path)
    signing.sign()
    page = client.get(path).text
    assert f"/ledger/proof/{gift.uid}.json" in page
    assert f"/ledger/proof/{gift.uid}.tlog-proof" in page
    bundle = client.get(f"/ledger/proof/{gift.uid}.json").json
    assert bundle["leaf_hash"] in re.sub(r"<wbr>", "", page)
    assert "leaf 0" in page


def test_daily_roots(client: FlaskClient, signing: Signing) -> None:
    assert "No day is over yet" in words(client, "/en/ledger/roots")
    start, shown = clock.now(), []
    for day in range(33):
        with clock.standing_at(start + clock.timedelta(days=day)):
            if day % 8 == 0:
                give()
            moment = clock.now().timestamp()
            signing.seal_and_sign(now=lambda moment=moment: moment)
            checkpoint = published.checkpoint()
            assert checkpoint is not None
            shown.append(checkpoint)
    with clock.standing_at(start + clock.timedelta(days=33, minutes=11)):
        assert jobs.record_daily_roots() == 33
    page = client.get("/en/ledger/roots").text
    assert page.count('<li id="d') == 31
    newest, oldest = (shown[at].note.text.split("\n")[2] for at in (-1, 0))
    assert newest in page.replace("<wbr>", "")
    assert oldest not in page.replace("<wbr>", "") or newest == oldest
    (older,) = re.findall(r'href="(/en/ledger/roots\?before=[^"]+)"', page)
    page = client.get(older).text
    assert page.count('<li id="d') == 2
    assert oldest in page.replace("<wbr>", "")
    assert client.get("/en/ledger/roots?before=nonsense").status_code == 404


def test_the_ledger_leads_to_both(client: FlaskClient, app: object) -> None:
    page = client.get("/zh/ledger").text
    assert "/zh/ledger/proof" in page
    assert "/zh/ledger/roots" in page
