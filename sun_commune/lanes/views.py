"""``/lanes``: on which lanes gifts travel, open to everybody; and the record behind them, for officers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.accounts.models import User
from sun_commune.core import access
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, SunError
from sun_commune.core.forms import OnceForm
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.lanes import policies, queries, rules, services
from sun_commune.lanes.forms import ConfirmProposalForm, ProposeLanesForm, RefuseProposalForm
from sun_commune.lanes.labels import FIELDS
from sun_commune.lanes.models import LaneVersion
from sun_commune.lanes.states import lane_of_book
from sun_commune.lanes.words import why_closed

blueprint = Blueprint("lanes", __name__, url_prefix="/lanes")
blueprint.add_app_template_global(why_closed)
blueprint.add_app_template_global(lane_of_book)

writers = access.roles(*policies.WRITERS)
readers = access.roles(*policies.READERS)


@blueprint.app_template_global()
def lanes_now() -> queries.Lanes:
    """The lanes as they stand, for any template; read once per request."""
    if "lanes" not in g:
        g.lanes = queries.present()
    found: queries.Lanes = g.lanes
    return found


@blueprint.get("")
@access.public
def show_lanes() -> str:
    """Where money and goods go, and why a lane is closed."""
    may_write = current_user.is_authenticated and policies.can_see_proposal(current_user)
    return render_template(
        "lanes/show_lanes.html", lanes=queries.present(), chapters=queries.list_chapters(), may_read_more=may_write
    )


@blueprint.get("/proposals")
@readers
def list_proposals() -> str:
    return render_template(
        "lanes/list_proposals.html",
        versions=queries.list_versions(),
        waiting=queries.find_waiting(),
        lanes=queries.present(),
        may_write=policies.can_propose_lanes(current_user),
    )


@blueprint.route("/propose", methods=["GET", "POST"])
@writers
def propose_lanes() -> Any:
    form = ProposeLanesForm()
    if not form.is_submitted():
        version = queries.present().version
        if version is not None:
            form.process(data={**rules.content_of(version).values, "note": ""})
        return _propose_page(form)
    faults = [] if not form.validate() else rules.find_faults(form.content(), config.current().campaign_host_list)
    for fault in faults:
        form.take_error(fault)
    if form.errors:
        return _propose_page(form), 422

    def act(actor: User) -> str:
        version = services.propose_lanes(actor, content=form.content())
        return url_for("lanes.show_proposal", code=version.code)

    try:
        location = _once(form, act)
    except SunError as error:
        db.session.rollback()
        form.take_error(error)
        return _propose_page(form), _status(error)
    flash(_("Written. Nothing changes until another officer confirms it."), "success")
    return redirect(location, 303)


def _propose_page(form: ProposeLanesForm) -> str:
    hosts = config.current().campaign_host_list
    return render_template("lanes/propose_lanes.html", form=form, waiting=queries.find_waiting(), hosts=hosts)


@blueprint.get("/proposals/<code>")
@readers
def show_proposal(code: str) -> str:
    return _proposal_page(queries.find_version(code))


@blueprint.post("/proposals/<code>/confirm")
@writers
def confirm_proposal(code: str) -> Any:
    form = ConfirmProposalForm()

    def act(actor: User, version: LaneVersion) -> None:
        services.confirm_proposal(actor, version, last_digits=form.last_digits.data or "")

    return _decide(code, form, act, _("Confirmed. It is in force from now on."))


@blueprint.post("/proposals/<code>/refuse")
@writers
def refuse_proposal(code: str) -> Any:
    form = RefuseProposalForm()

    def act(actor: User, version: LaneVersion) -> None:
        services.refuse_proposal(actor, version, reason=form.reason.data or "")

    return _decide(code, form, act, _("Refused. Nothing has changed."))


@blueprint.post("/proposals/<code>/take-back")
@writers
def take_back_proposal(code: str) -> Any:
    return _decide(code, OnceForm(), services.take_back_proposal, _("Taken back. Nothing has changed."))


def _decide(code: str, form: OnceForm, act: Callable[[User, LaneVersion], None], said: str) -> Any:
    """Do it once; what is refused is said on the proposal's page, with what was typed."""
    location = url_for("lanes.show_proposal", code=queries.find_version(code).code)
    if not form.validate():
        return _proposal_page(queries.find_version(code), form), 422

    def decide(actor: User) -> str:
        act(actor, queries.find_version(code))
        return location

    try:
        _once(form, decide)
    except SunError as error:
        db.session.rollback()
        form.take_error(error)
        return _proposal_page(queries.find_version(code), form), _status(error)
    flash(said, "success")
    return redirect(location, 303)


def _once(form: OnceForm, act: Callable[[User], str]) -> str:
    user_id, key, body = current_user.id, form.once.data or "", body_hash(request.form.to_dict(flat=False))
    with transaction():
        earlier = begin_once(user_id=user_id, key=key, body_sha256=body)
        if earlier:
            return earlier
        location = act(sessions.actor())
        finish_once(user_id=user_id, key=key, location=location)
    return location


def _status(error: SunError) -> int:
    return 409 if isinstance(error, Conflict) else 422


def _proposal_page(version: LaneVersion, form: OnceForm | None = None) -> str:
    decision, present = queries.find_decision(version.id), queries.present().version
    is_open = decision is None
    past = next((past for past in queries.list_versions() if past.version.id == version.id), None)
    return render_template(
        "lanes/show_proposal.html",
        version=version,
        decision=decision,
        past=past,
        present=present,
        changed=rules.differences(present, version) if is_open else [],
        fields=FIELDS,
        form=form,
        confirm_form=form if isinstance(form, ConfirmProposalForm) else ConfirmProposalForm(formdata=None),
        refuse_form=form if isinstance(form, RefuseProposalForm) else RefuseProposalForm(formdata=None),
        plain_form=OnceForm(formdata=None),
        may_decide=is_open and policies.can_decide_proposal(current_user, version),
        may_take_back=is_open and policies.can_take_back_proposal(current_user, version),
    )
