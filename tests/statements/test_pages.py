"""The pages: from a file to the books and out of suspense by the forms alone, in both languages, for whom it is."""

from __future__ import annotations

import io
import re
import secrets
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.db import db
from sun_commune.pledges.models import Claim
from sun_commune.statements import jobs, queries, runs
from sun_commune.statements.models import LineState
from sun_commune.statements.views import files
from tests.cast import Cast, sign_in
from tests.statements import papers
from tests.statements.papers import movement
from tests.statements.world import BANK, code_of, day, entries, findings, import_rows, lines, open_fen, pledge, store

PAYER = "欧阳福贵"


@pytest.fixture
def claim(cast: Cast) -> Claim:
    return pledge(cast)


@pytest.fixture
def treasurer(app: Flask, cast: Cast) -> FlaskClient:
    return sign_in(app.test_client(), cast.treasurer)


@pytest.fixture
def second(app: Flask, cast: Cast) -> FlaskClient:
    return sign_in(app.test_client(), cast.second_treasurer)


def key() -> str:
    return secrets.token_urlsafe(12)


def hand_in(client: FlaskClient, data: bytes, name: str = "flow.csv", **changes: Any) -> Any:
    form = {"once": key(), "account_name": BANK, "file": (io.BytesIO(data), name), **changes}
    return client.post("/en/treasury/statements/new", data=form, content_type="multipart/form-data")


