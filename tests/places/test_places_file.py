"""The file of places that comes with the program: what it must hold, whatever makes it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sun_commune.places.cli import OWN_FILES
from sun_commune.places.gazetteer import PlaceRow, digits, read_places, write_places
from sun_commune.places.names import english_name
from sun_commune.places.pinyin import initials, spell

CONTENT = OWN_FILES["5107"].read_bytes()


@pytest.fixture(scope="module")
def rows() -> dict[str, PlaceRow]:
    read, errors = read_places(CONTENT, city="5107")
    assert errors == []
    return {row.code: row for row in read}


def test_the_file_is_what_writing_it_again_gives(rows: dict[str, PlaceRow]) -> None:
    assert write_places(rows.values()).encode() == CONTENT


def test_counts_of_both_registers(rows: dict[str, PlaceRow]) -> None:
    """Edition of 2023-06-30: 167 townships and 2,071 villages; of 2019-10-31: 294 and 3,788."""
    current = Counter(row.level for row in rows.values() if row.valid_to is None)
    assert current == {"city": 1, "county": 9, "township": 167, "village": 2071}
    # A place of the old register is one that is not new: those first known on the new register's day, or by a fact.
    old = Counter(row.level for row in rows.values() if row.valid_from is None)
    assert old["township"] == 294
    assert old["village"] == 3788


def test_codes_that_survive_and_codes_that_were_handed_on(rows: dict[str, PlaceRow]) -> None:
    """1,111 village codes stand in both registers; 48 of them mean another village now."""
    old = {digits(code) for code, row in rows.items() if row.level == "village" and row.valid_from is None}
    new = {code for code, row in rows.items() if row.level == "village" and row.valid_to is None}
    assert len(old & new) == 1111
    handed_on = Counter(row.level for code, row in rows.items() if code != digits(code))
    assert handed_on == {"village": 48, "township": 3}
    assert all(digits(code) in rows for code in rows)


def test_whatever_ended_leads_to_something_that_exists(rows: dict[str, PlaceRow]) -> None:
    for row in rows.values():
        place = row
        while place.valid_to is not None:
            assert place.merged_into is not None, row
            place = rows[place.merged_into]


def test_nothing_ends_without_a_word_on_how_it_is_known(rows: dict[str, PlaceRow]) -> None:
    assert all(row.basis for row in rows.values())
    guessed = [
        row
        for row in rows.values()
        if row.level == "village"
        and row.basis in {"township only", "county only"}
        and row.merged_into
        and len(digits(row.merged_into)) == 12
    ]
    assert guessed == []


@pytest.mark.parametrize(
    ("code", "name", "successor", "basis"),
    [
        ("510723217204", "金禄村", "510723101", "township only"),
        ("510723217202", "黄溪村", "510723101233", "same name in the township's successor"),
        ("510722128201", "杨五沟村", "510722127223", "same name in the township's successor"),
        ("510725102213", "栏杆村", "510725102", "township only"),
        ("510726104201-2019", "鼓楼村", "510726103201", "same name in the township's successor"),
        ("510723217", "黄溪乡", "510723101", "绵府批复〔2019〕247号"),
        ("510724", "安县", "510705", "国函〔2016〕57号"),
    ],
)
def test_known_villages_and_their_successors(
    rows: dict[str, PlaceRow], code: str, name: str, successor: str, basis: str
) -> None:
    assert (rows[code].name, rows[code].merged_into, rows[code].basis) == (name, successor, basis)


@pytest.mark.parametrize(
    ("code", "township", "village"),
    [
        ("510726100204", "曲山镇", "石椅村"),
        ("510726101201", "擂鼓镇", "擂鼓村"),
        ("510727202201", "坝子乡", "双龙村"),
        ("510781118201", "马角镇", "龙宫村"),
        ("510703107201", "杨家镇", "罗汉寺村"),
    ],
)
def test_villages_of_the_demo_exist(rows: dict[str, PlaceRow], code: str, township: str, village: str) -> None:
    assert rows[code].valid_to is None
    assert (rows[rows[code].parent_code or ""].name, rows[code].name) == (township, village)


def test_a_renamed_village_keeps_its_former_name(rows: dict[str, PlaceRow]) -> None:
    assert (rows["510781118201"].name, rows["510781118201"].former_names) == ("龙宫村", "龙宫坝村")


def test_village_names_repeat(rows: dict[str, PlaceRow]) -> None:
    """Why a village is always shown with its township: 190 names, 223 if 村 and 社区 are not told apart."""
    current = [row.name for row in rows.values() if row.level == "village" and row.valid_to is None]
    stems = [name.removesuffix("村").removesuffix("社区") for name in current]
    repeated = [sum(count > 1 for count in Counter(names).values()) for names in (current, stems)]
    assert repeated == [190, 223]


@pytest.mark.parametrize(
    ("code", "pinyin", "letters", "english"),
    [
        ("510723", "yan ting xian", "ytx", "Yanting County"),
        ("510726", "bei chuan qiang zu zi zhi xian", "bcqzzzx", "Beichuan Qiang Autonomous County"),
        ("510703", "fu cheng qu", "fcq", "Fucheng District"),
        ("510722119", "qi jiang zhen", "qjz", "Qijiang Town"),
        ("510705102", "hua gai zhen", "hgz", "Huagai Town"),
        ("510726211", "bai shi xiang", "bsx", "Baishi Township"),
        ("510781115", "chong hua zhen", "chz", "Chonghua Town"),
        ("510722126", "le an zhen", "laz", "Le'an Town"),
        ("510723217204", "jin lu cun", "jlc", "Jinlu Village"),
    ],
)
def test_pinyin_of_local_readings(
    rows: dict[str, PlaceRow], code: str, pinyin: str, letters: str, english: str
) -> None:
    row = rows[code]
    assert (row.pinyin, row.initials, english_name(row.name, row.pinyin)) == (pinyin, letters, english)


def test_pinyin_has_one_syllable_for_each_character(rows: dict[str, PlaceRow]) -> None:
    for row in rows.values():
        assert len(row.pinyin.split()) == len(row.name) == len(row.initials), row
        assert row.pinyin.isascii(), row


def test_the_file_is_spelled_as_the_program_spells(rows: dict[str, PlaceRow]) -> None:
    """A reading corrected in places/pinyin.py asks for the file to be built again."""
    assert [row for row in rows.values() if (row.pinyin, row.initials) != (spell(row.name), initials(row.name))] == []


def test_the_file_stays_small() -> None:
    assert Path(OWN_FILES["5107"]).stat().st_size < 700_000
