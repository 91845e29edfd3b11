"""All places in memory. They are a few thousand and hardly change, and list pages ask for names all the time.

One copy per process and database, remade when a load of places has changed them (see ``queries.directory``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sun_commune.places.models import Level
from sun_commune.places.names import english_name


@dataclass(frozen=True)
class PlaceInfo:
    """What pages need to know of one place; the fields are those of models.Place."""

    code: str
    parent_code: str | None
    level: Level
    name: str
    former_names: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    merged_into: str | None
    pinyin: str
    initials: str
    basis: str

    @property
    def exists(self) -> bool:
        return self.valid_to is None

    @property
    def statistical_code(self) -> str:
        """The code without the year that marks an earlier bearer."""
        return self.code.partition("-")[0]

    @cached_property
    def english(self) -> str:
        return english_name(self.name, self.pinyin)

    @cached_property
    def spelled(self) -> tuple[str, ...]:
        """What a person may type to find it: name, former names, pinyin in one word, initials."""
        return (
            self.name,
            *self.former_names,
            self.pinyin.replace(" ", ""),
            self.initials,
        )


class Directory:
    """The places by code and by parent, in the order of their codes."""

    def __init__(self, places: Iterable[PlaceInfo]) -> None:
        self.by_code = {place.code: place for place in sorted(places, key=lambda place: place.code)}
        self._levels: dict[Level, list[PlaceInfo]] = defaultdict(list)
        self._children: dict[str | None, list[PlaceInfo]] = defaultdict(list)
        self._merged: dict[str, list[PlaceInfo]] = defaultdict(list)
        for place in self.by_code.values():
            self._levels[place.level].append(place)
            self._children[place.parent_code].append(place)
            if place.merged_into:
                self._merged[place.merged_into].append(place)

    def get(self, code: str) -> PlaceInfo | None:
        return self.by_code.get(code)

    def of_level(self, level: Level, *, ended: bool = False) -> list[PlaceInfo]:
        return [place for place in self._levels.get(level, ()) if ended or place.exists]

    def children(self, code: str | None, *, ended: bool = False) -> list[PlaceInfo]:
        return [place for place in self._children.get(code, ()) if ended or place.exists]

    def merged_into(self, code: str) -> list[PlaceInfo]:
        """What was merged into the place directly."""
        return list(self._merged.get(code, ()))

    def lineage(self, place: PlaceInfo) -> list[PlaceInfo]:
        """From the city down to the place itself; what is not stored is left out."""
        line = [place]
        while (parent := self.by_code.get(line[0].parent_code or "")) and parent not in line:
            line.insert(0, parent)
        return line

    def successors(self, place: PlaceInfo) -> list[PlaceInfo]:
        """The chain from the place's first successor to the last; empty if it exists or none is known."""
        chain: list[PlaceInfo] = []
        while (following := self.by_code.get(place.merged_into or "")) and following not in chain:
            chain.append(following)
            place = following
        return chain

    def within(self, code: str) -> set[str]:
        """Codes of the place, of all below it, and of all that went into any of these."""
        found: set[str] = set()
        open_codes = [code] if code in self.by_code else []
        while open_codes:
            now = open_codes.pop()
            if now not in found:
                found.add(now)
                open_codes += [
                    place.code
                    for place in (
                        *self._children.get(now, ()),
                        *self._merged.get(now, ()),
                    )
                ]
        return found
