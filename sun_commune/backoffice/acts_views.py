"""The record of acts, for those who watch over the others."""

from __future__ import annotations

from datetime import date

from flask import render_template, request

from sun_commune.accounts import queries as accounts
from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.audit import queries
from sun_commune.audit.labels import ACTS, STATE_KINDS, STATES
from sun_commune.audit.models import AuditEntry
from sun_commune.backoffice.blueprint import blueprint
from sun_commune.backoffice.places_of_acts import acts_open_to
from sun_commune.core import access, labels
from sun_commune.core.clock import parse_day
from sun_commune.core.text import clean_line, to_half_width


@blueprint.get("/audit")
@access.roles(Role.SUPERVISOR, Role.COUNTY_ADMIN, Role.OPERATOR)
def list_acts() -> str:
    """Who did what to what, newest first; a county administrator sees the own county.

    A filter that cannot be read is left out, and the page shows so.
    """
    act = request.args.get("act", "")
    act = act if act in ACTS else ""
    code = to_half_width(clean_line(request.args.get("object"))).upper()[:80]
    day = parse_day(request.args.get("day", ""))
    within = acts_open_to(sessions.actor())
    page = queries.list_acts(act=act, object_code=code, day=day, after=request.args.get("after", ""), within=within)
    return render_template(
        "backoffice/list_acts.html",
        page=page,
        actors=accounts.names_of({entry.actor_id for entry in page.rows if entry.actor_id is not None}),
        acts=sorted(((name, str(words)) for name, words in ACTS.items()), key=lambda pair: pair[1]),
        act_words=ACTS,
        state_word=state_word,
        chosen=_chosen(act, code, day),
    )


def _chosen(act: str, code: str, day: date | None) -> dict[str, str | None]:
    """The filters in force, as the query of a link; None leaves one out."""
    return {"act": act or None, "object": code or None, "day": day.isoformat() if day else None}


def state_word(entry: AuditEntry, state: str) -> str:
    """The state in the reader's language; as it is stored where no feature has a word for it."""
    word = labels.find(STATE_KINDS.get(entry.object_kind, ""), state)
    return word or str(STATES.get(state, state))
