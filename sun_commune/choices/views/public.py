"""What everybody may read: money that waits for its donor's choice, and the general pool. Without names."""

from __future__ import annotations

from flask import render_template, request

from sun_commune import config
from sun_commune.choices import pool, queries
from sun_commune.choices.views.doors import blueprint, default_words
from sun_commune.core import access
from sun_commune.needs.states import PUBLIC


@blueprint.get("/ledger/waiting")
@access.public
def list_waiting() -> str:
    """Each amount that waits, since when, until when, and what happens then."""
    page = queries.public_waiting(after=request.args.get("after", "")[:20])
    return render_template(
        "choices/list_waiting.html",
        page=page,
        sums=queries.public_sums(),
        public_codes=queries.public_need_codes([row.need_code for row in page.rows], PUBLIC),
        days=config.current().choice_days,
        default_words=default_words(),
    )


@blueprint.get("/ledger/pool")
@access.public
def show_pool() -> str:
    """What lies in the general pool, what came and what went out."""
    page = pool.list_entries(after=request.args.get("after", "")[:20])
    return render_template("choices/show_pool.html", sums=pool.sums(), page=page)
