"""Money, codes, masks and cleaning: pure functions that much else leans on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sun_commune.core import codes
from sun_commune.core.money import MAX_FEN, parse_yuan, yuan, yuan_plain
from sun_commune.core.text import clean_line, clean_text, find_private, mask_name, mask_tail, to_half_width


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("120", 12000),
        ("99.5", 9950),
        ("99.50", 9950),
        ("1,234.56", 123456),
        ("１２元", 1200),
        ("¥ 300", 30000),
        ("￥0.01", 1),
        ("0", 0),
        ("1000000000", MAX_FEN),
    ],
)
def test_amounts_as_people_type_them(typed: str, fen: int) -> None:
    assert parse_yuan(typed) == fen


@pytest.mark.parametrize(
    "typed", ["", "-1", "1.234", "1e3", "十", "1.", ".5", "1000000000.01", "9" * 40, "NaN", "²", "٣"]
)
def test_what_is_no_amount(typed: str) -> None:
    assert parse_yuan(typed) is None


@given(st.integers(0, MAX_FEN))
def test_amounts_come_back(fen: int) -> None:
    assert parse_yuan(yuan(fen)) == fen
    assert parse_yuan(yuan_plain(fen)) == fen


@given(st.text(max_size=60))
def test_no_text_breaks_the_parsers(text: str) -> None:
    parse_yuan(text)
    find_private(text)
    mask_name(text)
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_text(clean_text(text)) == clean_text(text)
    assert "\n" not in clean_line(text)


@given(st.text(alphabet=codes.ALPHABET, min_size=7, max_size=7), st.data())
def test_one_wrong_character_of_a_code_is_noticed(body: str, data: st.DataObject) -> None:
    code = "SC" + body + codes.check_character(body)
    assert codes.is_valid(code, "SC")
    place = data.draw(st.integers(2, len(code) - 1))
    other = data.draw(st.sampled_from([char for char in codes.ALPHABET if char != code[place]]))
    assert not codes.is_valid(code[:place] + other + code[place + 1 :], "SC")


@given(st.text(alphabet=codes.ALPHABET, min_size=7, max_size=7), st.integers(0, 5))
def test_two_swapped_characters_of_a_code_are_noticed(body: str, place: int) -> None:
    if body[place] != body[place + 1]:
        swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
        assert not codes.is_valid("SC" + swapped + codes.check_character(body), "SC")


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("黄国基", "黄**"),
        ("李四", "李*"),
        ("欧阳修文", "欧阳**"),
        ("欧阳", "欧*"),
        ("阿依古丽·买买提", "阿**"),
        ("John", "J**"),
        ("", "**"),
        ("  黄 国基 ", "黄**"),
        ("黄", "黄**"),
    ],
)
def test_masks_of_names(name: str, mask: str) -> None:
    assert mask_name(name) == mask


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("身份证 510723195512043217", "id_number"),
        ("51072319551204321X。", "id_number"),
        ("电话13800001234", "mobile"),
        ("１３８ ００００ １２３４", "mobile"),
        ("138-0000-1234", "mobile"),
        ("卡号6222021234567890123", "card"),
        ("电热毯 2 床，2017年12月4日", None),
        ("编号 XQ-2026-00042", None),
        ("510723217204", None),
        ("0816-1234567", None),
    ],
)
def test_private_numbers_in_text(text: str, found: str | None) -> None:
    assert find_private(text) == found


def test_small_things() -> None:
    assert to_half_width("ＡＢ１２，花椒　苗") == "AB12,花椒 苗"
    assert mask_tail("13800001234") == "*******1234"
    assert mask_tail("12") == "**"
    assert clean_line("a\u202eb\x00 \t c\n") == "ab c"
