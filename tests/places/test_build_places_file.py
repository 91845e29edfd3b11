"""Making a file of places out of two editions of the register: what became of whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sun_commune.places.build import build_places, read_known, read_register, village_name
from sun_commune.places.cli import build_file
from sun_commune.places.gazetteer import PlaceRow, read_places

TOWNSHIPS = {
    "990101100": ("大河镇", "大河镇"),
    "990101200": ("小河乡", None),  # its villages went to 大河镇
    "990101201": ("石台乡", None),  # only its name went on, as a community of 大河镇
    "990101202": ("空山乡", None),  # nothing of it can be found
    "990101101": ("旧镇", "新镇"),  # the code went on to another township
    "990101203": ("豆叩乡", None),
    "990101204": (None, "豆叩羌族乡"),
}
VILLAGES = {
    "990101100001": ("社区居民委员会", "大河社区居民委员会"),
    "990101100201": ("前进村民委员会", "前进村村民委员会"),
    "990101100202": ("明月村民委员会", "木龙村村民委员会"),  # the code went on to one that came from 小河乡
    "990101100203": ("登高村民委员会", "青石村村民委员会"),  # a new name
    "990101100204": ("消失村民委员会", None),
    "990101200201": ("金水村民委员会", None),
    "990101200202": ("木龙村民委员会", None),
    "990101200203": ("合并村民委员会", None),
    "990101200204": ("前进村民委员会", None),  # as one of 大河镇 is called
    "990101100205": (None, "金水村村民委员会"),
    "990101201201": ("高石村民委员会", None),
    "990101100002": (None, "石台社区居民委员会"),
    "990101202201": ("空山村民委员会", None),
    "990101101201": ("东村民委员会", "西村村民委员会"),
    "990101101202": ("北村民委员会", None),
    "990101100206": (None, "东村村民委员会"),
    "990101100207": (None, "北村村民委员会"),
    "990101200205": ("同名村民委员会", None),  # two of that name come together, one remains
    "990101101203": ("同名村民委员会", None),
    "990101100208": (None, "同名村村民委员会"),
    "990101200206": ("友谊村民委员会", None),
    "990101200002": ("友谊社区居民委员会", None),
    "990101100003": (None, "友谊社区居民委员会"),
    "990101203201": ("羌寨村民委员会", None),
    "990101204201": (None, "羌寨村村民委员会"),
}


def write_register(folder: Path, day: str, edition: int) -> Path:
    (folder / "dist").mkdir(parents=True)
    (folder / "README.md").write_text(f"* 本项目已更新至：截止时间：{day}，发布时间：2024-01-01", encoding="utf-8")
    for part, names in (
        ("areas", {"990101": ("山县", "山县"), "880101": ("别县", "别县")}),
        ("streets", TOWNSHIPS),
        ("villages", VILLAGES),
    ):
        lines = [f'{code},"{name[edition]}"' for code, name in names.items() if name[edition]]
        (folder / "dist" / f"{part}.csv").write_text("\n".join(["code,name", *lines]), encoding="utf-8")
    return folder


def run_command(options: list[str]) -> Result:
    return CliRunner().invoke(build_file, options)


@pytest.fixture
def editions(tmp_path: Path) -> tuple[Path, Path]:
    return (
        write_register(tmp_path / "old", "2019-10-31", 0),
        write_register(tmp_path / "new", "2023-06-30", 1),
    )


@pytest.fixture
def built(editions: tuple[Path, Path]) -> dict[str, PlaceRow]:
    old, new = (read_register(folder, "9901") for folder in editions)
    return {row.code: row for row in build_places(old, new, city="9901", city_name="山市")}


def test_a_village_follows_its_name_into_the_successor(built: dict[str, PlaceRow]) -> None:
    row = built["990101200201"]
    assert (row.merged_into, row.basis) == ("990101100205", "same name in the township's successor")
    assert str(row.valid_to) == "2023-06-30"
    assert built["990101100205"].valid_from == row.valid_to


def test_a_village_that_cannot_be_found_points_to_the_township_only(built: dict[str, PlaceRow]) -> None:
    assert (built["990101200203"].merged_into, built["990101200203"].basis) == ("990101100", "township only")
    assert (built["990101100204"].merged_into, built["990101100204"].basis) == ("990101100", "township only")


def test_a_namesake_that_was_there_before_is_no_successor(built: dict[str, PlaceRow]) -> None:
    assert built["990101200204"].merged_into == "990101100"


def test_of_two_namesakes_neither_is_guessed(built: dict[str, PlaceRow]) -> None:
    assert {built[code].merged_into for code in ("990101200205", "990101101203")} == {"990101100"}


def test_a_community_follows_the_community_of_its_name_not_the_village(built: dict[str, PlaceRow]) -> None:
    assert built["990101200002"].merged_into == "990101100003"
    assert built["990101200206"].merged_into == "990101100"


def test_a_code_handed_on_keeps_its_earlier_bearer(built: dict[str, PlaceRow]) -> None:
    earlier, later = built["990101100202-2019"], built["990101100202"]
    assert (earlier.name, earlier.merged_into) == ("明月村", "990101100")
    assert (later.name, later.former_names, later.valid_to) == ("木龙村", "", None)
    assert built["990101200202"].merged_into == "990101100202"


def test_a_township_code_handed_on_takes_its_villages_along(built: dict[str, PlaceRow]) -> None:
    assert (built["990101101-2019"].name, built["990101101-2019"].merged_into) == ("旧镇", "990101100")
    assert built["990101101"].name == "新镇"
    assert built["990101101201-2019"].parent_code == "990101101-2019"
    assert built["990101101202"].parent_code == "990101101-2019"
    assert built["990101101201-2019"].merged_into == "990101100206"
    assert built["990101101201"].parent_code == "990101101"


def test_a_new_name_under_the_same_code_keeps_the_former_one(built: dict[str, PlaceRow]) -> None:
    row = built["990101100203"]
    assert (row.name, row.former_names, row.basis) == ("青石村", "登高村", "same code, other name")


def test_townships_by_name_by_villages_by_a_community_or_not_at_all(built: dict[str, PlaceRow]) -> None:
    found = {code: (built[code].merged_into, built[code].basis) for code in ("990101203", "990101200", "990101201")}
    assert found == {
        "990101203": ("990101204", "same name"),
        "990101200": ("990101100", "2 of 2 village names found there"),
        "990101201": ("990101100", "a village there bears its name"),
    }
    assert (built["990101202"].merged_into, built["990101202"].basis) == ("990101", "county only")
    assert (built["990101202201"].merged_into, built["990101202201"].basis) == ("990101", "county only")


def test_a_known_fact_wins_and_ends_the_villages_with_their_township(
    editions: tuple[Path, Path], tmp_path: Path
) -> None:
    known = tmp_path / "known.csv"
    known.write_text(
        "code,name,former_names,valid_from,valid_to,merged_into,basis\n"
        "990101202,空山乡,,,2020-01-01,990101101,an act\n"
        "990102,古县,,,2016-03-20,990101,another act\n",
        encoding="utf-8",
    )
    old, new = (read_register(folder, "9901") for folder in editions)
    rows = build_places(old, new, city="9901", city_name="山市", known=read_known(known))
    built = {row.code: row for row in rows}
    assert (built["990101202"].merged_into, built["990101202"].basis) == ("990101101", "an act")
    assert str(built["990101202201"].valid_to) == "2020-01-01"
    assert built["990101202201"].merged_into == "990101101"
    assert (built["990102"].name, built["990102"].level, built["990102"].pinyin) == ("古县", "county", "gu xian")


def test_a_fact_about_another_name_is_refused(editions: tuple[Path, Path]) -> None:
    old, new = (read_register(folder, "9901") for folder in editions)
    fact = dict.fromkeys(("former_names", "valid_from", "valid_to", "merged_into", "basis"), "")
    with pytest.raises(ValueError, match="it is 空山乡, not 实山乡"):
        build_places(old, new, city="9901", city_name="山市", known=[{**fact, "code": "990101202", "name": "实山乡"}])


def test_a_register_without_a_day_is_refused(editions: tuple[Path, Path]) -> None:
    (editions[0] / "README.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="of which day"):
        read_register(editions[0], "9901")


@pytest.mark.parametrize(
    ("committee", "name"),
    [
        ("金禄村民委员会", "金禄村"),
        ("金禄村村民委员会", "金禄村"),
        ("柳村村民委员会", "柳村"),
        ("望江社区居民委员会", "望江社区"),
        ("翠屏居民委员会", "翠屏社区"),
        ("禹龙社区居民委员", "禹龙社区"),
        ("社区居民委员会", "社区"),
        ("春晖社区", "春晖社区"),
        ("虚拟某某所居民委员会虚拟社区", "某某所虚拟社区"),
        ("某林场", "某林场"),
    ],
)
def test_the_name_of_a_village_out_of_its_committees(committee: str, name: str) -> None:
    assert village_name(committee) == name


def test_the_command_writes_a_file_that_can_be_loaded(editions: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    options = ["--old", editions[0], "--new", editions[1], "--city", "9901", "--city-name", "山市", "--output", out]
    result = run_command([str(option) for option in options])
    assert result.exit_code == 0, result.output
    rows, errors = read_places(out.read_bytes(), city="9901")
    assert errors == []
    assert f"{len(rows)} places written" in result.output
    first = out.read_bytes()
    run_command([str(option) for option in options])
    assert out.read_bytes() == first


def test_the_command_says_what_is_missing(editions: tuple[Path, Path], tmp_path: Path) -> None:
    (editions[0] / "dist" / "streets.csv").unlink()
    result = run_command(
        ["--old", str(editions[0]), "--new", str(editions[1]), "--city", "9901", "--output", str(tmp_path / "o.csv")]
    )
    assert result.exit_code == 1
    assert "streets.csv" in result.output
    assert not (tmp_path / "o.csv").exists()
