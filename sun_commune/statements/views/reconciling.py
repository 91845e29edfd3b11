"""The reconciliation page."""

from __future__ import annotations

from flask import render_template

from sun_commune.accounts import sessions
from sun_commune.core import access
from sun_commune.statements import movements, policies, reconciliation
from sun_commune.statements.views.doors import blueprint


@blueprint.get("/reconciliation")
@access.roles(*policies.READERS)
def reconcile() -> str:
    """What the accounts say beside what the books say, and every part of the difference."""
    access.require(policies.can_read(sessions.actor()))
    return render_template(
        "statements/reconcile.html", found=reconciliation.reconcile(), outgoing=movements.waiting_outgoing(),
        unseen=movements.payments_without_line(), tied=movements.count_tied_outgoing(),
    )  # fmt: skip
