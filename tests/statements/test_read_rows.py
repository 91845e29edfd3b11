"""Files of every kind and encoding come out as the same lines; what is no statement is refused with a sentence."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sun_commune.statements import tables
from sun_commune.statements.columns import Column, FileKind, find_layout, guess, is_readable, letter
from sun_commune.statements.lines import Line, Reading, read_lines
from sun_commune.statements.tables import BadFile, read_rows
from tests.statements import papers

HOSTILE_FILES = int(os.environ.get("SUN_HOSTILE_CELLS", "400")) // 8
ROWS = (
    papers.movement("2026-11-02", "1,000.00", "JK2345678X 捐款", reference="A0001", balance="1,000.00"),
    papers.movement("2026-11-03", "-20.50", "手续费", reference="A0002", balance="979.50", payer=""),
)
LINES = [
    Line(2, date(2026, 11, 2), 100_000, 100_000, "A0001", "张建国", "6222000000001234", "JK2345678X 捐款"),
    Line(3, date(2026, 11, 3), -2_050, 97_950, "A0002", "", "6222000000001234", "手续费"),
]


def read(data: bytes) -> Reading:
    rows = read_rows(data)
    return read_lines(rows, find_layout(rows, {}))


def kind_of(data: bytes) -> FileKind:
    return find_layout(read_rows(data), {}).kind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_text_in_every_encoding(encoding: str, delimiter: str, end: str) -> None:
    data = papers.csv_bytes([papers.HEADER, *ROWS], encoding=encoding, delimiter=delimiter, end=end)
    reading = read(data)
    assert (reading.lines, reading.wrong) == (LINES, [])


@pytest.mark.parametrize("write", [papers.xlsx_bytes, papers.xls_bytes])
def test_workbooks_with_text_cells(write: Any) -> None:
    assert read(write([papers.HEADER, *ROWS])).lines == LINES


@pytest.mark.parametrize("write", [papers.xlsx_bytes, papers.xls_bytes])
def test_workbooks_with_numbers_and_days(write: Any) -> None:
    row = [
        datetime(2026, 11, 2, tzinfo=UTC).replace(tzinfo=None),
        "张建国",
        "6222000000001234",
        1000.0,
        None,
        1000,
        "A0001",
        "JK2345678X 捐款",
    ]
    assert read(write([papers.HEADER, [("" if value is None else value) for value in row]])).lines == LINES[:1]


def test_a_sheet_without_anything_is_passed_over() -> None:
    assert read(papers.xlsx_bytes([papers.HEADER, *ROWS], sheets_before=2)).lines == LINES


def test_formulas_give_what_was_saved_and_are_never_run() -> None:
    row = ["2026-11-02", '=HYPERLINK("http://x")', "", "=1000+1", "", "", "R0001", "=cmd|' /C calc'!A0"]
    reading = read(papers.xlsx_bytes([papers.HEADER, row, *ROWS]))
    # A file that no spreadsheet has ever calculated has no values at all: the row is empty but for day and reference.
    assert [line.row for line in reading.lines] == [3, 4]
    text = read(papers.csv_bytes([papers.HEADER, row]))
    assert [(wrong.row, wrong.column) for wrong in text.wrong] == [(2, "收入")]


def test_numbers_that_excel_has_rounded_are_no_references() -> None:
    row = [*ROWS[0][:6], 12345678901234567890, ROWS[0][7]]
    assert read(papers.xlsx_bytes([papers.HEADER, row])).lines[0].reference == ""


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (["交易时间", "对方户名", "贷方发生额", "借方发生额", "账户余额", "交易流水号", "摘要"],
         [["2026-11-02 10:00:00", "甲", "5.00", "0.00", "5.00", "S1", "捐"]]),
        (["记账日期", "借贷标志", "交易金额", "余额", "凭证号", "对方名称", "用途"],
         [["20261102", "贷", "5.00", "5.00", "S1", "甲", "捐"]]),
        (["Date", "Description", "Amount", "Balance", "Reference", "Name"], [["2026-11-02", "捐", "5.00", "5.00",
            "S1", "甲"]]),
        (["Transaction Date", "Payer Name", "Money In", "Money Out", "Running Balance", "Bank Reference", "Memo"],
         [["2026-11-02", "甲", "5.00", "", "5.00", "S1", "捐"]]),
        (["日期", "收入（元）", "支出（元）", "余额（元）", "流水号", "户名", "附言"],
         [["2026年11月2日", "5.00", "", "5.00", "S1", "甲", "捐"]]),
    ],
)  # fmt: skip
def test_headers_are_guessed(header: list[str], rows: list[list[str]]) -> None:
    title = [["某某银行账户明细"], ["账号", "6222****1234"], []]
    (line,) = read(papers.csv_bytes([*title, header, *rows])).lines
    assert line == Line(5, date(2026, 11, 2), 500, 500, "S1", "甲", "", "捐")


def test_a_direction_in_words() -> None:
    header = ["日期", "收/支", "金额", "流水号"]
    rows = [
        ["2026-11-02", word, "5", f"S{number}"]
        for number, word in enumerate(("收入", "支出", "贷", "借", "C", "D", "转账"))
    ]
    reading = read(papers.csv_bytes([header, *rows]))
    assert [line.amount_fen for line in reading.lines] == [500, -500, 500, -500, 500, -500]
    assert [(wrong.row, wrong.column) for wrong in reading.wrong] == [(8, "收/支")]


def test_wrong_rows_are_named_by_row_and_column() -> None:
    rows = [
        papers.movement("2026-11-02", "abc", reference="A1"), papers.movement("第三天 2026", "5.00", reference="A2"),
        ["2026-11-02", "", "", "5.00", "6.00", "", "A3", ""], papers.movement("2026-11-02", "5.00", balance="x9",
            reference="A4"),
        papers.movement("2026-11-02", "5.001", reference="A5"), *ROWS,
    ]  # fmt: skip
    reading = read(papers.bank(*rows))
    assert [(wrong.row, wrong.column) for wrong in reading.wrong] == [
        (2, "收入"), (3, "交易日期"), (4, "支出"), (5, "余额"), (6, "收入"),
    ]  # fmt: skip
    assert all(str(wrong.words) for wrong in reading.wrong)
    assert [line.row for line in reading.lines] == [7, 8]


def test_sums_titles_and_repeated_headers_are_no_movements() -> None:
    rows = [["承前页余额", "", "", "", "", "100.00"], *ROWS, [], papers.HEADER, ["合计", "", "", "1,000.00", "20.50",
        "", "", ""],
            ["打印时间：2026-11-22"]]  # fmt: skip
    reading = read(papers.csv_bytes([papers.HEADER, *rows]))
    assert [line.amount_fen for line in reading.lines] == [100_000, -2_050]
    assert (reading.wrong, reading.notes_count) == ([], 4)


def test_a_habit_of_minus_signs_is_told_from_a_payment_taken_back() -> None:
    always = [["2026-11-02", "", "", "", "-5.00", "", "A1", ""], ["2026-11-02", "", "", "", "-6.00", "", "A2", ""]]
    assert [line.amount_fen for line in read(papers.bank(*always)).lines] == [-500, -600]
    once = [["2026-11-02", "", "", "", "5.00", "", "A1", ""], ["2026-11-02", "", "", "", "-5.00", "", "A2", ""]]
    assert [line.amount_fen for line in read(papers.bank(*once)).lines] == [-500, 500]


def test_bill_of_orders_of_wechat() -> None:
    data = papers.wechat_trades(
        papers.wechat_order("2026-11-02 10:00:00", "100.00", "JK2345678X", number="4200000001", fee="0.60000"),
        papers.wechat_order("2026-11-02 11:00:00", "0.00", "JK2345678X", number="4200000002", status="REFUND",
                            refund="30.00", refund_number="5000000001"),
        papers.wechat_order("2026-11-02 12:00:00", "50.00", "", number="4200000003", status="CLOSED"),
    )  # fmt: skip
    assert kind_of(data) is FileKind.WECHAT_TRADES
    reading = read(data)
    assert [(line.amount_fen, line.reference) for line in reading.lines] == [
        (10_000, "4200000001"), (-60, "4200000001-FEE"), (-3_000, "5000000001"),
    ]  # fmt: skip
    assert (reading.lines[0].memo, reading.lines[0].payer, reading.wrong) == ("JK2345678X", "oABCDEF", [])
    assert reading.notes_count == 3  # the closed order, and the two rows of sums


def test_bill_of_the_account_of_wechat() -> None:
    data = papers.wechat_funds(
        ["2026-11-02 04:21:23", "P1", "F1", "交易收款", "交易", "收入", "10.00", "110.00", "system", "JK2345678X",
            "V1"],
        ["2026-11-02 05:00:00", "P2", "F2", "退款", "退款", "支出", "1.00", "109.00", "system", "", "V2"],
    )  # fmt: skip
    assert kind_of(data) is FileKind.WECHAT_FUNDS
    assert [(line.amount_fen, line.balance_fen, line.reference) for line in read(data).lines] == [
        (1_000, 11_000, "F1"), (-100, 10_900, "F2"),
    ]  # fmt: skip


def test_bill_of_the_account_of_alipay() -> None:
    data = papers.alipay_account(
        ["A001", "B001", "C001", "捐款JK2345678X", "2026-11-02 10:00:00", "张*国(138****0000)", "10.00", "0.00",
            "110.00", "支付宝", "在线支付", ""],
        ["A002", "B002", "C002", "", "2026-11-02 11:00:00", "", "0.00", "-1.00", "109.00", "支付宝", "服务费",
            "手续费"],
    )  # fmt: skip
    assert kind_of(data) is FileKind.ALIPAY_ACCOUNT
    reading = read(data)
    assert [(line.amount_fen, line.balance_fen, line.reference, line.memo) for line in reading.lines] == [
        (1_000, 11_000, "A001", "捐款JK2345678X"), (-100, 10_900, "A002", "手续费"),
    ]  # fmt: skip
    assert (reading.wrong, reading.notes_count) == ([], 4)


def test_bills_of_persons() -> None:
    wechat = papers.wechat_personal(
        ["2026-11-02 10:00:00", "转账", "张建国", "/", "收入", "¥10.00", "/", "已存入零钱", "1000001\t", "/",
            "JK2345678X"],
        ["2026-11-02 11:00:00", "零钱提现", "示例银行", "/", "/", "¥5.00", "示例银行", "提现已到账", "1000002", "/",
            "/"],
        ["2026-11-02 12:00:00", "商户消费", "某店", "笔", "支出", "¥3.00", "零钱", "支付成功", "1000003", "M1", "/"],
    )  # fmt: skip
    assert kind_of(wechat) is FileKind.WECHAT_PERSONAL
    assert [(line.amount_fen, line.reference) for line in read(wechat).lines] == [(1_000, "1000001"), (-300, "1000003")]
    alipay = papers.alipay_personal(
        ["2026-11-02 10:00:00", "转账红包", "张建国", "138******00", "捐款 JK2345678X", "收入", "10.00", "余额",
            "交易成功", "T1", "", "", ""],
        ["2026-11-02 11:00:00", "其他", "余额宝", "", "转入", "不计收支", "5.00", "", "交易成功", "T2", "", "", ""],
        ["2026-11-02 12:00:00", "日用", "某店", "", "纸", "支出", "3.00", "", "交易关闭", "T3", "", "", ""],
    )  # fmt: skip
    assert kind_of(alipay) is FileKind.ALIPAY_PERSONAL
    assert [(line.amount_fen, line.memo) for line in read(alipay).lines] == [(1_000, "捐款 JK2345678X")]


def test_a_remembered_header_goes_before_a_guess() -> None:
    from sun_commune.statements.columns import fingerprint

    header = ["日期", "甲", "乙", "丙"]
    rows = read_rows(papers.csv_bytes([header, ["2026-11-02", "5.00", "", "A1"]]))
    assert not find_layout(rows, {}).is_complete
    known = {Column.DATE: 0, Column.INCOME: 1, Column.OUTGO: 2, Column.REFERENCE: 3}
    layout = find_layout(rows, {fingerprint(header): known})
    assert layout.is_complete
    assert [line.amount_fen for line in read_lines(rows, layout).lines] == [500]


def test_letters_of_columns() -> None:
    assert [letter(place) for place in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]


def test_a_guess_names_each_column_once() -> None:
    found = guess(["日期", "收入", "支出", "金额", "收支", "余额", "摘要", "附言", "流水号"])
    assert sorted(found.values()) == sorted(set(found.values()))
    assert is_readable(found)
    assert Column.AMOUNT not in found


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in members.items():
            out.writestr(name, data)
    return buffer.getvalue()


BOMB = b"0" * (tables.MOST_UNPACKED + 1)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"  \r\n \n", b"%PDF-1.4 x", b"<html><table><tr><td>1</td></tr></table>", b"PK\x03\x04broken",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, b"a\x00b,c", "日期\x00".encode(),
        "日期,金额\n".encode("gb18030") + b"\xff\xff\xfe", archive(**{"a.csv": b"1,2"}),
        archive(**{"[Content_Types].xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]>"}), archive(**{"[Content_Types].xml": BOMB}),
        b"x," * 10 + b"\n" + b"y\n" * (tables.MOST_ROWS + 1),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_statement_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(BadFile) as caught:
        read_rows(data)
    assert caught.value.field == "file"
    assert str(caught.value)


def test_a_workbook_that_declares_entities_is_refused() -> None:
    """Entities that name each other make gigabytes of a few hundred bytes; no spreadsheet writes any."""
    buffer = io.BytesIO()
    good = io.BytesIO(papers.xlsx_bytes([papers.HEADER, *ROWS]))
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            declared = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'
            new.writestr(name, data.replace(b"<worksheet", declared, 1) if "sheet1" in name else data)
    with pytest.raises(BadFile):
        read_rows(buffer.getvalue())


def test_a_far_corner_of_a_workbook_costs_nothing() -> None:
    """The last cell of the last row: a reader that lays out all cells between would need hundreds of gigabytes."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet["A1"], sheet["XFD1048576"] = "日期", "x"
    buffer = io.BytesIO()
    workbook.save(buffer)
    with pytest.raises(BadFile, match="20,000"):
        read_rows(buffer.getvalue())


