"""The whole city out of its file, in memory: what is asked of it does not depend on the database."""

from __future__ import annotations

import pytest

from sun_commune.places import queries
from sun_commune.places.cli import OWN_FILES
from sun_commune.places.directory import Directory, PlaceInfo
from sun_commune.places.gazetteer import FORMER_SEPARATOR, read_places
from sun_commune.places.models import Level


@pytest.fixture(scope="session")
def city_directory() -> Directory:
    rows, errors = read_places(OWN_FILES["5107"].read_bytes(), city="5107")
    assert errors == []
    return Directory(
        PlaceInfo(
            code=row.code,
            parent_code=row.parent_code,
            level=Level(row.level),
            name=row.name,
            former_names=tuple(name for name in row.former_names.split(FORMER_SEPARATOR) if name),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            merged_into=row.merged_into,
            pinyin=row.pinyin,
            initials=row.initials,
            basis=row.basis,
        )
        for row in rows
    )


@pytest.fixture
def mianyang(city_directory: Directory, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """Queries answer out of the file; that a loaded database answers the same is test_load_places' matter."""
    monkeypatch.setattr(queries, "directory", lambda: city_directory)
    return city_directory
