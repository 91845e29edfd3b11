"""What every template may use, the door at ``/``, and the two health addresses."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, request, url_for
from sqlalchemy import text
from werkzeug.datastructures import MultiDict
from werkzeug.middleware.proxy_fix import ProxyFix

from sun_commune import config
from sun_commune.core import access, i18n
from sun_commune.core.addresses import absolute
from sun_commune.core.clock import local, today
from sun_commune.core.db import db
from sun_commune.core.labels import label
from sun_commune.core.money import yuan
from sun_commune.core.prose import blocks
from sun_commune.core.table_cards import name_cells

blueprint = Blueprint("root", __name__)


@blueprint.get("/")
@access.public
def front_door() -> Response:
    """To the language that the browser asks for."""
    response = redirect(url_for("portal.home", lang=i18n.preferred_lang()))
    response.headers["Vary"] = "Accept-Language"
    return response  # type: ignore[return-value]  # werkzeug's Response


@blueprint.get("/healthz")
@access.public
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@access.public
def readyz() -> tuple[Response, int]:
    """The database answers and its schema is there; 503 if not."""
    try:
        db.session.execute(text("SELECT 1 FROM places LIMIT 1"))
    except Exception:  # noqa: BLE001 - whatever is wrong, the answer is: not ready
        db.session.rollback()
        return jsonify(status="not ready"), 503
    return jsonify(status="ready"), 200


def limit_texts() -> None:
    """A form without files is small. Werkzeug bounds texts in multipart forms alone; the limit for files, some 70
    megabytes, would let any visitor fill the memory with one urlencoded form."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]


def refuse_nul() -> None:
    """A NUL character is in no address and on no keyboard, and PostgreSQL takes none: 404 in a path or query, 400 in
    a form."""
    if "\x00" in request.path or _holds_nul(request.args):
        abort(404)
    if _holds_nul(request.form):
        abort(400)


def _holds_nul(values: MultiDict[str, str]) -> bool:
    return any("\x00" in name or "\x00" in value for name, value in values.items(multi=True))


def _template_values() -> dict[str, Any]:
    return {
        "lang": i18n.current_lang(),
        "other_lang_url": i18n.other_lang_url,
        "settings": config.current(),
        "today": today(),
    }


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.before_request_funcs.setdefault(None, []).insert(0, limit_texts)  # before the token is looked for in the form
    app.before_request(refuse_nul)
    app.context_processor(_template_values)
    app.add_template_global(absolute)
    app.jinja_env.filters.update(yuan=yuan, label=label, local=local, name_cells=name_cells, blocks=blocks)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    proxies = app.extensions["sun_settings"].trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
