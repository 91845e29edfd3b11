"""Load a city's file of places: all of it or nothing, and tell what is different now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.events import announce
from sun_commune.places.events import PlacesLoaded
from sun_commune.places.gazetteer import (
    COLUMNS,
    FORMER_SEPARATOR,
    LONGEST,
    RANKS,
    PlaceRow,
    RowError,
    read_places,
)
from sun_commune.places.models import Level, Place, PlaceLoad
from sun_commune.places.queries import forget_version


@dataclass
class LoadReport:
    """What a load changed, by code; or its errors, and then nothing was stored.

    ``renamed`` holds (code, old name, new name), ``merged`` (code, successor). ``missing`` are places stored
    but not in the file: they are kept, since others refer to them. A place can stand in several lists.
    """

    errors: list[RowError] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    revived: list[str] = field(default_factory=list)
    merged: list[tuple[str, str]] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    unchanged: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def has_changes(self) -> bool:
        return any(
            (
                self.added,
                self.renamed,
                self.ended,
                self.revived,
                self.merged,
                self.moved,
                self.corrected,
            )
        )

    def summary(self) -> str:
        parts = (
            "added",
            "renamed",
            "ended",
            "revived",
            "merged",
            "moved",
            "corrected",
            "missing",
        )
        numbers = [f"{len(getattr(self, part))} {part}" for part in parts if getattr(self, part)]
        return ", ".join([*numbers, f"{self.unchanged} unchanged"])


def load_places(path: Path, *, city: str, actor_id: int | None = None, dry_run: bool = False) -> LoadReport:
    """Add and change places as the CSV file says. Idempotent; needs an open transaction unless ``dry_run``.

    ``city`` is the four-digit code every place must begin with. Places are never deleted. A name that the
    file replaces is kept in ``former_names``. Raises OSError if the file cannot be read.
    """
    content = path.read_bytes()
    stored = {place.code: place for place in db.session.scalars(select(Place).where(Place.code.startswith(city)))}
    rows, errors = read_places(content, city=city, known={code: place.level for code, place in stored.items()})
    report = LoadReport(errors=errors)
    if errors:
        return report
    additions: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: RANKS[row.level]):
        place = stored.get(row.code)
        if place is None:
            additions.append(_values(row))
            report.added.append(row.code)
        else:
            values = _difference(row, place, report)
            changes.extend([{"code": row.code, **values}] if values else [])
    report.missing = sorted(set(stored) - {row.code for row in rows})
    if report.has_changes and not dry_run:
        _store(additions, changes)
        _remember(path, content, report, city=city, actor_id=actor_id)
    return report


def _values(row: PlaceRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS} | {"level": Level(row.level)}


def _difference(row: PlaceRow, place: Place, report: LoadReport) -> dict[str, Any]:
    """What the file has otherwise than the database, noted in the report."""
    wanted = _values(row) | {"former_names": _join_former_names(row, place)}
    values = {name: value for name, value in wanted.items() if value != getattr(place, name)}
    if not values:
        report.unchanged += 1
        return values
    told = False
    if "name" in values:
        report.renamed.append((row.code, place.name, row.name))
        told = True
    if "valid_to" in values and (place.valid_to is None or row.valid_to is None):
        (report.ended if row.valid_to else report.revived).append(row.code)
        told = True
    if row.merged_into and "merged_into" in values:
        report.merged.append((row.code, row.merged_into))
        told = True
    if "parent_code" in values:
        report.moved.append(row.code)
        told = True
    if not told:
        report.corrected.append(row.code)
    return values


def _join_former_names(row: PlaceRow, place: Place) -> str:
    """Names known before, the oldest first; a name given up by this load is added, none is ever lost."""
    names = [
        *place.former_names.split(FORMER_SEPARATOR),
        *row.former_names.split(FORMER_SEPARATOR),
    ]
    if place.name != row.name:
        names.append(place.name)
    kept = [name for name in dict.fromkeys(names) if name and name != row.name]
    while len(FORMER_SEPARATOR.join(kept)) > LONGEST["former_names"]:
        kept.pop(0)
    return FORMER_SEPARATOR.join(kept)


def _store(additions: list[dict[str, Any]], changes: list[dict[str, Any]]) -> None:
    """Successors come second: they may stand further down in the file."""
    if additions:
        db.session.execute(
            insert(Place),
            [values | {"merged_into": None, "valid_to": None} for values in additions],
        )
    changes += [
        {
            "code": values["code"],
            "merged_into": values["merged_into"],
            "valid_to": values["valid_to"],
        }
        for values in additions
        if values["valid_to"]
    ]
    for columns in {frozenset(values) for values in changes}:
        db.session.execute(
            update(Place),
            [values for values in changes if frozenset(values) == columns],
        )
    db.session.expire_all()
    forget_version()


def _remember(path: Path, content: bytes, report: LoadReport, *, city: str, actor_id: int | None) -> None:
    digest = hashlib.sha256(content).hexdigest()
    db.session.add(PlaceLoad(city_code=city, source=path.name[:120], digest=digest, loaded_at=now()))
    db.session.flush()
    announce(
        PlacesLoaded(
            actor_id=actor_id,
            object_code=city,
            to_state=f"sha256:{digest[:12]}",
            reason=report.summary(),
        )
    )
