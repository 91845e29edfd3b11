"""Errors to answers, once: each domain error has one status, each status one page in the reader's language."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, current_app, render_template
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from sun_commune.core import errors
from sun_commune.core.db import db
from sun_commune.core.logs import request_id

logger = logging.getLogger(__name__)
PAGES = frozenset({400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503})
BARE_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>出错了 · Error</title>
<p>出错了，请稍后再试。 Something went wrong. Please try again later.</p><p>{request_id}</p></html>"""
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
    def busy(error: OperationalError) -> tuple[str, int]:
        db.session.rollback()
        logger.exception("database not available")
        return render_error(503, _("The database is busy. Nothing was stored; please send it again."))

    @app.errorhandler(Exception)
    def accident(error: Exception) -> tuple[str, int]:
        if current_app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        db.session.rollback()
        logger.exception("unexpected error")
        try:
            return render_error(500)
        except Exception:
            # The accident may lie in what every page shares, and then the error page meets it again.
            logger.exception("the error page failed, too")
            return BARE_PAGE.format(request_id=request_id()), 500
