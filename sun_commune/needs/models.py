"""Needs, their lines, photos, timeline, and the counts that the supermarket's filters show."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sun_commune.core.append_only import append_only
from sun_commune.core.db import Base, Fen, Quantity, Ref, RowId, StrEnumType, table_of
from sun_commune.needs.states import NeedAct, NeedState, Side


class Category(StrEnum):
    INDUSTRIAL_PROJECT = "industrial_project"
    INFRASTRUCTURE = "infrastructure"
    PRODUCTION_TECHNOLOGY = "production_technology"
    EDUCATION = "education"
    MEDICAL = "medical"
    DAILY_NECESSITIES = "daily_necessities"
    EMPLOYMENT = "employment"
    PRODUCE_SALE = "produce_sale"


class LineKind(StrEnum):
    """A line's quantity is a whole number: fen of money, units of goods, times of a service, hours of labour."""

    MONEY = "money"
    GOODS = "goods"
    SERVICE = "service"
    HOURS = "hours"


KIND_BITS = {LineKind.MONEY: 1, LineKind.GOODS: 2, LineKind.SERVICE: 4, LineKind.HOURS: 8}


class Urgency(IntEnum):
    NORMAL = 1
    SOON = 2
    URGENT = 3


class Subject(StrEnum):
    HOUSEHOLD = "household"
    VILLAGE = "village"


class Need(Base):
    """One posted need. County and township stand beside the village so that lists filter without a join.

    ``is_listed``, ``is_open``, ``kinds`` (bits of KIND_BITS) and the three sort keys are derived by
    needs.listing alone: listed = the public may see it, open = listed and some line is not wholly claimed.
    Sort keys ascend in reading order and are unique, so paging never skips or repeats (keyset).

    ``typed`` keeps a draft's form word for word (JSON) while it is not yet complete, so that a draft can be saved
    at any moment; ``version`` grows with every edit, so that two people never overwrite each other unseen.
    """

    __tablename__ = "needs"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    village_code: Mapped[str] = mapped_column(ForeignKey("places.code"))
    township_code: Mapped[str] = mapped_column(String(9))
    county_code: Mapped[str] = mapped_column(String(6))
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"))
    subject: Mapped[Subject] = mapped_column(StrEnumType(Subject))
    category: Mapped[Category] = mapped_column(StrEnumType(Category))
    title: Mapped[str] = mapped_column(String(60))
    story: Mapped[str] = mapped_column(Text, default="")
    urgency: Mapped[int] = mapped_column(default=Urgency.NORMAL.value)
    wanted_on: Mapped[date | None]
    state: Mapped[NeedState] = mapped_column(StrEnumType(NeedState), default=NeedState.DRAFT)
    typed: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    township_reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    names_village: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    expires_on: Mapped[date | None]
    is_listed: Mapped[bool] = mapped_column(default=False)
    is_open: Mapped[bool] = mapped_column(default=False)
    kinds: Mapped[int] = mapped_column(default=0)
    newest_key: Mapped[str] = mapped_column(String(40), default="")
    urgent_key: Mapped[str] = mapped_column(String(40), default="")
    deadline_key: Mapped[str] = mapped_column(String(40), default="")

    lines: Mapped[list[NeedLine]] = relationship(
        order_by="NeedLine.position", cascade="all, delete-orphan", back_populates="need"
    )
    photos: Mapped[list[NeedPhoto]] = relationship(order_by="NeedPhoto.position", cascade="all, delete-orphan")
    changes: Mapped[list[NeedChange]] = relationship(order_by="NeedChange.id")

    __table_args__ = (
        CheckConstraint(
            "state IN (" + ", ".join(f"'{state.value}'" for state in NeedState) + ")", name="state"
        ),
        CheckConstraint("(subject = 'household') = (household_id IS NOT NULL)", name="subject_matches"),
        CheckConstraint("urgency BETWEEN 1 AND 3", name="urgency"),
        CheckConstraint("is_listed OR NOT is_open", name="open_is_listed"),
        Index(None, "village_code", "state"),
        Index(None, "township_code", "state"),
        Index(None, "county_code", "state"),
        Index(None, "author_id"),
        Index(None, "household_id"),
        Index(None, "state", "expires_on"),
        # The supermarket walks one of these in the order of the list, from where the page begins. What stands behind
        # the sort key lets the database skip what another filter leaves out without reading the row.
        *(
            Index(f"ix_needs_{prefix or 'all'}_{sort}", *filter(None, [prefix]), "is_listed", "is_open", f"{sort}_key",
                  *(["category"] if prefix in {"county_code", "township_code"} else []), "subject", "urgency", "kinds")
            for prefix in ("", "county_code", "township_code", "category")
            for sort in ("newest", "urgent", "deadline")
        ),
        Index("ix_needs_village_code_newest", "village_code", "is_listed", "newest_key"),
        # For filters that only few needs fit, which a walk would look for too long: all of them, sorted then.
        Index("ix_needs_facets", "county_code", "category", "subject", "urgency", "is_open", "is_listed", "kinds"),
    )  # fmt: skip


