"""The blueprint, and what several pages of choices share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request
from flask_babel import gettext as _

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.accounts.models import User
from sun_commune.choices.services.deciding import SIMILAR
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, NotAllowed, SunError
from sun_commune.core.forms import OnceForm
from sun_commune.core.once import begin_once, body_hash, finish_once

blueprint = Blueprint("choices", __name__)


def status_of(error: SunError) -> int:
    if isinstance(error, NotAllowed):
        return 403
    return 409 if isinstance(error, Conflict) else 422


def do_once(form: OnceForm, act: Callable[[User], str]) -> Any:
    """Run ``act`` in the one transaction of this form and go where it says; a form sent twice acts once."""
    user, key = sessions.actor(), form.once.data or ""
    user_id, body = user.id, body_hash(request.form.to_dict(flat=False))
    with transaction():
        location = begin_once(user_id=user_id, key=key, body_sha256=body)
        if location is None:
            location = act(sessions.actor())
            finish_once(user_id=user_id, key=key, location=location)
    return redirect(location, 303)


def default_words() -> str:
    """What happens to whatever nobody chooses about, as it is announced."""
    if config.current().choice_default == SIMILAR:
        return _(
            "it goes to another open need of the same category, nearest and most urgent first; if none has room for it,"
            " to the general pool"
        )
    return _("it goes to the general pool")
