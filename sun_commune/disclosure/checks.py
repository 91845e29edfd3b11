"""What must always hold of published reports."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.core.selfcheck import Check
from sun_commune.disclosure.figures import fingerprint
from sun_commune.disclosure.models import ReportVersion, Task, TaskState

CHUNK = 200


def reports_are_what_was_published() -> list[str]:
    """The figures have their fingerprint, versions follow each other from 1, and their task says published."""
    found: list[str] = []
    numbers: dict[int, int] = {}
    statement = select(
        ReportVersion.code, ReportVersion.task_id, ReportVersion.number, ReportVersion.figures,
        ReportVersion.figures_sha256, Task.state,
    ).join(Task, Task.id == ReportVersion.task_id).order_by(ReportVersion.task_id, ReportVersion.number)  # fmt: skip
    for row in db.session.execute(statement.execution_options(yield_per=CHUNK)):
        if fingerprint(row.figures) != row.figures_sha256:
            found.append(f"report {row.code} is not what was published")
        if row.number != numbers.get(row.task_id, 0) + 1:
            found.append(f"report {row.code} does not follow the one before")
        if row.state is not TaskState.PUBLISHED:
            found.append(f"report {row.code} belongs to a task that says {row.state}")
        numbers[row.task_id] = row.number
    published = select(Task.code, Task.id).where(Task.state == TaskState.PUBLISHED)
    found += [f"task {row.code} has no report" for row in db.session.execute(published) if row.id not in numbers]
    return found


CHECKS = (
    Check(
        "reports_are_what_was_published",
        _l("Each published report has the figures of its fingerprint, and no version is missing."),
        reports_are_what_was_published,
    ),
)
