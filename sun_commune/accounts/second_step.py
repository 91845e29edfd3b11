"""Between the two steps of signing in, and the page to which staff without a second step are led.

Whose password was right stands in the browser's signed cookie for ten minutes; it opens nothing but the page that
asks for the code. The epoch is the account's: a password that is changed meanwhile ends the wait.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, redirect, request, session, url_for
from flask_login import current_user

from sun_commune import config
from sun_commune.accounts import policies, queries
from sun_commune.accounts.models import User
from sun_commune.core.access import UNRULED_ENDPOINTS
from sun_commune.core.clock import now
from sun_commune.core.errors import Missing

WAITING = "second_step"
VALID_FOR = timedelta(minutes=10)
#: What staff may open before they have a second step.
OPEN = UNRULED_ENDPOINTS | {"accounts.enrol_second_factor", "accounts.sign_out", "root.healthz", "root.readyz"}


def begin(user: User) -> None:
    session[WAITING] = [user.code, user.auth_epoch, int(now().timestamp())]


def waiting() -> tuple[User, int] | None:
    """Who gave the right password in this browser, and the epoch in which; None if nobody, or too long ago."""
    try:
        code, auth_epoch, since = session[WAITING]
        user = queries.get_by_code(User, code)
    except (KeyError, Missing):
        return None
    is_fresh = now().timestamp() - since <= VALID_FOR.total_seconds()
    return (user, auth_epoch) if is_fresh and user.auth_epoch == auth_epoch else None


def ask_staff_to_enrol() -> Any:
    """Before each request: whose duty asks for a second step reaches nothing else until it is there."""
    if config.current().second_factor != "staff" or request.endpoint in OPEN or not current_user.is_authenticated:
        return None
    user = current_user.user
    if not policies.must_have_second_factor(user) or queries.find_second_factor(user.id) is not None:
        return None
    return redirect(url_for("accounts.enrol_second_factor"))


def init_app(app: Flask) -> None:
    app.before_request(ask_staff_to_enrol)
