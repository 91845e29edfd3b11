"""What everybody reads: the calendar, campaigns, reports with their figures, and corrections of the books."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, render_template, request, url_for
from flask_login import current_user

from sun_commune.core import access, kept
from sun_commune.core.clock import today
from sun_commune.core.errors import Missing
from sun_commune.disclosure import corrections, measures, policies, queries, sheets, words
from sun_commune.disclosure.labels import LIFTED, SOURCES
from sun_commune.disclosure.models import Campaign, ReportVersion, TaskState
from sun_commune.disclosure.queries import TaskRow
from sun_commune.disclosure.views.blueprint import blueprint

#: Measured over a year of entries, so that the figure may be this old.
WAITS_KEPT_SECONDS = 600


def clean_code(text: str) -> str:
    return re.sub(r"[^0-9A-Z-]", "", text.upper())[:20]


@blueprint.get("/disclosure")
@access.public
def list_disclosure() -> str:
    """What is due, overdue and published; the year's measures against the law's."""
    page = queries.published_tasks(after=clean_code(request.args.get("after", "")))
    return render_template(
        "disclosure/list_disclosure.html",
        overdue=queries.open_tasks(overdue=True),
        due=queries.open_tasks(overdue=False),
        page=page,
        older_url=url_for("disclosure.list_disclosure", after=page.after) if page.after else None,
        campaigns=queries.list_campaigns(),
        year=measures.year_of(today().year),
        gifts=kept.keep(("gifts_wait",), measures.gifts_wait, seconds=WAITS_KEPT_SECONDS),
        payouts=kept.keep(("payouts_wait",), measures.payouts_wait, seconds=WAITS_KEPT_SECONDS),
        may_open=current_user.is_authenticated and current_user.has_role(*policies.WRITERS),
        words=words,
    )


def get_task(code: str) -> TaskRow:
    row = queries.find_task(clean_code(code))
    if row is None:
        raise Missing
    return row


def get_campaign(code: str) -> Campaign:
    campaign = queries.find_campaign(clean_code(code))
    if campaign is None:
        raise Missing
    return campaign


@blueprint.get("/disclosure/campaigns/<code>")
@access.public
def show_campaign(code: str) -> str:
    """One campaign with everything that is, was and will be due of it."""
    campaign = get_campaign(code)
    return render_template(
        "disclosure/show_campaign.html",
        campaign=campaign,
        rows=queries.tasks_of(campaign),
        titles=queries.earlier_titles(campaign),
        may_rename=current_user.is_authenticated and policies.can_rename_campaign(current_user, campaign),
        may_end=current_user.is_authenticated and policies.can_end_campaign(current_user, campaign),
        today=today(),
        words=words,
    )


@blueprint.get("/disclosure/<code>")
@access.public
def show_report(code: str) -> str:
    """One duty: the report that keeps it, in its newest version or the one asked for; or since when it is overdue."""
    row = get_task(code)
    versions = queries.versions_of(row.task)
    version = chosen(row) if versions else None
    return render_template(
        "disclosure/show_report.html",
        row=row,
        task=row.task,
        campaign=row.campaign,
        version=version,
        versions=versions,
        sheet=sheets.sheet_of(version.figures, row.campaign.begins_on) if version else None,
        differences=json.loads(version.differences) if version else [],
        source=SOURCES[row.task.kind],
        lifted=LIFTED.get(row.task.lifted_reason, ""),
        may_write=current_user.is_authenticated and policies.can_write_report(current_user, row.campaign, row.task),
        draft=queries.waiting_draft(row.task) if may_see_draft(row) else None,
        words=words,
        households_words=sheets.households_words,
    )


def may_see_draft(row: TaskRow) -> bool:
    return bool(current_user.is_authenticated) and policies.can_work_on(current_user, row.campaign)


def chosen(row: TaskRow) -> ReportVersion:
    """The version that the address asks for, or the newest."""
    asked = request.args.get("version", "")
    if not asked:
        return queries.versions_of(row.task)[0]
    version = queries.find_version(row.task, int(asked)) if re.fullmatch(r"[0-9]{1,6}", asked, re.ASCII) else None
    if version is None:
        raise Missing
    return version


@blueprint.get("/disclosure/<code>/report.json")
@access.public
def download_report(code: str) -> Response:
    """The same for programs. SHA-256 of ``figures`` as JSON with sorted keys, no blanks, ASCII only, is
    ``figures_sha256``."""
    row = get_task(code)
    if row.task.state is not TaskState.PUBLISHED:
        raise Missing
    version = chosen(row)
    body: dict[str, Any] = {
        "report": row.task.code, "version": version.number, "kind": row.task.kind.value, "period": row.task.period,
        "campaign": row.campaign.code, "due_on": row.task.due_on.isoformat(),
        "published_at": version.published_at.isoformat(), "as_of": version.as_of.isoformat(),
        "figures": json.loads(version.figures), "figures_sha256": version.figures_sha256,
        "drafted_at": version.drafted_at.isoformat(), "drafted_sha256": version.drafted_sha256,
        "differences": json.loads(version.differences), "words": version.words, "note": version.note,
    }  # fmt: skip
    return Response(json.dumps(body, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")


@blueprint.get("/ledger/corrections")
@access.public
def list_corrections() -> str:
    """Everything that was taken back, why, when, by which office, and what was posted instead."""
    after, before = (clean_code(request.args.get(name, "")) for name in ("after", "before"))
    page = corrections.list_corrections(after=after, before=before)
    return render_template(
        "disclosure/list_corrections.html",
        page=page,
        newer_url=url_for("disclosure.list_corrections", before=page.before) if page.before else None,
        older_url=url_for("disclosure.list_corrections", after=page.after) if page.after else None,
        words=words,
    )
