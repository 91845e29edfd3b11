"""No cell of an export is taken for a formula, and nothing that people wrote is lost."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sun_commune.core.exports import Words, csv_cell, csv_line, csv_of_columns, csv_stream, safe_column

DANGEROUS = "=+-@\t\r\n\x00＝＋－＠|%"
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=9) | st.sampled_from(
    ["ZM1", "a,b", "\r", "=1"]
)


def opens_formula(text: str) -> bool:
    return text.lstrip(" \u3000\xa0\t\r\n\x00")[:1] in set("=+-@＝＋－＠|%") or text[:1] in set(DANGEROUS)


@given(st.sampled_from(DANGEROUS), st.text(max_size=30))
def test_dangerous_beginnings_are_disarmed(first: str, rest: str) -> None:
    assert csv_cell(first + rest) == "'" + (first + rest).replace("\x00", "")


@given(st.text(max_size=60))
def test_no_text_opens_a_formula(text: str) -> None:
    cell = csv_cell(text)
    assert cell == "" or not opens_formula(cell)
    assert "\x00" not in cell


@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60))
def test_nothing_else_is_changed(text: str) -> None:
    assert csv_cell(text) in {text, "'" + text}


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), min_size=1))
def test_a_line_reads_back(cells: list[str]) -> None:
    row = next(csv.reader(io.StringIO(csv_line(cells), newline="")), [])
    assert row == [csv_cell(cell) for cell in cells]


@pytest.mark.parametrize(("value", "cell"), [(-5, "-5"), (Decimal("-3.20"), "-3.20"), (None, ""), ("", ""), (0, "0")])
def test_numbers_stay_numbers(value: object, cell: str) -> None:
    assert csv_cell(value) == cell


def test_stream_begins_with_the_mark_of_utf_8() -> None:
    pieces = list(csv_stream(["金额"], [[1], ["=1+1"]]))
    assert b"".join(pieces) == "\ufeff金额\r\n1\r\n'=1+1\r\n".encode()
    assert len(pieces) == 3


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6))
def test_by_columns_it_is_the_same_file(rows: list[tuple[str, str, str]]) -> None:
    first, second, third = zip(*rows, strict=True) if rows else ((), (), ())
    columns = [Words().of(first), safe_column(second), safe_column(third)]
    assert b"".join(csv_of_columns("abc", [columns])) == b"".join(csv_stream("abc", rows))


def test_word_is_found_out_once_and_made_safe() -> None:
    asked = []
    words = Words(lambda value: asked.append(value) or f"={value}")
    assert list(words.of([1, 2, 1])) == ["'=1", "'=2", "'=1"]
    assert asked == [1, 2]