def seen_on(page: str) -> str:
    found = re.search(r'name="seen"[^>]*value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def post_all(client: FlaskClient, path: str, **changes: Any) -> Any:
    return client.post(f"{path}/post", data={"once": key(), "seen": seen_on(client.get(path).text), **changes})


def test_from_the_file_to_the_books(treasurer: FlaskClient, claim: Claim) -> None:
    data = papers.bank(
        movement(day(), "1,200.00", f"捐款 {code_of(claim)}", reference="A1", payer=PAYER),
        movement(day(), "5,0x", "", reference="A2"),
    )
    answer = hand_in(treasurer, data)
    assert answer.status_code == 303
    page = treasurer.get(answer.location).text
    assert claim.code in page
    assert "¥1,000" in page
    assert "¥200" in page
    assert "5,0x" in page  # the wrong row, with what to do
    assert PAYER not in page
    assert "欧阳**" in page
    assert entries() == []
    assert post_all(treasurer, answer.location).status_code == 303
    assert [(kind, fen) for kind, fen, _need in entries()] == [("gift", 100_000), ("unmatched", 20_000)]
    page = treasurer.get(answer.location).text
    assert lines()[0].code in page
    assert findings() == []


def test_a_large_file_is_posted_by_pressing_again(
    treasurer: FlaskClient, second: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one press does not reach is shown as still to come, and anybody of the treasurers goes on."""
    for module, name, value in ((runs, "BATCH", 2), (files, "MOST_AT_ONCE", 2), (jobs, "PAUSE", 0)):
        monkeypatch.setattr(module, name, value)
    path = hand_in(treasurer, papers.bank(*(movement(day(), "5.00", f"第{each}笔") for each in range(7)))).location
    assert post_all(treasurer, path).status_code == 303
    page = second.get(path).text
    assert "4 of 7 lines are in the books" in page
    assert "Go on posting" in page
    assert ("第3笔" in page, "第4笔" in page) == (False, True)  # what is in the books is not listed as to come
    assert "/ 7" in second.get("/en/treasury/statements").text
    assert post_all(second, path).status_code == 303
    page = treasurer.get(path).text
    assert "Go on posting" not in page
    assert (len(lines()), open_fen()) == (7, 3_500)
    assert findings() == []


def test_posted_lines_are_paged(treasurer: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LINES_SHOWN", 2)
    path = hand_in(treasurer, papers.bank(*(movement(day(), f"{each}.00", "x") for each in range(1, 6)))).location
    post_all(treasurer, path)
    seen = []
    following = path
    while following:
        page = treasurer.get(following).text
        seen += re.findall(r"/treasury/lines/(ZD-\d+-\d+)", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        following = older[1] if older else ""
    assert seen == [line.code for line in lines()]


def test_a_double_click_posts_once(treasurer: FlaskClient, claim: Claim) -> None:
    path = hand_in(treasurer, papers.bank(movement(day(), "5.00", "x"))).location
    form = {"once": key(), "seen": seen_on(treasurer.get(path).text)}
    answers = [treasurer.post(f"{path}/post", data=form) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert len(lines()) == 1


def test_a_stale_dry_run_is_shown_again(treasurer: FlaskClient, second: FlaskClient, cast: Cast) -> None:
    path = hand_in(treasurer, papers.bank(movement(day(), "5.00", "x"))).location
    seen = seen_on(treasurer.get(path).text)
    import_rows(cast.second_treasurer, movement(day(), "5.00", "x"), movement(day(), "6.00", "y"))
    answer = treasurer.post(f"{path}/post", data={"once": key(), "seen": seen})
    assert answer.status_code == 409
    assert "nothing was posted" in answer.text
    assert post_all(treasurer, path).status_code == 303
    assert len(lines()) == 2


def test_the_same_file_leads_to_where_it_is(treasurer: FlaskClient, second: FlaskClient) -> None:
    data = papers.bank(movement(day(), "5.00", "x"))
    first = hand_in(treasurer, data).location
    again = hand_in(second, data, account_name="别的名字")
    assert again.location.endswith(first)
    assert len(queries.list_accounts()) == 1


UNKNOWN = [["甲", "乙", "丙", "丁"], ["2026-11-02", "5.00", "", "A1"], ["2026-11-02", "", "1.00", "A2"]]


def test_the_wizard_asks_for_columns_and_remembers_them(treasurer: FlaskClient) -> None:
    path = hand_in(treasurer, papers.csv_bytes(UNKNOWN)).location
    asked = treasurer.get(path)
    assert asked.location.endswith("/columns")
    page = treasurer.get(asked.location).text
    assert "5.00" in page  # the preview
    named = hand_in(treasurer, papers.bank(movement(day(), "5.00", "电话13900001234", payer=PAYER))).location
    preview = treasurer.get(f"{named}/columns").text
    assert "欧阳**" in preview
    assert all(private not in preview for private in (PAYER, "6222000000001234", "13900001234"))
    wrong = treasurer.post(asked.location, data={"once": key(), "header_row": "1", "date": "0"})
    assert wrong.status_code == 422
    twice = {"once": key(), "header_row": "1", "date": "0", "income": "1", "outgo": "1"}
    assert treasurer.post(asked.location, data=twice).status_code == 422
    right = {"once": key(), "header_row": "1", "date": "0", "income": "1", "outgo": "2", "reference": "3"}
    answer = treasurer.post(asked.location, data=right)
    assert answer.status_code == 303
    assert "¥5" in treasurer.get(answer.location).text
    other = hand_in(treasurer, papers.csv_bytes([*UNKNOWN, ["2026-11-03", "6.00", "", "A3"]])).location
    assert treasurer.get(other).status_code == 200  # no question any more
    assert post_all(treasurer, other).status_code == 303
    assert [line.amount_fen for line in lines()] == [500, -100, 600]


def test_a_file_without_a_header(treasurer: FlaskClient) -> None:
    path = hand_in(treasurer, papers.csv_bytes([["2026-11-02", "5.00", "A1"]])).location
    columns = treasurer.get(path).location
    answer = treasurer.post(
        columns, data={"once": key(), "header_row": "", "date": "0", "amount": "1", "reference": "2"}
    )
    assert answer.status_code == 303
    assert post_all(treasurer, path).status_code == 303
    assert [line.reference for line in lines()] == ["A1"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account_name": ""}, "Say which account"), ({"account_name": "x"}, "between 2 and 60"),
        ({"account_name": "农行 6222021234567890123"}, "bank card"), ({"file": (io.BytesIO(b""), "x.csv")}, "empty"),
        ({"file": (io.BytesIO(b"%PDF-1.4"), "x.pdf")}, "CSV"), ({"once": ""}, "without its key"),
    ],
)  # fmt: skip
def test_bad_input_is_said_and_nothing_typed_is_lost(
    treasurer: FlaskClient, changes: dict[str, Any], words: str
) -> None:
    changes = {
        name: (io.BytesIO(value[0].getvalue()), value[1]) if isinstance(value, tuple) else value
        for name, value in changes.items()
    }
    answer = hand_in(treasurer, papers.bank(movement(day(), "5.00")), **changes)
    assert answer.status_code == 422
    assert words in answer.text
    if "account_name" not in changes:
        assert BANK in answer.text
    assert queries.list_files().rows == []


def test_out_of_suspense_by_the_forms(treasurer: FlaskClient, second: FlaskClient, cast: Cast, claim: Claim) -> None:
    import_rows(cast.treasurer, movement(day(), "500.00", "心意", reference="R1", payer=PAYER))
    line = lines()[0].code
    path = f"/en/treasury/lines/{line}"
    assert line in treasurer.get("/en/treasury/suspense").text
    bad = treasurer.post(f"{path}/claim", data={"once": key(), "code": "JK1", "amount_fen": "5"})
    assert bad.status_code == 422
    assert 'value="JK1"' in bad.text
    good = {"once": key(), "code": claim.code, "amount_fen": "200"}
    assert [treasurer.post(f"{path}/claim", data=good).status_code for _click in range(2)] == [303, 303]
    assert treasurer.post(f"{path}/pool", data={"once": key(), "amount_fen": "100"}).status_code == 303
    back = {"once": key(), "amount_fen": "200", "reason": "付款人要求退回", "taken_by": ""}
    assert treasurer.post(f"{path}/return", data=back).status_code == 303
    paper = queries.returns_of(lines()[0].id)[0].code
    db.session.rollback()
    assert treasurer.post(f"/en/treasury/returns/{paper}/approve", data={"once": key()}).status_code == 403
    assert paper in second.get("/en/treasury/suspense").text
    assert second.post(f"/en/treasury/returns/{paper}/refuse", data={"once": key(), "refusal": ""}).status_code == 422
    assert second.post(f"/en/treasury/returns/{paper}/approve", data={"once": key()}).status_code == 303
    assert (lines()[0].state, lines()[0].open_fen) == (LineState.PLACED, 0)
    assert [(kind, fen) for kind, fen, _need in entries()] == [
        ("unmatched", 50_000), ("matched", 20_000), ("matched", 10_000), ("sent_back", 20_000),
    ]  # fmt: skip
    assert findings() == []


def test_a_fee_is_named_by_the_form(treasurer: FlaskClient, cast: Cast) -> None:
    import_rows(cast.treasurer, movement(day(), "-1.00", "手续费", reference="R1"))
    path = f"/en/treasury/lines/{lines()[0].code}"
    assert treasurer.post(f"{path}/tie", data={"once": key()}).status_code == 422
    assert treasurer.post(f"{path}/tie", data={"once": key(), "entry_uid": "fee"}).status_code == 303
    assert "Fee of the bank" in treasurer.get(path).text


PAGES = ("/treasury/statements", "/treasury/suspense", "/treasury/reconciliation")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_empty_pages_say_what_to_do(treasurer: FlaskClient, lang: str) -> None:
    for page in (*PAGES, "/treasury/statements/new"):
        assert treasurer.get(f"/{lang}{page}").status_code == 200


def test_the_supervisor_reads_without_what_is_private(app: Flask, cast: Cast) -> None:
    import_rows(cast.treasurer, movement(day(), "5.00", "老王家的心意", reference="R777", payer=PAYER))
    draft = store(cast.treasurer, papers.bank(movement(day(), "6.00", "另一笔")))
    line, draft_code = lines()[0], draft.code
    posted = queries.list_files().rows[-1].file.code
    db.session.rollback()
    supervisor = sign_in(app.test_client(), cast.supervisor)
    texts = [
        supervisor.get(f"/zh{page}").text
        for page in (*PAGES, f"/treasury/statements/{posted}", f"/treasury/lines/{line.code}")
    ]
    for private in (PAYER, "欧阳", "老王家", "R777", "6222"):
        assert all(private not in page for page in texts), private
    assert all(line.code in page for page in (texts[1], texts[3], texts[4]))
    assert supervisor.get(f"/zh/treasury/statements/{draft_code}").status_code == 404
    assert "<form" not in texts[4].split("<main", 1)[1]


@pytest.mark.parametrize("who", ["donor", "secretary", "administrator", "operator", "reviewer"])
def test_others_do_not_get_in(app: Flask, cast: Cast, who: str) -> None:
    client = sign_in(app.test_client(), getattr(cast, who))
    assert {client.get(f"/zh{page}").status_code for page in (*PAGES, "/treasury/statements/new")} == {403}


def test_a_treasurer_of_another_city_does_not_get_in(app: Flask, cast: Cast) -> None:
    client = sign_in(app.test_client(), cast.other_treasurer)
    assert {client.get(f"/zh{page}").status_code for page in (*PAGES, "/treasury/statements/new")} == {404}


def test_names_are_on_no_public_page(app: Flask, client: FlaskClient, cast: Cast) -> None:
    import_rows(cast.treasurer, movement(day(), "5.00", "老王家的心意", reference="R777", payer=PAYER))
    uid = queries.entries_of(lines()[0].code)[0].uid
    db.session.rollback()
    for page in ("/zh/ledger", "/zh/ledger/entries", f"/zh/ledger/entries/{uid}", "/zh/ledger.csv"):
        text = client.get(page).text
        assert all(private not in text for private in (PAYER, "老王家", "R777", "6222")), page
