"""Reads of places. Names come from memory: a page of a hundred needs asks the database one small question."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, SessionTransaction, object_session

from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.kept import forget, keep
from sun_commune.core.text import clean_line, to_half_width
from sun_commune.places.directory import Directory, PlaceInfo
from sun_commune.places.gazetteer import FORMER_SEPARATOR
from sun_commune.places.models import Level, Place, PlaceLoad

MOST_FOUND = 20
VERSION_KEY = "places_version"
VERSION_KEPT_SECONDS = 20
WRITTEN_KEY = "places_written"

_directories: dict[str, tuple[Any, Directory]] = {}


class HasCode(Protocol):
    """A Place, a PlaceInfo, or anything else that carries a place's code."""

    @property
    def code(self) -> str: ...


Placelike = str | PlaceInfo | HasCode


def directory() -> Directory:
    """All places. Remade when they have changed, here or in another process."""
    session = db.session()
    where = session.get_bind().engine.url.render_as_string(hide_password=True)
    version = data_version()
    kept = _directories.get(where)
    if kept is None or kept[0] != version:
        kept = (
            version,
            Directory(_info(place) for place in session.scalars(select(Place))),
        )
        _directories[where] = kept
    return kept[1]


def data_version() -> tuple[Any, ...]:
    """Equal as long as the stored places are the same.

    Asked once per database transaction, and at most every VERSION_KEPT_SECONDS: so long may names be old that another
    process has changed.
    """
    info = db.session().info
    version: tuple[Any, ...] | None = info.get(VERSION_KEY)
    if version is None:
        version = info[VERSION_KEY] = keep(VERSION_KEY, _read_version, seconds=VERSION_KEPT_SECONDS)
    return version


def _read_version() -> tuple[Any, ...]:
    newest = select(PlaceLoad.digest).order_by(PlaceLoad.id.desc()).limit(1)
    row = db.session().execute(
        select(
            newest.scalar_subquery(),
            select(func.max(PlaceLoad.loaded_at)).scalar_subquery(),
            select(func.count()).select_from(Place).scalar_subquery(),
        )
    )
    return tuple(row.one())


def forget_version(session: Session | None = None) -> None:
    """Ask again at the next question: places were written."""
    (session or db.session()).info.pop(VERSION_KEY, None)
    forget(VERSION_KEY)


def find_place(code: str, *, on: date | None = None) -> PlaceInfo | None:
    """The place of that code, or None. ``on`` asks who bore the code that day: codes are handed on."""
    code = to_half_width(code).strip()
    places = directory()
    place = places.get(code)
    if on is None:
        return place
    bearers = [other for other in places.by_code.values() if other.statistical_code == code.partition("-")[0]]
    for other in bearers:
        if (other.valid_from is None or other.valid_from <= on) and (other.valid_to is None or on < other.valid_to):
            return other
    return None


def get_place(place: Placelike) -> PlaceInfo:
    """As find_place, but raises Missing."""
    if isinstance(place, PlaceInfo):
        return place
    found = find_place(place if isinstance(place, str) else place.code)
    if found is None:
        raise Missing
    return found


def list_counties(city: str = "", *, ended: bool = False) -> list[PlaceInfo]:
    """Counties and districts, of one city if its code is given."""
    return [place for place in directory().of_level(Level.COUNTY, ended=ended) if place.code.startswith(city)]


def list_townships(county_code: str, *, ended: bool = False) -> list[PlaceInfo]:
    """Townships of a county; ``ended`` adds those merged away."""
    return directory().children(county_code, ended=ended)


def list_villages(township_code: str, *, ended: bool = False) -> list[PlaceInfo]:
    """Villages and communities of a township; ``ended`` adds those merged away."""
    return directory().children(township_code, ended=ended)


def lineage(place: Placelike) -> list[PlaceInfo]:
    """City, county, township, village - down to the place itself."""
    return directory().lineage(get_place(place))


def codes_within(code: str) -> set[str]:
    """Codes of the place, of all below it, and of all merged into these: what a filter has to match."""
    return directory().within(code)


def successors(place: Placelike) -> list[PlaceInfo]:
    """What became of it, step by step; empty if it exists or nobody knows."""
    return directory().successors(get_place(place))


