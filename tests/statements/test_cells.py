"""Amounts, days and references as banks write them; and ten thousand cells that mean harm."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sun_commune.core.clock import today
from sun_commune.statements.cells import BadCell, clean, number_cell, read_amount, read_day, read_reference

#: The whole number of hostile cells is run by SUN_HOSTILE_CELLS=10000; the ordinary run takes a part.
HOSTILE_CELLS = int(os.environ.get("SUN_HOSTILE_CELLS", "400"))


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1234.5", 123_450), ("1,234.50", 123_450), ("1，234．50", 123_450), ("１２，３４５．６０", 1_234_560),
            ("¥ 300", 30_000),
        ("￥8元", 800), ("人民币12.00", 1200), ("CNY 5", 500), ("RMB5.10元", 510), ("+8", 800), ("-3.00", -300),
        ("－３", -300), ("5.00-", -500), ("(12.5)", -1250), ("（12.50）", -1250), ("−0.01", -1), ("0.00", 0), ("", 0),
        ("--", 0), ("/", 0), (".5", 50), ("7.", 700), ("1 234,567.89", 123_456_789), ("¥-3.00", -300), ("0", 0),
        ("12.500", 1250),
    ],
)  # fmt: skip
def test_amounts(text: str, fen: int) -> None:
    assert read_amount(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "1.234",
        "12.3.4",
        "abc",
        "1e5",
        "=1+1",
        "12%",
        "9" * 16,
        "1000000000.01",
        "٣",
        "²",
        "0x10",
        "--5",
        "1-2",
        "元",
        ".",
    ],
)
def test_what_is_no_amount_is_said(text: str) -> None:
    with pytest.raises(BadCell) as caught:
        read_amount(text)
    assert text[:30] in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02", "2026/1/2", "2026.01.02", "20260102", "2026年1月2日", "2026年01月02日 10:20",
            "2026-01-02 10:20:30",
        "2026-01-02T10:20:30", "20260102102030", "20260102 10:20:30", "２０２６－０１－０２", "02-Jan-2026",
            "Jan 2, 2026",
        "2 January 2026", "46024", "46024.5", "2026-01-02 00:00:00.000",
    ],
)  # fmt: skip
def test_days(text: str) -> None:
    assert read_day(text) == date(2026, 1, 2)


def test_a_turned_day_is_read_when_it_can_only_be_one() -> None:
    assert read_day("22/01/2026") == read_day("01/22/2026") == date(2026, 1, 22)
    with pytest.raises(BadCell):
        read_day("05/06/2026")


@pytest.mark.parametrize(
    "text", ["", "abc", "2026-13-01", "2026-02-30", "26-01-02", "1999-12-31", "0", "合计", "2026-1", "=TODAY()"]
)
def test_what_is_no_day_is_said(text: str) -> None:
    with pytest.raises(BadCell):
        read_day(text)


def test_a_day_that_has_not_come_is_refused() -> None:
    assert read_day(today().isoformat()) == today()
    with pytest.raises(BadCell):
        read_day((today() + timedelta(days=1)).isoformat())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("`4200001", "4200001"), ('="00012"', "00012"), ("'00012", "00012"), ("\t a \u200b b\n", "a b"), ("‘1", "1"),
        ("\ufeff日期", "日期"), ("x" * 900, "x" * 500),
    ],
)  # fmt: skip
def test_cells_come_out_of_their_wrapping(cell: str, text: str) -> None:
    assert clean(cell) == text


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("ｗx 123", "WX123"),
        ("1.23457E+19", ""),
        ("0", ""),
        ("0000", ""),
        ("-", ""),
        ("/", ""),
        ("--", ""),
        ("A-1", "A-1"),
    ],
)
def test_references(text: str, reference: str) -> None:
    assert read_reference(text) == reference


@pytest.mark.parametrize(
    ("value", "text"), [(0.1 + 0.2, "0.3"), (1234.5, "1234.5"), (12.0, "12"), (1e20, "1.00000E+20"), (float("nan"), "")]
)
def test_numbers_of_spreadsheets(value: float, text: str) -> None:
    assert number_cell(value) == text


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="=+-@\t\r\n\x00|%０１２.,，（）()¥E年月日/ ", max_size=40),
    st.sampled_from(["=cmd|' /C calc'!A0", "@SUM(1+1)", "+1+1", "-2+3", "=HYPERLINK(\"http://x\")", "\x00\x01",
        "9" * 400,
                     "2026-99-99", "9999999999999", "-0", "∞", "NaN", "１" * 50, "<script>", "{{7*7}}", "%s%n"]),
)  # fmt: skip


@settings(max_examples=HOSTILE_CELLS)
@given(HOSTILE)
def test_hostile_cells_are_read_or_refused_and_nothing_else(cell: str) -> None:
    text = clean(cell)
    assert len(text) <= 500
    assert "\x00" not in text
    for read in (read_amount, read_day, read_reference):
        words = "read"
        try:
            read(text)
        except BadCell as error:
            words = str(error)
        assert words


@settings(max_examples=HOSTILE_CELLS)
@given(st.integers(-(10**11), 10**11))
def test_every_amount_comes_back_in_every_spelling(fen: int) -> None:
    sign, whole, rest = "-" if fen < 0 else "", abs(fen) // 100, abs(fen) % 100
    plain = f"{whole:,}.{rest:02d}"
    wide = "".join(chr(ord(char) + 0xFEE0) for char in f"{sign}{plain}")
    for spelling in (f"{sign}{plain}", f"{sign}¥{plain}", wide, f"({plain})" if fen < 0 else f"+{plain}"):
        assert read_amount(spelling) == fen
