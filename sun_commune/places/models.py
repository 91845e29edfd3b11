"""Places by official code: county 6 digits, township 9, village 12. Merged ones stay and name their successor."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, StrEnumType


class Level(StrEnum):
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


class Place(Base):
    """One county, township or village. ``valid_to`` is the first day it no longer existed; None: it exists."""

    __tablename__ = "places"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("places.code"))
    level: Mapped[Level] = mapped_column(StrEnumType(Level))
    name: Mapped[str] = mapped_column(String(60))
    former_names: Mapped[str] = mapped_column(String(200), default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("places.code"))
    pinyin: Mapped[str] = mapped_column(String(120), default="")
    initials: Mapped[str] = mapped_column(String(30), default="")
    basis: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        CheckConstraint("length(code) IN (6, 9, 12)", name="code_length"),
        CheckConstraint("merged_into IS NULL OR merged_into <> code", name="not_into_itself"),
        Index(None, "parent_code"),
        Index(None, "level", "name"),
        Index(None, "merged_into"),
    )

    @property
    def exists(self) -> bool:
        return self.valid_to is None
