"""The blueprint, and what the ledger's front page says of the calendar."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from sun_commune.disclosure import queries

blueprint = Blueprint("disclosure", __name__)


def front_values() -> dict[str, Any]:
    """For ``disclosure/_summary.html``."""
    return {"summary": queries.summary()}