class NeedLine(Base):
    """One thing that is asked for. ``claimed`` counts what active claims hold or have brought; ``delivered``
    what was accepted (money: arrived). The CHECK is the last guard against claiming more than was asked."""

    __tablename__ = "need_lines"

    id: Mapped[RowId]
    need_id: Mapped[Ref] = mapped_column(ForeignKey("needs.id"))
    position: Mapped[int]
    kind: Mapped[LineKind] = mapped_column(StrEnumType(LineKind))
    item: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(12), default="")
    asked: Mapped[Quantity]
    unit_price_fen: Mapped[Fen | None]
    is_divisible: Mapped[bool] = mapped_column(default=True)
    minimum: Mapped[Quantity] = mapped_column(default=1)
    claimed: Mapped[Quantity] = mapped_column(default=0)
    delivered: Mapped[Quantity] = mapped_column(default=0)

    need: Mapped[Need] = relationship(back_populates="lines")

    __table_args__ = (
        UniqueConstraint("need_id", "position"),
        CheckConstraint("asked BETWEEN 1 AND 100000000000", name="asked"),
        CheckConstraint("minimum BETWEEN 1 AND asked", name="minimum"),
        CheckConstraint("claimed BETWEEN 0 AND asked", name="never_over_claimed"),
        CheckConstraint("delivered BETWEEN 0 AND claimed", name="delivered_was_claimed"),
        CheckConstraint("unit_price_fen IS NULL OR unit_price_fen BETWEEN 0 AND 100000000000", name="price"),
        CheckConstraint("kind IN ('money', 'goods', 'service', 'hours')", name="kind"),
    )

    @property
    def left(self) -> int:
        """Quantity that nobody has claimed yet."""
        return self.asked - self.claimed


class NeedPhoto(Base):
    __tablename__ = "need_photos"

    id: Mapped[RowId]
    need_id: Mapped[Ref] = mapped_column(ForeignKey("needs.id"))
    upload_id: Mapped[Ref] = mapped_column(ForeignKey("uploads.id"))
    position: Mapped[int]
    alt: Mapped[str] = mapped_column(String(100), default="")
    shows_person: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("need_id", "position"),)


class NeedChange(Base):
    """One step of a need's timeline, shown in public but for ``actor_id``; append-only."""

    __tablename__ = "need_changes"

    id: Mapped[RowId]
    need_id: Mapped[Ref] = mapped_column(ForeignKey("needs.id"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    act: Mapped[NeedAct] = mapped_column(StrEnumType(NeedAct))
    side: Mapped[Side] = mapped_column(StrEnumType(Side))
    from_state: Mapped[NeedState] = mapped_column(StrEnumType(NeedState))
    to_state: Mapped[NeedState] = mapped_column(StrEnumType(NeedState))
    reason: Mapped[str] = mapped_column(String(100), default="")

    __table_args__ = (Index(None, "need_id"),)


append_only(table_of(NeedChange))


class NeedCell(Base):
    """How many listed needs share these properties; kept in the transaction that changes a need.

    ``place_code`` is a county (6 digits) or a township (9 digits): each need counts once in either.
    """

    __tablename__ = "need_cells"

    place_code: Mapped[str] = mapped_column(String(9), primary_key=True)
    category: Mapped[Category] = mapped_column(StrEnumType(Category), primary_key=True)
    subject: Mapped[Subject] = mapped_column(StrEnumType(Subject), primary_key=True)
    urgency: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kinds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_open: Mapped[bool] = mapped_column(primary_key=True)
    needs_count: Mapped[int] = mapped_column("n")

    __table_args__ = (CheckConstraint("n >= 0", name="not_negative"),)
