"""The only writers of the disclosure calendar: campaigns, their tasks, and the reports."""

from sun_commune.disclosure.services.campaigns import (
    end_campaign,
    open_campaign,
    open_standing_campaigns,
    rename_campaign,
)
from sun_commune.disclosure.services.reports import (
    compute_figures,
    covered_days,
    publish_report,
    send_back_report,
    write_report,
)
from sun_commune.disclosure.services.tasks import (
    call_overdue,
    lift_major_task,
    open_major_task,
    open_tasks,
    remind,
)

__all__ = [
    "call_overdue", "compute_figures", "covered_days", "end_campaign", "lift_major_task", "open_campaign",
    "open_major_task", "open_standing_campaigns", "open_tasks", "publish_report", "remind", "rename_campaign",
    "send_back_report", "write_report",
]  # fmt: skip
