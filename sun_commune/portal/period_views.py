"""``/ledger/periods``: months that are closed, with what the books said then, to read and to compute with."""

from __future__ import annotations

from flask import Response, jsonify, render_template

from sun_commune import config
from sun_commune.core import access
from sun_commune.ledger import closing
from sun_commune.portal.blueprint import blueprint


@blueprint.get("/ledger/periods")
@access.public
def list_periods() -> str:
    return render_template(
        "portal/list_periods.html",
        closed=[(row, closing.read_figures(row)) for row in closing.closed_periods()],
        days=config.current().close_after_days,
    )


@blueprint.get("/ledger/periods.json")
@access.public
def download_periods() -> Response:
    """``figures`` is the very text that ``figures_sha256`` is computed over."""
    return jsonify(
        [
            {"period": row.period, "figures": row.figures, "figures_sha256": row.figures_sha256,
             "closed_at": row.closed_at.isoformat()}
            for row in closing.closed_periods()
        ]
    )  # fmt: skip
