"""XLSX and JSON: the rows of the list, whatever the filter; text stays text, amounts stay exact."""

from __future__ import annotations

import csv
import html
import io
import json
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook

from sun_commune.core import clock, xlsx
from sun_commune.ledger import streams
from sun_commune.open_data import rows
from tests.ledger.books import OTHER_NEED, bring, give, reverse

HOSTILE = ("=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "＝1", "%x")


def cells(data: bytes) -> list[list[object]]:
    book = load_workbook(io.BytesIO(data))
    return [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]


def test_json_has_every_entry_in_whole_fen(client: FlaskClient) -> None:
    gift = give(amount_fen=1, donor_shown="张**")
    back = reverse(give(amount_fen=10**11))
    said = client.get("/zh/ledger.json").get_json()
    assert (said["unit"], said["currency"], len(said["entries"])) == ("fen", "CNY", 3)
    assert [row["amount_fen"] for row in said["entries"]] == [1, 10**11, 10**11]
    assert said["entries"][0]["uid"] == gift.uid
    assert said["entries"][0]["donor_shown"] == "张**"
    assert said["entries"][2]["uid"] == back.uid
    assert said["entries"][2]["reverses_uid"] == said["entries"][1]["uid"]


def test_json_of_no_entries_is_json(client: FlaskClient) -> None:
    assert client.get("/en/ledger.json").get_json()["entries"] == []


@pytest.mark.parametrize("ending", ["json", "xlsx"])
def test_same_filters_as_the_list(client: FlaskClient, ending: str) -> None:
    give()
    other = give(need_code=OTHER_NEED)
    bring()
    answer = client.get(f"/en/ledger.{ending}?need={OTHER_NEED}&kind=gift")
    if ending == "json":
        assert [row["uid"] for row in json.loads(answer.data)["entries"]] == [other.uid]
        assert json.loads(answer.data)["filters"] == {"kind": "gift", "need": OTHER_NEED}
    else:
        assert [row[0] for row in cells(answer.data)[1:]] == [other.uid]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_xlsx_holds_numbers_as_numbers(client: FlaskClient) -> None:
    give(amount_fen=123_456)
    head, row = cells(client.get("/en/ledger.xlsx").data)
    assert head[4] == "Amount (yuan)"
    assert float(str(row[4])) == 1234.56
    assert len(cells(client.get("/zh/ledger.xlsx").data)) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(client: FlaskClient, text: str) -> None:
    give(donor_shown=text)
    book = load_workbook(io.BytesIO(client.get("/en/ledger.xlsx").data))
    kinds = {cell.data_type for row in book.active.iter_rows() for cell in row}
    assert "f" not in kinds
    shown = {str(cell.value) for row in book.active.iter_rows() for cell in row}
    assert {cell for cell in shown if cell.strip().endswith(text.strip())} == {"'" + text.strip("	")}


def test_control_openpyxl_alone_would_write_a_formula() -> None:
    book = Workbook(write_only=True)
    book.create_sheet("x").append(["=1+1"])
    file = io.BytesIO()
    book.save(file)
    assert load_workbook(file).active["A1"].data_type == "f"


def test_further_sheet_after_the_most_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    chunks = [[["0", "1"]], [["2", "3", "4", "5", "6"]]]
    data = b"".join(xlsx.xlsx_stream("x", ["number"], chunks, numbers={0}))
    book = load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["x", "x 2", "x 3"]
    assert [row[0].value for sheet in book for row in sheet.iter_rows(min_row=2)] == list(range(7))


def test_page_names_every_file(client: FlaskClient) -> None:
    page = client.get("/en/ledger/data").text
    for ending in ("csv", "xlsx", "json", "beancount", "journal"):
        assert f'href="/en/ledger.{ending}"' in page
        assert client.get(f"/en/ledger.{ending}").status_code == 200


def read_csv(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    text = client.get(f"/en/ledger.csv{query}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_lane_stands_in_every_file_and_on_the_page(client: FlaskClient) -> None:
    gift = give()
    bring()
    lanes = ["Lane B: into the charity's account", "Lane A: straight from hand to hand"]
    assert [row["Lane"] for row in read_csv(client)] == lanes
    assert [row[-1] for row in cells(client.get("/en/ledger.xlsx").data)[1:]] == lanes
    assert [row["lane"] for row in client.get("/en/ledger.json").get_json()["entries"]] == ["account", "direct"]
    assert lanes[0] in html.unescape(client.get(f"/en/ledger/entries/{gift.uid}").text)


def test_moments_are_said_as_they_were(client: FlaskClient) -> None:
    """In Shanghai's time in the spreadsheet, in UTC for programs."""
    moments = [datetime(2026, 11, 2, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 2, 16, tzinfo=UTC)]
    for moment in moments:
        with clock.standing_at(moment):
            give()
    assert [row["Posted at (Shanghai time)"] for row in read_csv(client)] == [
        "2026-11-02 23:59:59", "2026-11-03 00:00:00",
    ]  # fmt: skip
    said = [row["posted_at"] for row in client.get("/en/ledger.json").get_json()["entries"]]
    assert said == [moment.isoformat() for moment in moments]
    assert rows.moment_words("2026-11-02 16:00:00.120000") == moments[1].replace(microsecond=120_000).isoformat()


@pytest.mark.parametrize("most", [0, 100])
def test_many_and_few_are_found_alike(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Few hits are looked up, many met on a walk through the book; a span holds two row ids here."""
    monkeypatch.setattr(streams, "FEW", most)
    monkeypatch.setattr(streams, "SPAN", 2)
    uids = {"gift": [], "goods": []}  # type: dict[str, list[str]]
    for number in range(5):
        uids["gift"].append(give(donor_shown="花椒" if number % 2 else "张**").uid)
        uids["goods"].append(bring().uid)
    found = {kind: [row["Entry"] for row in read_csv(client, f"?kind={kind}")] for kind in uids}
    assert found == uids
    assert [row["Entry"] for row in read_csv(client, "?q=花椒")] == [uids["gift"][1], uids["gift"][3]]
    in_order = [uid for pair in zip(*uids.values(), strict=True) for uid in pair]
    assert [row["Entry"] for row in read_csv(client)] == in_order


def test_what_is_posted_meanwhile_is_left_out(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SPAN", 1)
    first = [give().uid for _number in range(3)]
    answer = client.get("/en/ledger.csv", buffered=False)
    pieces = answer.iter_encoded()
    text = next(pieces) + next(pieces)
    late = give().uid
    text += b"".join(pieces)
    assert all(uid.encode() in text for uid in first)
    assert late.encode() not in text
