"""A person's own page: who I am here, what I may do, and where to go on."""

from __future__ import annotations

from flask import current_app, render_template

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.accounts.views.doors import blueprint
from sun_commune.core import access


@blueprint.get("/my")
@access.signed_in
def my_page() -> str:
    return render_template(
        "accounts/my_page.html", user=sessions.actor(), Role=Role, endpoints=current_app.view_functions
    )
