"""Places that are gone keep working and point to what became of them."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event, insert, update

from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Missing
from sun_commune.places import queries
from sun_commune.places.directory import Directory
from sun_commune.places.models import Level, Place, PlaceLoad


@pytest.mark.parametrize(
    ("code", "becomes"),
    [
        ("510722128201", "三台县建平镇杨五沟村"),
        ("510723217202", "盐亭县玉龙镇黄溪村"),
        ("510723217204", "盐亭县玉龙镇"),
        ("510725102213", "梓潼县许州镇"),
        ("510726104201-2019", "北川羌族自治县永昌镇鼓楼村"),
        ("510724", "安州区"),
        ("510726100204", "北川羌族自治县曲山镇石椅村"),
    ],
)
def test_what_became_of_a_place(mianyang: Directory, code: str, becomes: str) -> None:
    now = queries.current_place(code)
    assert now.exists
    assert queries.full_name(now) == becomes


def test_the_chain_of_successors(mianyang: Directory) -> None:
    assert [place.name for place in queries.successors("510722128201")] == ["杨五沟村"]
    assert [place.name for place in queries.successors("510723217204")] == ["玉龙镇"]
    assert queries.successors("510726100204") == []


def test_a_code_that_was_handed_on_belongs_to_whoever_bore_it_that_day(mianyang: Directory) -> None:
    def bearer(day: date | None) -> str:
        place = queries.find_place("510726104", on=day)
        return place.name if place else ""

    assert bearer(None) == "通泉镇"
    assert bearer(date(2018, 5, 1)) == "安昌镇"
    assert bearer(date(2024, 1, 1)) == "通泉镇"
    gone = queries.find_place("510723217204", on=date(2024, 1, 1))
    assert gone is None


def test_a_filter_by_township_finds_what_was_merged_into_it(mianyang: Directory) -> None:
    codes = queries.codes_within("510723101")
    assert {"510723101", "510723101233", "510723217", "510723217204"} <= codes
    assert "510722127223" not in codes
    assert "510723217204" in queries.codes_within("510723")
    assert queries.codes_within("000000") == set()


def test_ended_places_are_listed_only_on_request(mianyang: Directory) -> None:
    assert len(queries.list_counties("5107")) == 9
    assert "安县" in {place.name for place in queries.list_counties("5107", ended=True)}
    current = {place.name for place in queries.list_townships("510723")}
    assert "玉龙镇" in current
    assert "黄溪乡" not in current
    assert "黄溪乡" in {place.name for place in queries.list_townships("510723", ended=True)}
    assert queries.list_villages("510723217") == []
    assert "金禄村" in {place.name for place in queries.list_villages("510723217", ended=True)}


def test_a_place_nobody_knows_is_missing(mianyang: Directory) -> None:
    assert queries.find_place("510799999999") is None
    for ask in (queries.current_place, queries.full_name, queries.label, queries.successors):
        with pytest.raises(Missing):
            ask("510799999999")


def test_an_ended_place_without_successor_falls_back_to_what_is_above(app: Flask) -> None:
    with transaction(audited=False) as session:
        session.add(Place(code="9901", level=Level.CITY, name="山市"))
        session.flush()
        session.add(Place(code="990101", parent_code="9901", level=Level.COUNTY, name="山县"))
        session.flush()
        session.add(
            Place(
                code="990101200",
                parent_code="990101",
                level=Level.TOWNSHIP,
                name="小河乡",
                valid_to=date(2020, 1, 1),
            )
        )
    assert queries.current_place("990101200").name == "山县"


def test_what_is_kept_in_memory_follows_every_change(app: Flask) -> None:
    with transaction(audited=False) as session:
        session.add(Place(code="9901", level=Level.CITY, name="山市"))
    assert queries.label("9901") == "山市"
    with transaction(audited=False):
        place = db.session.get(Place, "9901")
        assert place is not None
        place.name = "水市"
    assert queries.label("9901") == "水市"
    kept = queries.directory()
    assert queries.directory() is kept


def test_a_change_that_was_rolled_back_is_forgotten(app: Flask) -> None:
    def write_and_fail() -> None:
        with transaction(audited=False) as session:
            jinlu = session.get(Place, "510723217204")
            assert jinlu is not None
            jinlu.name = "新金禄村"
            session.flush()
            assert queries.label("510723217204") == "黄溪乡新金禄村"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert queries.label("510723217204") == "黄溪乡金禄村"


def test_a_page_of_names_asks_the_database_once(app: Flask) -> None:
    asked: list[str] = []
    queries.label("510723")
    db.session.rollback()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        names = {queries.full_name("510723217204") for _ in range(100)}
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert names == {"盐亭县黄溪乡金禄村"}
    assert len([statement for statement in asked if "places" in statement]) == 1


def test_a_change_by_another_process_is_seen_in_the_next_transaction(app: Flask) -> None:
    assert queries.label("510723217204") == "黄溪乡金禄村"
    db.session.rollback()
    with db.engine.connect() as other:
        other.execute(insert(PlaceLoad).values(city_code="5107", source="x", digest="0" * 64, loaded_at=now()))
        other.execute(update(Place).where(Place.code == "510723217204").values(name="新金禄村"))
        other.commit()
    assert queries.label("510723217204") == "黄溪乡新金禄村"
