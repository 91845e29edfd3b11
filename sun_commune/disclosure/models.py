"""Campaigns, the tasks that the calendar opens for them, drafts of reports, and the versions that were published.

A published version never changes: a correction is a new version with a note. Figures are canonical JSON (disclosure.
figures) with their SHA-256, so that everybody can see that what was published is still what stands there.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.append_only import append_only
from sun_commune.core.db import Base, Ref, RowId, StrEnumType, only_where, table_of


class CampaignKind(StrEnum):
    """STANDING: kept by the house, one for the whole platform and one for each county that has received money."""

    STANDING = "standing"
    ORDINARY = "ordinary"
    EMERGENCY = "emergency"


class TaskKind(StrEnum):
    PROGRESS = "progress"  # every 3 months, Charity Law art. 79
    EMERGENCY = "emergency"  # every 5 days, art. 72
    FULL = "full"  # within 3 months after the end, art. 79
    LEFTOVERS = "leftovers"  # what becomes of the rest, within 3 months after the end
    ANNUAL = "annual"  # by 31 May for the year before
    MAJOR = "major"  # one large transaction, within 30 days


class TaskState(StrEnum):
    """LIFTED: no longer asked for, with a reason (the campaign ended before its day, the entry was taken back)."""

    OPEN = "open"
    PUBLISHED = "published"
    LIFTED = "lifted"


class Campaign(Base):
    """What is reported on: all money of the platform ("" everywhere), of a county, of a category, or of some needs
    (``need_codes``, separated by blanks). Days are those of Asia/Shanghai, both inclusive; no end: until ended.

    What fell due by the day of ``created_at`` is not asked for: the calendar begins when the campaign is entered here.
    """

    __tablename__ = "disclosure_campaigns"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[CampaignKind] = mapped_column(StrEnumType(CampaignKind))
    title: Mapped[str] = mapped_column(String(60), default="")
    county_code: Mapped[str] = mapped_column(String(6), default="")
    category: Mapped[str] = mapped_column(String(24), default="")
    need_codes: Mapped[str] = mapped_column(Text, default="")
    begins_on: Mapped[date]
    ends_on: Mapped[date | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('standing', 'ordinary', 'emergency')", name="kind"),
        CheckConstraint("ends_on IS NULL OR ends_on >= begins_on", name="term"),
        CheckConstraint("(kind = 'standing') = (title = '')", name="standing_has_no_title"),
        CheckConstraint("kind <> 'standing' OR ends_on IS NULL", name="standing_has_no_end"),
        Index(
            "uq_disclosure_campaigns_standing", "county_code", unique=True,
            **only_where("kind = 'standing'"),
        ),
        Index(None, "ends_on"),
    )  # fmt: skip

    @property
    def needs(self) -> list[str]:
        return self.need_codes.split()


class CampaignTitle(Base):
    """A title that was corrected: what it was called before, and why no longer. The public reads both."""

    __tablename__ = "disclosure_campaign_titles"

    id: Mapped[RowId]
    campaign_id: Mapped[Ref] = mapped_column(ForeignKey("disclosure_campaigns.id"))
    earlier: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(200))
    said_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    said_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("title <> '' AND title <> earlier", name="title"),
        CheckConstraint("reason <> ''", name="reason"),
        Index(None, "campaign_id"),
    )


append_only(table_of(CampaignTitle))


class Task(Base):
    """One report that is due. ``period`` says which: its first day, the year, or the entry's uid; with campaign and
    kind it is the key by which several schedulers open it once. ``due_on`` is the last day on which it is in time."""

    __tablename__ = "disclosure_tasks"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    campaign_id: Mapped[Ref] = mapped_column(ForeignKey("disclosure_campaigns.id"))
    kind: Mapped[TaskKind] = mapped_column(StrEnumType(TaskKind))
    period: Mapped[str] = mapped_column(String(40))
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    due_on: Mapped[date]
    state: Mapped[TaskState] = mapped_column(StrEnumType(TaskState), default=TaskState.OPEN)
    lifted_reason: Mapped[str] = mapped_column(String(40), default="")
    opened_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    overdue_told_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("campaign_id", "kind", "period"),
        CheckConstraint("state IN ('open', 'published', 'lifted')", name="state"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published_at"),
        CheckConstraint("(state = 'lifted') = (lifted_reason <> '')", name="lifted_with_reason"),
        Index(None, "state", "due_on"),
        Index(None, "state", "published_at"),
    )


class DraftState(StrEnum):
    """REPLACED: written anew before anybody decided."""

    WAITING = "waiting"
    SENT_BACK = "sent_back"
    REPLACED = "replaced"
    PUBLISHED = "published"


class Draft(Base):
    """A report that a second person has to look at: figures of the ledger for the days ``begins_on`` to ``ends_on``,
    frozen at ``as_of``, and the author's words. ``note`` says why there is a new version of something published."""

    __tablename__ = "disclosure_drafts"

    id: Mapped[RowId]
    task_id: Mapped[Ref] = mapped_column(ForeignKey("disclosure_tasks.id"))
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    figures: Mapped[str] = mapped_column(Text)
    figures_sha256: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(String(200), default="")
    author_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    state: Mapped[DraftState] = mapped_column(StrEnumType(DraftState), default=DraftState.WAITING)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reviewed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent_back', 'replaced', 'published')", name="state"),
        CheckConstraint("reviewer_id IS NULL OR reviewer_id <> author_id", name="four_eyes"),
        CheckConstraint("(state IN ('sent_back', 'published')) = (reviewer_id IS NOT NULL)", name="decided"),
        CheckConstraint("(state = 'sent_back') = (reason <> '')", name="sent_back_with_reason"),
        Index(
            "uq_disclosure_drafts_waiting", "task_id", unique=True,
            **only_where("state = 'waiting'"),
        ),
        Index(None, "task_id"),
    )  # fmt: skip


class ReportVersion(Base):
    """What was published; append-only. ``figures`` are those of the day of publishing; ``differences`` (canonical
    JSON, a list) says in what they differ from the draft's, whose fingerprint is ``drafted_sha256``."""

    __tablename__ = "disclosure_reports"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(26), unique=True)
    task_id: Mapped[Ref] = mapped_column(ForeignKey("disclosure_tasks.id"))
    number: Mapped[int]
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    figures: Mapped[str] = mapped_column(Text)
    figures_sha256: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[datetime]
    drafted_sha256: Mapped[str] = mapped_column(String(64))
    drafted_at: Mapped[datetime]
    differences: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(String(200), default="")
    author_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    reviewer_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("task_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(number > 1) = (note <> '')", name="correction_has_note"),
        CheckConstraint("reviewer_id <> author_id", name="four_eyes"),
    )


append_only(table_of(ReportVersion), keys=("id", "code"))
