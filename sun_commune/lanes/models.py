"""What two officers have said of the charity: versions that are proposed, and what was decided of each."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.append_only import append_only
from sun_commune.core.db import Base, Ref, RowId, StrEnumType, table_of


class Lane(StrEnum):
    """A: goods and service from hand to hand. B: money into the charity's account. C: a campaign elsewhere."""

    DIRECT = "direct"
    ACCOUNT = "account"
    CAMPAIGN = "campaign"


class Outcome(StrEnum):
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


class LaneVersion(Base):
    """All that is said of the charity at one time, as one officer proposes it; it counts once another confirms it.

    Empty texts are not known yet. ``valid_until`` is the last day (Asia/Shanghai) of certificate and filing.
    ``takes_account`` and ``takes_campaign`` are the switches of lanes B and C; an open switch opens nothing while
    something is missing (see lanes.states). ``note`` says to other officers why it was changed.
    """

    __tablename__ = "lane_versions"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    charity_name: Mapped[str] = mapped_column(String(120), default="")
    credit_code: Mapped[str] = mapped_column(String(18), default="")
    certificate_number: Mapped[str] = mapped_column(String(60), default="")
    filing_number: Mapped[str] = mapped_column(String(60), default="")
    valid_until: Mapped[date | None]
    takes_account: Mapped[bool] = mapped_column(default=False)
    account_name: Mapped[str] = mapped_column(String(120), default="")
    account_number: Mapped[str] = mapped_column(String(40), default="")
    bank_name: Mapped[str] = mapped_column(String(120), default="")
    takes_campaign: Mapped[bool] = mapped_column(default=False)
    campaign_name: Mapped[str] = mapped_column(String(80), default="")
    campaign_filing_number: Mapped[str] = mapped_column(String(60), default="")
    campaign_url: Mapped[str] = mapped_column(String(300), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    proposed_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]

    # What the decision's key below points at.
    __table_args__ = (UniqueConstraint("id", "proposed_by"),)


class LaneDecision(Base):
    """What became of a version: one decision each. The later confirmation is in force."""

    __tablename__ = "lane_decisions"

    id: Mapped[RowId]
    version_id: Mapped[Ref] = mapped_column(unique=True)
    proposed_by: Mapped[Ref]
    outcome: Mapped[Outcome] = mapped_column(StrEnumType(Outcome))
    decided_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(100), default="")

    __table_args__ = (
        ForeignKeyConstraint(["version_id", "proposed_by"], ["lane_versions.id", "lane_versions.proposed_by"]),
        CheckConstraint("outcome IN ('confirmed', 'refused', 'taken_back')", name="outcome"),
        CheckConstraint("(outcome = 'taken_back') = (decided_by = proposed_by)", name="two_people"),
    )


append_only(table_of(LaneVersion), keys=("id", "code"))
append_only(table_of(LaneDecision), keys=("id", "version_id"))
