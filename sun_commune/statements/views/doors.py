"""The blueprint, and what several pages share: finding, asking, and doing a form once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from sun_commune.accounts import sessions
from sun_commune.accounts.models import User
from sun_commune.core import access
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, SunError
from sun_commune.core.forms import OnceForm
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.statements import movements, policies, queries
from sun_commune.statements.models import StatementFile, StatementLine, StatementReturn

blueprint = Blueprint("statements", __name__, url_prefix="/treasury")


class BankLine(NamedTuple):
    """A line of a statement for a page of another feature; no ``url`` for whoever may not read statements."""

    code: str
    booked_on: date
    url: str


@blueprint.app_template_global()
def bank_line_of(entry_uid: str | None) -> BankLine | None:
    """The line that shows an entry's movement, None while no imported statement has it."""
    line = movements.line_of_entry(entry_uid) if entry_uid else None
    if line is None:
        return None
    return BankLine(line.code, line.booked_on, line_url(line.code))


@blueprint.app_template_global()
def line_url(code: str) -> str:
    """Where a line is shown, "" for whoever may not read statements."""
    return url_for("statements.show_line", code=code) if policies.can_read(sessions.actor()) else ""


def clean_code(text: str | None) -> str:
    return "".join(char for char in (text or "").upper() if char.isascii() and (char.isalnum() or char == "-"))[:20]


def get_file(code: str) -> StatementFile:
    access.require(policies.can_read(sessions.actor()))
    return queries.get_file(clean_code(code))


def get_own_file(code: str) -> StatementFile:
    """For who may import; the supervisor reads alone."""
    access.require(policies.can_import(sessions.actor()))
    return queries.get_file(clean_code(code))


def get_line(code: str) -> StatementLine:
    access.require(policies.can_read(sessions.actor()))
    return queries.get_line(clean_code(code))


def get_return(code: str) -> StatementReturn:
    access.require(policies.can_read(sessions.actor()))
    return queries.get_return(clean_code(code))


def status_of(error: SunError) -> int:
    if isinstance(error, NotAllowed):
        return 403
    return 409 if isinstance(error, Conflict) else 422


def do_once(form: OnceForm, act: Callable[[User], str], extra: dict[str, str] | None = None) -> Response:
    """Run ``act`` in the one transaction of this form and go where it says; a form sent twice acts once. ``extra``
    stands for what the form's fields do not hold (a file's fingerprint)."""
    user, key = sessions.actor(), form.once.data or ""
    body = body_hash({**request.form.to_dict(flat=False), **(extra or {})})
    user_id = user.id
    with transaction():
        earlier = begin_once(user_id=user_id, key=key, body_sha256=body)
        if earlier:
            return redirect(earlier, 303)
        location = act(sessions.actor())
        finish_once(user_id=user_id, key=key, location=location)
    return redirect(location, 303)


def take_refusal(form: OnceForm, error: SunError) -> int:
    """Show a service's refusal at its field; the status of the answer."""
    db.session.rollback()
    form.take_error(error)
    return status_of(error)