def test_an_old_workbook_is_read_with_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    real = subprocess.run

    def spy(command: list[str], **options: Any) -> Any:
        seen.append(command)
        return real(command, **options)

    monkeypatch.setattr(subprocess, "run", spy)
    corner = [["日期"], *[[""]] * 3]
    assert read_rows(papers.xls_bytes(corner)) == [["日期"]]
    assert seen[0][1] == "-I"


@settings(max_examples=max(HOSTILE_FILES, 20))
@given(
    st.binary(max_size=400)
    | st.text(max_size=400).map(str.encode)
    | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail)
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        rows = read_rows(data)
    except BadFile:
        return
    layout = find_layout(rows, {})
    if layout.is_complete:
        read_lines(rows, layout)


CELL = st.one_of(
    st.text(max_size=25), st.sampled_from(["2026-11-02", "5.00", "-5.00", "收入", "=1+1", "合计", "", "１２", "`7"])
)


@settings(max_examples=max(HOSTILE_FILES, 20))
@given(st.lists(st.lists(CELL, max_size=9), max_size=12), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_no_table_makes_the_reader_fall(rows: list[list[str]], encoding: str) -> None:
    try:
        data = papers.csv_bytes([papers.HEADER, *rows], encoding=encoding)
    except UnicodeEncodeError:
        return
    try:
        reading = read(data)
    except BadFile:
        return
    assert all(line.amount_fen for line in reading.lines)
