"""XLSX and JSON: the rows of the list, whatever the filter; text stays text, amounts stay exact."""

from __future__ import annotations

import io
import json

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook

from sun_commune.core import xlsx
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
    data = b"".join(xlsx.xlsx_stream("x", ["number"], ([number] for number in range(7))))
    book = load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["x", "x 2", "x 3"]
    assert [row[0].value for sheet in book for row in sheet.iter_rows(min_row=2)] == list(range(7))


def test_page_names_every_file(client: FlaskClient) -> None:
    page = client.get("/en/ledger/data").text
    for ending in ("csv", "xlsx", "json", "beancount", "journal"):
        assert f'href="/en/ledger.{ending}"' in page
        assert client.get(f"/en/ledger.{ending}").status_code == 200
