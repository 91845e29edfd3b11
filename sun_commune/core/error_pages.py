"""Errors to answers, once: each domain error has one status, each status one page in the reader's language."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, current_app, g, render_template
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from sun_commune.core import errors
from sun_commune.core.db import db
from sun_commune.core.extensions import login_manager
from sun_commune.core.logs import request_id

logger = logging.getLogger(__name__)
PAGES = frozenset({400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503})
BARE_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>出错了 · Error</title>
<p>出错了，请稍后再试。 Something went wrong. Please try again later.</p><p>{request_id}</p></html>"""
RETRY_SECONDS = "10"
STATUS = {
    errors.RuleBroken: 422,
    errors.NotAllowed: 403,
    errors.Missing: 404,
    errors.Conflict: 409,
}


def render_error(status: int, message: str = "") -> tuple[str, int]:
    """The page of one status; an unusual status shows the page of its family."""
    page = status if status in PAGES else (500 if status >= 500 else 400)
    html = render_template(f"errors/{page}.html", message=message, request_id=request_id(), status=status)
    return html, status


def render_at_any_rate(status: int, message: str = "") -> tuple[str, int]:
    """The accident may lie in what every page shares, and then the error page meets it again. Most often that is the
    database, which the page asks who is signed in; so it is then shown as to a visitor."""
    for is_visitor in (False, True):
        db.session.rollback()
        if is_visitor:
            g._login_user = login_manager.anonymous_user()  # where Flask-Login keeps the request's user
        try:
            return render_error(status, message)
        except Exception:
            logger.exception("the error page failed, too")
    return BARE_PAGE.format(request_id=request_id()), status


def init_app(app: Flask) -> None:
    @app.errorhandler(errors.SunError)
    def domain_error(error: errors.SunError) -> tuple[str, int]:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return render_error(status, str(error))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        return render_error(error.code)

    @app.errorhandler(OperationalError)
    def busy(_error: OperationalError) -> tuple[str, int, dict[str, str]]:
        logger.exception("database not available")
        # Whether it was stored is not known when the answer to a commit was lost; the form's key makes that no matter.
        message = _("The database does not answer. Please send it once more: nothing is stored twice.")
        return *render_at_any_rate(503, message), {"Retry-After": RETRY_SECONDS}

    @app.errorhandler(Exception)
    def accident(error: Exception) -> tuple[str, int]:
        if current_app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        logger.exception("unexpected error")
        return render_at_any_rate(500)
