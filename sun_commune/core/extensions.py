"""The Flask extensions that are bound to an app, each behind this one module."""

from __future__ import annotations

from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect


class FormGuard(CSRFProtect):
    """Over HTTPS the library splits the Referer, and a Referer that is no address ("http://[") breaks it."""

    def protect(self, apply_exemptions: bool = False) -> None:
        try:
            super().protect(apply_exemptions=apply_exemptions)
        except ValueError:
            self._error_response("The referrer is no address.")


csrf = FormGuard()
login_manager = LoginManager()
migrate = Migrate()