def current_place(place: Placelike) -> PlaceInfo:
    """The place itself if it exists, else the last of its successors - perhaps only a township or county.

    Where none is known, the nearest place above it that exists.
    """
    places = directory()
    found = get_place(place)
    last = [found, *places.successors(found)][-1]
    if last.exists:
        return last
    above = [other for other in places.lineage(last) if other.exists]
    return above[-1] if above else last


def full_name(place: Placelike, lang: str = "zh") -> str:
    """With township and county: 盐亭县黄溪乡金禄村; "Jinlu Village, Huangxi Township, Yanting County"."""
    line = [other for other in lineage(place) if other.level != Level.CITY] or lineage(place)
    return _write(line, lang)


def label(place: Placelike, lang: str = "zh") -> str:
    """The shortest name not mistaken: a village with its township (223 names repeat), others alone."""
    found = get_place(place)
    line = [found] if found.level != Level.VILLAGE else directory().lineage(found)[-2:]
    return _write(line, lang)


def search_places(
    text: str,
    *,
    level: Level | None = Level.VILLAGE,
    within: str = "",
    ended: bool = False,
    limit: int = MOST_FOUND,
) -> list[PlaceInfo]:
    """For forms: by name (黄溪乡金禄村, 金禄), former name, code, pinyin (jinlu) or initials (jlc).

    Words parted by spaces must all fit, each to the place or to a place above it, the last one to the place
    itself. Best first: names that are or begin with the word, then others; ``ended`` adds those merged away.
    ``within`` is the code of a county or township that has to be above.
    """
    words = clean_line(to_half_width(text)).lower().replace("'", "").replace("ü", "v").split()
    if not words:
        return []
    places = directory()
    ranked = []
    for place in places.by_code.values():
        if (level and place.level != level) or not (ended or place.exists):
            continue
        line = places.lineage(place)
        if within and within not in {other.code for other in line}:
            continue
        rank = _rank(words, line)
        if rank is not None:
            ranked.append((rank, place.valid_to is not None, place.code, place))
    return [found[-1] for found in sorted(ranked, key=lambda found: found[:3])[:limit]]


def _rank(words: list[str], line: list[PlaceInfo]) -> int | None:
    """0 exact, 1 begins so, 2 contains; None if a word fits nowhere."""
    place, above = line[-1], line[:-1]
    for word in words[:-1]:
        if not any(word in spelled for other in above for spelled in other.spelled):
            return None
    last = words[-1]
    spelled = (*place.spelled, place.code)
    if last in spelled:
        return 0
    if any(text.startswith(last) for text in spelled):
        return 1
    joined = (
        "".join(other.name for other in line),
        "".join(other.pinyin.replace(" ", "") for other in line),
    )
    ends_here = any(last in text and not _fits(last, above) for text in joined)
    return 2 if ends_here or any(last in text for text in place.spelled[:-1]) else None


def _fits(word: str, line: list[PlaceInfo]) -> bool:
    return any(
        word in text
        for text in (
            "".join(other.name for other in line),
            "".join(other.pinyin.replace(" ", "") for other in line),
        )
    )


def _write(line: list[PlaceInfo], lang: str) -> str:
    if lang == "en":
        return ", ".join(place.english for place in reversed(line))
    return "".join(place.name for place in line)


def _info(place: Place) -> PlaceInfo:
    return PlaceInfo(
        code=place.code,
        parent_code=place.parent_code,
        level=place.level,
        name=place.name,
        former_names=tuple(name for name in place.former_names.split(FORMER_SEPARATOR) if name),
        valid_from=place.valid_from,
        valid_to=place.valid_to,
        merged_into=place.merged_into,
        pinyin=place.pinyin,
        initials=place.initials,
        basis=place.basis,
    )


@event.listens_for(Place, "after_insert")
@event.listens_for(Place, "after_update")
@event.listens_for(Place, "after_delete")
def _note_write(_mapper: Any, _connection: Any, place: Place) -> None:
    """A single place was written through the session (a correction by hand): the memory is old."""
    session = object_session(place) or db.session()
    session.info[WRITTEN_KEY] = True
    _directories.clear()
    forget_version(session)


@event.listens_for(Session, "after_transaction_end")
def _note_end(session: Session, ended: SessionTransaction) -> None:
    session.info.pop(VERSION_KEY, None)
    # A flush is a transaction within the transaction: its end is not yet the answer.
    if ended.parent is None and session.info.pop(WRITTEN_KEY, False):
        _directories.clear()  # what was made of it meanwhile may have been rolled back
