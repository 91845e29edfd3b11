"""The offices' page of a need, and the acts that take it along: /needs/<code>/review, /needs/<code>/approve, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from sun_commune.accounts import sessions
from sun_commune.accounts.models import User
from sun_commune.core import clock
from sun_commune.core.db import transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.core.i18n import current_lang
from sun_commune.core.labels import label
from sun_commune.households import policies as household_policies
from sun_commune.households.models import ConsentPurpose
from sun_commune.needs import policies, queries, services
from sun_commune.needs.forms import ReasonForm
from sun_commune.needs.models import Need, NeedChange, Urgency
from sun_commune.needs.states import EDITABLE, MOVES, PUBLIC, NeedAct, NeedState, Side, SystemReason
from sun_commune.needs.views.doors import blueprint, offices, open_need, readers
from sun_commune.places import queries as places

WORDS = {
    NeedAct.SUBMIT: (_l("Submit for review"), _l("Submitted. The township reviews it next.")),
    NeedAct.APPROVE: (_l("Approve"), _l("Approved. The county publishes it next.")),
    NeedAct.PUBLISH: (_l("Publish"), _l("Published. Everybody can see it now.")),
    NeedAct.RETURN: (_l("Return to the village"), _l("Returned to the village with your reason.")),
    NeedAct.PAUSE: (_l("Pause"), _l("Paused. The public does not see it now.")),
    NeedAct.RESUME: (_l("Show again"), _l("Everybody can see it again.")),
    NeedAct.WITHDRAW: (_l("Withdraw"), _l("Withdrawn.")),
    NeedAct.CLOSE: (_l("Close"), _l("Closed. It stays in public as a record.")),
}
NEEDS_REASON = {move.act for move in MOVES if move.needs_reason}


@blueprint.get("/needs/<code>/review")
@readers
def review_need(code: str) -> str:
    return review_page(open_need(code))


def review_page(need: Need, wrong: ReasonForm | None = None, wrong_act: NeedAct | None = None) -> str:
    household = queries.household_of(need)
    names = queries.names_of(change.actor_id for change in need.changes)
    # A withdrawal gives back every promise that nobody had begun to keep: what is left is on the road.
    is_withdrawn = need.state is NeedState.WITHDRAWN
    acts = [act for act in WORDS if policies.can_do(current_user, need, act)]
    return render_template(
        "needs/review_need.html",
        need=need,
        place=places.full_name(need.village_code, current_lang()),
        household=household,
        may_open_household=household is not None and household_policies.can_see_household(current_user, household),
        consents=[p for p in ConsentPurpose if household and household.consents_to(p, clock.today())],
        photos=queries.photos_of(need),
        events=[timeline_event(change, names) for change in need.changes],
        acts=[(act, WORDS[act][0], act_form(act, wrong if act is wrong_act else None)) for act in acts],
        is_editable=need.state in EDITABLE and policies.is_village_side(current_user, need),
        is_public=need.state in PUBLIC,
        still_to_come=[line for line in need.lines if line.claimed > line.delivered] if is_withdrawn else [],
        urgency=Urgency(need.urgency),
        form=wrong,
    )


def act_form(act: NeedAct, wrong: ReasonForm | None) -> ReasonForm | None:
    """The reason to give; None for an act that needs none. Ids differ, for several forms stand on the page."""
    if act not in NEEDS_REASON:
        return None
    form = wrong or ReasonForm(formdata=None)
    form.reason.id = f"{act.value}-reason"
    form.reason.label.field_id = form.reason.id
    return form


def timeline_event(change: NeedChange, names: dict[int, str]) -> dict[str, Any]:
    who = names.get(change.actor_id or 0, "")
    return {
        "at": change.at,
        "text": label(change.to_state) if change.act is NeedAct.PROGRESS else label(change.act),
        "who": f"{label(change.side)}{': ' + who if who else ''}",
        "note": reason_words(change),
    }


def reason_words(change: NeedChange) -> str:
    """The system's reasons are codes, people's are their own words."""
    if change.side is Side.SYSTEM and change.reason in set(SystemReason):
        return label(SystemReason(change.reason))
    return change.reason


def _act(code: str, act: NeedAct, service: Callable[[User, Need, str], Need]) -> Any:
    """One act: the service decides; a wrong reason comes back with what was typed."""
    need = open_need(code)
    form = ReasonForm()
    try:
        with transaction():
            service(sessions.actor(), need, form.reason.data or "")
    except RuleBroken as error:
        form.take_error(error)
        return review_page(need, form, act), 422
    flash(str(WORDS[act][1]), "success")
    return redirect(url_for("needs.review_need", code=code), 303)


@blueprint.post("/needs/<code>/submit")
@offices
def submit_need(code: str) -> Any:
    return _act(code, NeedAct.SUBMIT, lambda actor, need, _reason: services.submit_need(actor, need))


@blueprint.post("/needs/<code>/approve")
@offices
def approve_need(code: str) -> Any:
    return _act(code, NeedAct.APPROVE, lambda actor, need, _reason: services.approve_need(actor, need))


@blueprint.post("/needs/<code>/publish")
@offices
def publish_need(code: str) -> Any:
    return _act(code, NeedAct.PUBLISH, lambda actor, need, _reason: services.publish_need(actor, need))


@blueprint.post("/needs/<code>/return")
@offices
def return_need(code: str) -> Any:
    return _act(code, NeedAct.RETURN, services.return_need)


@blueprint.post("/needs/<code>/pause")
@offices
def pause_need(code: str) -> Any:
    return _act(code, NeedAct.PAUSE, services.pause_need)


@blueprint.post("/needs/<code>/resume")
@offices
def resume_need(code: str) -> Any:
    return _act(code, NeedAct.RESUME, lambda actor, need, _reason: services.resume_need(actor, need))


@blueprint.post("/needs/<code>/withdraw")
@offices
def withdraw_need(code: str) -> Any:
    return _act(code, NeedAct.WITHDRAW, services.withdraw_need)


@blueprint.post("/needs/<code>/close")
@offices
def close_need(code: str) -> Any:
    return _act(code, NeedAct.CLOSE, services.close_need)
