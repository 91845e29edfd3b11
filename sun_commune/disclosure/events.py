"""What happens in the disclosure calendar. ``object_code`` is the campaign's or the task's code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CampaignEvent(Event):
    object_kind: ClassVar[str] = "campaign"
    campaign_id: int


class CampaignOpened(CampaignEvent): ...


class CampaignEnded(CampaignEvent): ...


class CampaignRenamed(CampaignEvent): ...


@dataclass(frozen=True, kw_only=True)
class TaskEvent(Event):
    object_kind: ClassVar[str] = "disclosure"
    task_id: int


class TaskOpened(TaskEvent): ...


class TaskReminded(TaskEvent): ...


class TaskOverdue(TaskEvent): ...


class TaskLifted(TaskEvent): ...


class ReportWritten(TaskEvent): ...


@dataclass(frozen=True, kw_only=True)
class ReportSentBack(TaskEvent):
    author_id: int


class ReportPublished(TaskEvent): ...
