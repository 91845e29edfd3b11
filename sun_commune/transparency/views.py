"""``/ledger/proof`` and ``/ledger/roots``: the log for people, and what an entry's page says of its place in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request

from sun_commune.core import access
from sun_commune.core.clock import parse_day
from sun_commune.core.errors import Missing
from sun_commune.transparency import evidence, published, queries

blueprint = Blueprint("transparency", __name__)

DAYS_A_PAGE = 31


@blueprint.app_context_processor
def words() -> dict[str, Callable[..., Any]]:
    """The page of an entry includes ``transparency/_entry_proof.html``, which asks for these."""
    return {"log_mark": log_mark, "log_seal": published.seal}


def log_mark(uid: str) -> evidence.Evidence | None:
    """Leaf hash and place of an entry, without the proof."""
    return evidence.of_transfer(uid, with_proof=False)


@blueprint.get("/ledger/proof")
@access.public
def show_log() -> str:
    """What the log proves and what it cannot, how it stands now, and how to check it oneself."""
    return render_template(
        "transparency/show_log.html",
        seal=published.seal(),
        size=queries.log_size(),
        keys=[str(key) for key in published.log_keys()],
        alarms=alarm_lines(),
        days=queries.daily_roots(size=1),
    )


def alarm_lines() -> list[str]:
    """The latest ten, the newest first."""
    lines = (published.read("alarms") or b"").decode("utf-8", "replace").split("\n")
    return [line for line in lines if line][:-11:-1]


@blueprint.get("/ledger/roots")
@access.public
def list_roots() -> str:
    """Each day's root, to be printed, posted and kept by whoever likes."""
    given = request.args.get("before", "")
    before = parse_day(given) if given else None
    if given and before is None:
        raise Missing
    rows = list(queries.daily_roots(before=before, size=DAYS_A_PAGE + 1))
    return render_template(
        "transparency/list_roots.html",
        rows=rows[:DAYS_A_PAGE],
        older=rows[DAYS_A_PAGE - 1].day.isoformat() if len(rows) > DAYS_A_PAGE else "",
        seal=published.seal(),
        keys=[str(key) for key in published.log_keys()],
    )
