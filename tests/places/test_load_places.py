"""``flask places load``: a city's own file, all of it or nothing, again and again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from sun_commune.core.db import db, transaction
from sun_commune.places import queries
from sun_commune.places.directory import Directory
from sun_commune.places.gazetteer import COLUMNS, read_places
from sun_commune.places.models import Level, Place, PlaceLoad
from sun_commune.places.services import LoadReport, load_places

HEAD = "code,parent_code,level,name,former_names,valid_from,valid_to,merged_into,basis\n"
BASE = (
    "9901,,city,山市,,,,,\n"
    "990101,9901,county,山县,,,,,\n"
    "990101100,990101,township,大河镇,,,,,\n"
    "990101200,990101,township,小河乡,,,,,\n"
    "990101200201,990101200,village,金水村,,,,,\n"
    "990101100201,990101100,village,前进村,,,,,\n"
)
MERGED = (
    BASE.replace("小河乡,,,,,", "小河乡,,,2023-06-30,990101100,an act")
    .replace("金水村,,,,,", "金水村,,,2023-06-30,990101100205,same name")
    .replace("前进村,,,,,", "新前进村,,,,,")
    + "990101100205,990101100,village,金水村,,2023-06-30,,,\n"
)


def load(tmp_path: Path, rows: str, *, head: str = HEAD, dry_run: bool = False) -> LoadReport:
    file = tmp_path / "city.csv"
    file.write_text(head + rows, encoding="utf-8")
    if dry_run:
        return load_places(file, city="9901", dry_run=True)
    with transaction():
        return load_places(file, city="9901")


def stored() -> dict[str, str]:
    rows = db.session.execute(select(Place.code, Place.name).where(Place.code.startswith("9901")))
    return {row.code: row.name for row in rows}


def test_a_first_load_stores_every_place_with_its_pinyin(app: Flask, tmp_path: Path) -> None:
    report = load(tmp_path, BASE)
    assert (len(report.added), report.unchanged, report.errors) == (6, 0, [])
    village = db.session.get(Place, "990101200201")
    assert village is not None
    assert (village.name, village.level, village.parent_code) == ("金水村", Level.VILLAGE, "990101200")
    assert (village.pinyin, village.initials, village.exists) == ("jin shui cun", "jsc", True)


def test_the_same_file_again_changes_nothing(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, MERGED)
    loads = db.session.scalar(select(func.count()).select_from(PlaceLoad))
    again = load(tmp_path, MERGED)
    assert not again.has_changes
    assert again.unchanged == 7
    assert db.session.scalar(select(func.count()).select_from(PlaceLoad)) == loads == 1


def test_a_newer_file_is_told_apart(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, BASE)
    report = load(tmp_path, MERGED)
    assert report.added == ["990101100205"]
    assert report.renamed == [("990101100201", "前进村", "新前进村")]
    assert sorted(report.ended) == ["990101200", "990101200201"]
    assert dict(report.merged) == {"990101200": "990101100", "990101200201": "990101100205"}
    assert report.summary() == "1 added, 1 renamed, 2 ended, 2 merged, 3 unchanged"
    village = db.session.get(Place, "990101100201")
    assert village is not None
    assert (village.name, village.former_names) == ("新前进村", "前进村")


def test_a_name_given_up_is_still_known_after_a_third_file(app: Flask, tmp_path: Path) -> None:
    for name in ("前进村", "新前进村", "幸福村", "幸福村"):
        report = load(tmp_path, BASE.replace("前进村", name))
    assert not report.has_changes
    village = db.session.get(Place, "990101100201")
    assert village is not None
    assert village.former_names == "前进村|新前进村"


def test_a_place_that_the_file_forgets_is_kept_and_told(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, BASE)
    report = load(tmp_path, BASE.replace("990101100201,990101100,village,前进村,,,,,\n", ""))
    assert report.missing == ["990101100201"]
    assert not report.has_changes
    assert "990101100201" in stored()


def test_an_ended_place_can_come_back(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, MERGED)
    report = load(tmp_path, BASE)
    assert sorted(report.revived) == ["990101200", "990101200201"]
    assert queries.current_place("990101200201").code == "990101200201"


def test_moving_to_a_new_township_in_the_same_file(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, BASE)
    moved = BASE.replace("990101100201,990101100", "990101100201,990101300") + "990101300,990101,township,新镇,,,,,\n"
    assert load(tmp_path, moved).moved == ["990101100201"]


def test_a_dry_run_tells_the_same_and_stores_nothing(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, BASE)
    before = stored()
    report = load(tmp_path, MERGED, dry_run=True)
    assert report.summary() == "1 added, 1 renamed, 2 ended, 2 merged, 3 unchanged"
    assert stored() == before


def test_places_of_other_cities_stay_as_they_are(app: Flask, tmp_path: Path) -> None:
    others = set(db.session.scalars(select(Place.code).where(~Place.code.startswith("9901"))))
    assert others
    assert load(tmp_path, BASE).missing == []
    assert others == set(db.session.scalars(select(Place.code).where(~Place.code.startswith("9901"))))


BAD_ROWS = [
    ("99010120020,990101200,village,短村,,,,,\n", "code", "'99010120020' is not a code of 4, 6, 9 or 12 digits"),
    ("99010120020x,990101200,village,字村,,,,,\n", "code", "not a code"),
    ("9.90101E+11,990101200,village,表村,,,,,\n", "code", "lost its digits in a spreadsheet"),
    (",990101200,village,无码村,,,,,\n", "code", "is empty"),
    ("990101200201,990101200,village,重村,,,,,\n", "code", "990101200201 stands already in row 6"),
    ("880101,9901,county,外县,,,,,\n", "code", "880101 is not of city 9901"),
    ("990101999201,990101999,village,孤村,,,,,\n", "parent_code", "990101999 is unknown"),
    ("990101200299,990101,village,跳村,,,,,\n", "parent_code", "990101 is a county, not one level above"),
    ("990101200299,990101200,township,错级村,,,,,\n", "level", "does not fit the code, which is a village's"),
    ("990101200299,990101200,village,,,,,,\n", "name", "is empty"),
    (f"990101200299,990101200,village,{'长' * 61},,,,,\n", "name", "longer than 60 characters"),
    ("990101200299,990101200,village,日村,,2023-02-30,,,\n", "valid_from", "'2023-02-30' is not a date"),
    ("990101200299,990101200,village,日村,,,2023/06/30,,\n", "valid_to", "'2023/06/30' is not a date"),
    ("990101200299,990101200,village,反村,,2023-06-30,2019-10-31,,\n", "valid_to", "is not after valid_from"),
    ("990101200299,990101200,village,并村,,,2023-06-30,990101200999,\n", "merged_into", "990101200999 is unknown"),
    ("990101200299,990101200,village,还村,,,,990101200201,\n", "valid_to", "is empty, but 990101200299 was merged"),
    ("990101300,990101,township,下镇,,,2023-06-30,990101200201,\n", "merged_into", "is a village, below a township"),
    ("990101200299,990101200,village,己村,,,2023-06-30,990101200299,\n", "merged_into", "leads back to 990101200299"),
    ("990101200299,990101200,village\n", "basis", "3 cells, the heading has 9"),
]


@pytest.mark.parametrize(("row", "column", "message"), BAD_ROWS)
def test_a_bad_row_is_named_by_row_and_column_and_nothing_is_stored(
    app: Flask, tmp_path: Path, row: str, column: str, message: str
) -> None:
    report = load(tmp_path, BASE + row)
    assert [(error.row, error.column) for error in report.errors] == [(8, column)]
    assert message in report.errors[0].message
    assert stored() == {}


def test_every_mistake_of_a_file_is_told_at_once(app: Flask, tmp_path: Path) -> None:
    report = load(tmp_path, BASE + BAD_ROWS[0][0] + "\n" + BAD_ROWS[9][0] + BAD_ROWS[6][0])
    assert [(error.row, error.column) for error in report.errors] == [(8, "code"), (10, "name"), (11, "parent_code")]


def test_a_circle_of_successors_is_refused(app: Flask, tmp_path: Path) -> None:
    circle = (
        "990101200301,990101200,village,甲村,,,2023-06-30,990101200302,\n"
        "990101200302,990101200,village,乙村,,,2023-06-30,990101200301,\n"
    )
    report = load(tmp_path, BASE + circle)
    assert {(error.row, error.column) for error in report.errors} == {(8, "merged_into"), (9, "merged_into")}


def test_a_living_village_in_an_ended_township_is_refused(app: Flask, tmp_path: Path) -> None:
    report = load(tmp_path, BASE.replace("小河乡,,,,,", "小河乡,,,2023-06-30,990101100,"))
    assert [str(error) for error in report.errors] == [
        "row 6, column parent_code: 990101200 has ended, 990101200201 has not"
    ]


@pytest.mark.parametrize(
    ("head", "errors"),
    [
        ("code,nom\n", [(1, "name"), (1, "nom")]),
        ("", [(1, "code"), (1, "name")]),
        ("code,code,name\n", [(1, "code")]),
    ],
)
def test_a_bad_heading_is_named(app: Flask, tmp_path: Path, head: str, errors: list[tuple[int, str]]) -> None:
    report = load(tmp_path, "", head=head)
    assert sorted({(error.row, error.column) for error in report.errors}) == errors


def test_a_file_that_is_not_utf8_names_the_row(tmp_path: Path) -> None:
    content = (HEAD + BASE).encode().replace("小河乡".encode(), "小河乡".encode("gb18030"))
    _, errors = read_places(content, city="9901")
    assert [(error.row, error.column) for error in errors] == [(5, "name")]
    assert "UTF-8" in errors[0].message


def test_a_minimal_file_is_enough() -> None:
    """Only code and name; full-width digits, a byte order mark and stray spaces are forgiven."""
    text = "\ufeffCode, Name \r\n9901,山市\r\n９９０１０１, 山县 \r\n'990101100,大河镇\r\n"
    rows, errors = read_places(text.encode(), city="9901")
    assert errors == []
    assert [(row.code, row.parent_code, row.level, row.name) for row in rows] == [
        ("9901", None, "city", "山市"),
        ("990101", "9901", "county", "山县"),
        ("990101100", "990101", "township", "大河镇"),
    ]


CELLS = st.text(st.characters(codec="utf-8"), max_size=14) | st.sampled_from(
    ["9901", "990101", "990101100", "990101100-2019", "2019-10-31", "village", '"', "\x00", "９９０１"]
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=len(COLUMNS) + 1), max_size=6), st.booleans())
def test_no_file_whatever_it_holds_breaks_the_reader(rows: list[list[str]], with_heading: bool) -> None:
    heading = [list(COLUMNS)] if with_heading else []
    content = "\n".join(",".join(cells) for cells in [*heading, *rows]).encode()
    read, errors = read_places(content, city="9901")
    for row in read if not errors else []:
        assert re.fullmatch(r"\d{4}|\d{6}(-\d{4})?|\d{9}(-\d{4})?|\d{12}(-\d{4})?", row.code), row
        assert row.name


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    read_places(content, city="9901")


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["places", "load", *arguments])


def test_the_command_loads_the_citys_own_file_and_tells_what_is_there(app: Flask, city_directory: Directory) -> None:
    result = run(app)
    assert result.exit_code == 0, result.output
    assert re.search(r"\d{4} added", result.output)
    assert db.session.scalar(select(func.count()).select_from(Place)) == 5122
    assert queries.directory().by_code == city_directory.by_code
    again = run(app)
    assert again.output.strip() == "5122 unchanged"


def test_the_command_shows_what_a_newer_file_changes(app: Flask, tmp_path: Path) -> None:
    rows = (HEAD + BASE).replace("9901", "5107")
    file = tmp_path / "newer.csv"
    file.write_text(rows, encoding="utf-8")
    assert run(app, str(file)).exit_code == 0
    file.write_text(rows.replace("前进村", "新前进村"), encoding="utf-8")
    dry = run(app, str(file), "--dry-run")
    assert "renamed 510701100201: 前进村 -> 新前进村" in dry.output
    assert "dry run: nothing was stored" in dry.output
    assert "renamed 510701100201" in run(app, str(file)).output
    assert "renamed" not in run(app, str(file)).output


def test_the_command_refuses_a_bad_file_with_its_mistakes(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text((HEAD + BASE + BAD_ROWS[0][0]).replace("9901", "5107"), encoding="utf-8")
    result = run(app, str(file))
    assert result.exit_code == 1
    assert "bad.csv: row 8, column code: '51070120020' is not a code" in result.output
    assert "bad.csv was not loaded, nothing was stored; mistakes: 1" in result.output


def test_a_load_is_on_the_audit_trail(app: Flask, tmp_path: Path) -> None:
    from sun_commune.audit.models import AuditEntry

    load(tmp_path, BASE)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.object_code, entry.reason) == ("9901", "6 added, 0 unchanged")
