"""Names of places as pages show them, and finding a place by what a person types."""

from __future__ import annotations

import pytest
from flask import Flask

from sun_commune.core.db import db
from sun_commune.core.labels import label as word
from sun_commune.places import queries
from sun_commune.places.directory import Directory
from sun_commune.places.models import Level, Place
from sun_commune.places.names import english_name

JINLU = "510723217204"


NAMES = {
    JINLU: ("盐亭县黄溪乡金禄村", "黄溪乡金禄村"),
    "510722127": ("三台县建平镇", "建平镇"),
    "510726": ("北川羌族自治县", "北川羌族自治县"),
    "5107": ("绵阳市", "绵阳市"),
}
ENGLISH = {
    JINLU: ("Jinlu Village, Huangxi Township, Yanting County", "Jinlu Village, Huangxi Township"),
    "510722127": ("Jianping Town, Santai County", "Jianping Town"),
    "510726": ("Beichuan Qiang Autonomous County", "Beichuan Qiang Autonomous County"),
    "5107": ("Mianyang City", "Mianyang City"),
}


@pytest.mark.parametrize(("lang", "names"), [("zh", NAMES), ("en", ENGLISH)])
def test_names(mianyang: Directory, lang: str, names: dict[str, tuple[str, str]]) -> None:
    assert {code: (queries.full_name(code, lang), queries.label(code, lang)) for code in names} == names


def test_a_row_of_the_table_can_be_named_too(app: Flask) -> None:
    place = db.session.get(Place, JINLU)
    assert place is not None
    assert queries.full_name(place) == "盐亭县黄溪乡金禄村"
    assert queries.label(queries.get_place(JINLU)) == "黄溪乡金禄村"


def test_no_two_villages_of_a_county_have_the_same_label(mianyang: Directory) -> None:
    villages = queries.directory().of_level(Level.VILLAGE)
    names = [(place.code[:6], queries.label(place)) for place in villages]
    assert len(set(names)) == len(names) == 2071


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("豆叩羌族乡", "Doukou Qiang Township"),
        ("桃龙藏族乡", "Taolong Tibetan Township"),
        ("大兴回族乡", "Daxing Hui Township"),
        ("城厢街道", "Chengxiang Subdistrict"),
        ("望江社区", "Wangjiang Community"),
        ("绿化村", "Lühua Village"),
        ("社区", "Community"),
        ("林场", "Linchang"),
    ],
)
def test_english_names_by_kind(name: str, english: str) -> None:
    assert english_name(name) == english


def test_stored_pinyin_is_used_unless_it_does_not_fit() -> None:
    assert english_name("六合村", "lu he cun") == "Luhe Village"
    assert english_name("六合村", "liu") == "Liuhe Village"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("石椅", "曲山镇石椅村"),
        ("石椅村", "曲山镇石椅村"),
        ("曲山镇石椅村", "曲山镇石椅村"),
        ("北川羌族自治县曲山镇石椅", "曲山镇石椅村"),
        ("曲山 石椅", "曲山镇石椅村"),
        ("shiyi", "曲山镇石椅村"),
        ("Shiyicun", "曲山镇石椅村"),
        ("qushan shiyi", "曲山镇石椅村"),
        ("510726100204", "曲山镇石椅村"),
        ("５１０７２６１００２０４", "曲山镇石椅村"),
        ("龙宫坝村", "马角镇龙宫村"),
    ],
)
def test_a_village_is_found_by_what_people_type(mianyang: Directory, typed: str, found: str) -> None:
    assert found in [queries.label(place) for place in queries.search_places(typed)]


def test_the_exact_name_stands_first(mianyang: Directory) -> None:
    names = [place.name for place in queries.search_places("双龙村", limit=50)]
    exact = names.count("双龙村")
    assert exact > 1
    assert names[:exact] == ["双龙村"] * exact


def test_initials_find_it_too(mianyang: Directory) -> None:
    assert "石椅村" in [place.name for place in queries.search_places("syc", within="510726")]


def test_naming_the_township_alone_lists_no_village_by_chance(mianyang: Directory) -> None:
    found = {queries.label(place) for place in queries.search_places("曲山镇", limit=50)}
    assert found == set()


def test_a_search_can_be_kept_within_a_county_and_to_a_level(mianyang: Directory) -> None:
    assert {place.code[:6] for place in queries.search_places("前进", within="510781", limit=50)} <= {"510781"}
    assert [place.name for place in queries.search_places("玉龙", level=Level.TOWNSHIP)] == ["玉龙镇"]
    assert [place.name for place in queries.search_places("yanting", level=Level.COUNTY)] == ["盐亭县"]


def test_ended_villages_are_found_on_request(mianyang: Directory) -> None:
    assert queries.search_places("金禄") == []
    assert [place.code for place in queries.search_places("金禄", ended=True)] == [JINLU]


@pytest.mark.parametrize("typed", ["", "   ", "不存在的村子", "%", "_", "'; --", "\x00"])
def test_what_fits_nothing_finds_nothing(mianyang: Directory, typed: str) -> None:
    assert queries.search_places(typed, ended=True) == []


def test_every_level_has_a_word(app: Flask) -> None:
    assert all(word(level) for level in Level)
