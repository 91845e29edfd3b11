"""Sun Commune (阳光公社): needs of villages, promises of donors, and a ledger that everybody can read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from sun_commune.config import load_settings
from sun_commune.core import access, assets, error_pages, gzip_pages, headers, i18n, kept, logs, pages
from sun_commune.core.db import db
from sun_commune.core.extensions import csrf, login_manager, migrate

__version__ = "0.1.0"


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the application. ``config`` lays ``SUN_*`` settings or Flask keys over the environment's."""
    config = dict(config or {})
    settings = load_settings(overrides={key: value for key, value in config.items() if key.startswith("SUN_")})
    instance = Path(settings.instance_path)
    app = Flask(__name__, instance_path=str(instance))
    app.extensions["sun_settings"] = settings
    app.config.from_mapping(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # The text of a database error goes into the log; the values, which may be somebody's, do not.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True},
        MAX_CONTENT_LENGTH=(settings.upload_megabytes * 6 + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SESSION_COOKIE_NAME="__Host-sun" if settings.https else "sun",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.config.from_mapping({key: value for key, value in config.items() if not key.startswith("SUN_")})

    from sun_commune import switchboard  # noqa: PLC0415 - the one late import: it loads every view

    logs.init_app(app, settings.log_level)
    i18n.init_app(app, instance)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(__file__).parent / "migrations"), render_as_batch=True)
    csrf.init_app(app)
    login_manager.init_app(app)
    access.init_app(app)
    error_pages.init_app(app)
    headers.init_app(app, https=settings.https)
    gzip_pages.init_app(app)
    assets.init_app(app)
    kept.init_app(app)
    pages.init_app(app)
    switchboard.connect(app)
    return app
