"""Places by their official codes: county 6 digits, township 9, village 12. Merged ones stay."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Moment, RowId, StrEnumType


class Level(StrEnum):
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


class Place(Base):
    """One city, county, township or village.

    ``code`` is the statistical code. Codes are handed on: when a place that has gone bore a code which
    another place bears now, it stays as ``510726104-2019`` (the last year in which the code was its own).
    ``valid_from`` is the first day on which it is known to exist (None: since before the first register),
    ``valid_to`` the first day on which it is known not to (None: it exists). ``merged_into`` may name a
    place of a higher level where more is not known; ``basis`` says how it is known. ``former_names`` is
    joined by ``|``, the oldest first.
    """

    __tablename__ = "places"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("places.code"))
    level: Mapped[Level] = mapped_column(StrEnumType(Level))
    name: Mapped[str] = mapped_column(String(60))
    former_names: Mapped[str] = mapped_column(String(200), default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("places.code"))
    pinyin: Mapped[str] = mapped_column(String(420), default="")
    initials: Mapped[str] = mapped_column(String(60), default="")
    basis: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        CheckConstraint("length(code) IN (4, 6, 9, 12, 11, 14, 17)", name="code_length"),
        CheckConstraint("merged_into IS NULL OR merged_into <> code", name="not_into_itself"),
        CheckConstraint("merged_into IS NULL OR valid_to IS NOT NULL", name="merged_has_ended"),
        CheckConstraint(
            "valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to",
            name="from_before_to",
        ),
        Index(None, "parent_code"),
        Index(None, "level", "name"),
        Index(None, "merged_into"),
    )

    @property
    def exists(self) -> bool:
        return self.valid_to is None


class PlaceLoad(Base):
    """One load of a file of places that changed something; the newest is the version of the data."""

    __tablename__ = "place_loads"

    id: Mapped[RowId]
    city_code: Mapped[str] = mapped_column(String(4))
    source: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[Moment]
