"""Words of the disclosure calendar."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.disclosure.models import CampaignKind, DraftState, TaskKind, TaskState

labels.register(
    {
        CampaignKind.STANDING: _l("Standing fund"),
        CampaignKind.ORDINARY: _l("Campaign"),
        CampaignKind.EMERGENCY: _l("Emergency campaign"),
    }
)
labels.register(
    {
        TaskKind.PROGRESS: _l("Progress report"),
        TaskKind.EMERGENCY: _l("Emergency report"),
        TaskKind.FULL: _l("Full report after the end"),
        TaskKind.LEFTOVERS: _l("What became of the leftovers"),
        TaskKind.ANNUAL: _l("Annual report"),
        TaskKind.MAJOR: _l("Major transaction"),
    }
)
labels.register(
    {
        TaskState.OPEN: _l("Due"),
        TaskState.PUBLISHED: _l("Published"),
        TaskState.LIFTED: _l("No longer asked for"),
    }
)
labels.register(
    {
        DraftState.WAITING: _l("Waiting for a second person"),
        DraftState.SENT_BACK: _l("Sent back"),
        DraftState.REPLACED: _l("Written anew"),
        DraftState.PUBLISHED: _l("Published"),
    }
)

#: Where the duty comes from, told beside each report.
SOURCES: dict[TaskKind, Any] = {
    TaskKind.PROGRESS: _l("Every 3 months while it lasts longer than 6 months: Charity Law, art. 79"),
    TaskKind.EMERGENCY: _l("Every 5 days in an emergency: Charity Law, art. 72"),
    TaskKind.FULL: _l("Within 3 months after the end: Charity Law, art. 79"),
    TaskKind.LEFTOVERS: _l("Within 3 months after the end: Order 81 of the Ministry of Civil Affairs"),
    TaskKind.ANNUAL: _l("By 31 May for the year before: Order 81 of the Ministry of Civil Affairs"),
    TaskKind.MAJOR: _l("Within 30 days: Order 81 of the Ministry of Civil Affairs"),
}
#: Why a task was lifted (Task.lifted_reason).
LIFTED: dict[str, Any] = {
    "ended": _l("The campaign ended before its day; the full report says it."),
    "taken_back": _l("The entry was taken back."),
}
#: The figures of a report, by their name in it.
FIGURES: dict[str, Any] = {
    "raised": _l("Raised"),
    "spent": _l("Spent"),
    "refunded": _l("Refunded"),
    "moved_in": _l("Moved here from other purposes"),
    "moved_out": _l("Moved to other purposes"),
    "held": _l("Held"),
    "advanced": _l("Handed out in advance, not settled"),
    "goods": _l("Goods, by value"),
    "entries": _l("Entries"),
}
