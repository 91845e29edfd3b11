"""What the offices do: open and end campaigns, write reports, publish them or send them back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import sessions
from sun_commune.core import access
from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, Missing, NotAllowed, SunError
from sun_commune.core.forms import OnceForm
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.disclosure import figures, policies, queries, services, sheets, words
from sun_commune.disclosure.forms import CampaignForm, EndForm, PublishForm, RenameForm, ReportForm, SendBackForm
from sun_commune.disclosure.labels import SOURCES
from sun_commune.disclosure.models import Campaign, CampaignKind, Draft, TaskState
from sun_commune.disclosure.queries import TaskRow
from sun_commune.disclosure.views.blueprint import blueprint
from sun_commune.disclosure.views.public import get_campaign, get_task
from sun_commune.needs.models import Category
from sun_commune.places import queries as places


def status_of(error: SunError) -> int:
    if isinstance(error, NotAllowed):
        return 403
    return 409 if isinstance(error, Conflict) else 422


def once(form: OnceForm, act: Callable[[], str]) -> str:
    """Do the act of a form once, in one transaction; the address where it led, now or the first time."""
    user_id, key = sessions.actor().id, form.once.data or ""
    with transaction():
        body = body_hash(request.form.to_dict(flat=False))
        location = begin_once(user_id=user_id, key=key, body_sha256=body)
        if location is None:
            location = act()
            finish_once(user_id=user_id, key=key, location=location)
    return location


@blueprint.route("/disclosure/campaigns/new", methods=["GET", "POST"])
@access.roles(*policies.WRITERS)
def open_campaign() -> Any:
    form = CampaignForm(county_choices())
    if request.method == "GET":
        form.begins_on.data = today()
    if not form.validate_on_submit():
        return _show_open(form), 422 if form.is_submitted() else 200

    def act() -> str:
        campaign = services.open_campaign(
            sessions.actor(),
            title=form.title.data or "",
            kind=CampaignKind(form.kind.data),
            county_code=form.county_code.data or "",
            category=Category(form.category.data) if form.category.data else None,
            need_codes=form.codes(),
            begins_on=form.begins_on.data or today(),
            ends_on=form.ends_on.data,
        )
        return url_for("disclosure.show_campaign", code=campaign.code)

    try:
        location = once(form, act)
    except SunError as error:
        form.take_error(error)
        return _show_open(form), status_of(error)
    flash(_("The campaign is in the calendar; its reports fall due by themselves."), "success")
    return redirect(location, 303)


def county_choices() -> list[tuple[str, str]]:
    """The counties for which this person may open a campaign; all together for the treasurer."""
    user = sessions.actor()
    codes = ["", *(place.code for place in places.list_counties())]
    names = {"": _("All counties")}
    return [
        (code, names.get(code) or words.county_words(code)) for code in codes if policies.can_open_campaign(user, code)
    ]


def _show_open(form: CampaignForm) -> str:
    return render_template("disclosure/open_campaign.html", form=form)


@blueprint.route("/disclosure/campaigns/<code>/end", methods=["GET", "POST"])
@access.roles(*policies.WRITERS)
def end_campaign(code: str) -> Any:
    campaign, form = get_campaign(code), EndForm()
    access.require(policies.can_end_campaign(sessions.actor(), campaign))
    if request.method == "GET":
        form.ends_on.data = today()
    if not form.validate_on_submit():
        return _show_end(campaign, form), 422 if form.is_submitted() else 200
    try:
        with transaction():
            services.end_campaign(sessions.actor(), campaign, form.ends_on.data)
    except SunError as error:
        form.take_error(error)
        return _show_end(campaign, form), status_of(error)
    flash(_("The end is entered. The full report falls due three months later."), "success")
    return redirect(url_for("disclosure.show_campaign", code=campaign.code), 303)


def _show_end(campaign: Campaign, form: EndForm) -> str:
    return render_template("disclosure/end_campaign.html", campaign=campaign, form=form, words=words)


@blueprint.route("/disclosure/campaigns/<code>/title", methods=["GET", "POST"])
@access.roles(*policies.WRITERS)
def rename_campaign(code: str) -> Any:
    campaign = get_campaign(code)
    access.require(policies.can_rename_campaign(sessions.actor(), campaign))
    form = RenameForm(title=campaign.title)
    if not form.validate_on_submit():
        return _show_rename(campaign, form), 422 if form.is_submitted() else 200
    try:
        with transaction():
            services.rename_campaign(
                sessions.actor(), campaign, title=form.title.data or "", reason=form.reason.data or ""
            )
    except SunError as error:
        form.take_error(error)
        return _show_rename(campaign, form), status_of(error)
    flash(_("The title is corrected. The earlier one stays on the campaign's page, with your reason."), "success")
    return redirect(url_for("disclosure.show_campaign", code=campaign.code), 303)


def _show_rename(campaign: Campaign, form: RenameForm) -> str:
    return render_template("disclosure/rename_campaign.html", campaign=campaign, form=form, words=words)


@blueprint.route("/disclosure/<code>/write", methods=["GET", "POST"])
@access.roles(*policies.WRITERS)
def write_report(code: str) -> Any:
    """The figures as they are now, and room for words; a second person decides."""
    row, form = get_task(code), ReportForm()
    access.require(policies.can_write_report(sessions.actor(), row.campaign, row.task))
    if request.method == "GET":
        earlier = queries.latest_draft(row.task)
        form.words.data = earlier.words if earlier else ""
    if not form.validate_on_submit():
        return _show_write(row, form), 422 if form.is_submitted() else 200

    def act() -> str:
        services.write_report(
            sessions.actor(), row.campaign, row.task, words=form.words.data or "", note=form.note.data or ""
        )
        return url_for("disclosure.review_report", code=row.task.code)

    try:
        location = once(form, act)
    except SunError as error:
        form.take_error(error)
        return _show_write(row, form), status_of(error)
    flash(_("The report is written. A second person has to look at it before it is published."), "success")
    return redirect(location, 303)


def _show_write(row: TaskRow, form: ReportForm) -> str:
    begins_on, ends_on = services.covered_days(row.campaign, row.task)
    frozen = services.compute_figures(row.campaign, row.task, begins_on, ends_on)
    return render_template(
        "disclosure/write_report.html",
        row=row,
        form=form,
        is_correction=row.task.state is TaskState.PUBLISHED,
        begins_on=begins_on,
        ends_on=ends_on,
        sheet=sheets.sheet_of(frozen.text, row.campaign.begins_on),
        draft=queries.latest_draft(row.task),
        source=SOURCES[row.task.kind],
        words=words,
        households_words=sheets.households_words,
    )


def get_draft(code: str) -> tuple[TaskRow, Draft]:
    row = get_task(code)
    access.require(policies.can_work_on(sessions.actor(), row.campaign))
    draft = queries.latest_draft(row.task)
    if draft is None:
        raise Missing
    return row, draft


@blueprint.get("/disclosure/<code>/review")
@access.roles(*policies.WRITERS)
def review_report(code: str) -> str:
    """What a second person looks at: the draft, and what has changed in the books since."""
    row, draft = get_draft(code)
    return _show_review(row, draft, PublishForm(formdata=None), SendBackForm(formdata=None))


def _show_review(row: TaskRow, draft: Draft, publishing: PublishForm, sending: SendBackForm) -> str:
    frozen = services.compute_figures(row.campaign, row.task, draft.begins_on, draft.ends_on)
    publishing.seen_sha256.data = frozen.sha256
    user = sessions.actor()
    return render_template(
        "disclosure/review_report.html",
        row=row,
        draft=draft,
        sheet=sheets.sheet_of(frozen.text, row.campaign.begins_on),
        differences=figures.differences(json.loads(draft.figures), json.loads(frozen.text)),
        form=publishing if publishing.errors else sending,
        publishing=publishing,
        sending=sending,
        may_review=policies.can_review_report(user, row.campaign, draft),
        is_author=user.id == draft.author_id,
        words=words,
        households_words=sheets.households_words,
    )


@blueprint.post("/disclosure/<code>/publish")
@access.roles(*policies.WRITERS)
def publish_report(code: str) -> Any:
    (row, draft), form = get_draft(code), PublishForm()
    try:
        with transaction():
            services.publish_report(
                sessions.actor(), row.campaign, draft, seen_sha256=form.seen_sha256.data or ""
            )  # fmt: skip
    except SunError as error:
        form.take_error(error)
        return _show_review(row, draft, form, SendBackForm(formdata=None)), status_of(error)
    flash(_("Published: everybody can read the report."), "success")
    return redirect(url_for("disclosure.show_report", code=row.task.code), 303)


@blueprint.post("/disclosure/<code>/send-back")
@access.roles(*policies.WRITERS)
def send_back_report(code: str) -> Any:
    (row, draft), form = get_draft(code), SendBackForm()
    if not form.validate_on_submit():
        return _show_review(row, draft, PublishForm(formdata=None), form), 422
    try:
        with transaction():
            services.send_back_report(sessions.actor(), row.campaign, draft, reason=form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return _show_review(row, draft, PublishForm(formdata=None), form), status_of(error)
    flash(_("Sent back. Its author reads the reason."), "success")
    return redirect(url_for("disclosure.review_report", code=row.task.code), 303)
