"""``/ledger``: raised, spent, on the way, left - by whom and for whom - in five seconds of looking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import func, select

from sun_commune.core import access, kept, selfcheck
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.ledger import entries, figures, flows, queries
from sun_commune.ledger.entries import EntryFilters
from sun_commune.ledger.figures import Slice, Totals
from sun_commune.ledger.filters import POOL
from sun_commune.ledger.flows import By, Flow, Unspent
from sun_commune.ledger.papers import SpendingCategory
from sun_commune.needs.models import LineKind, NeedLine
from sun_commune.pledges.labels import donor_words as claim_donor_words
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState
from sun_commune.portal import ledger_words as words
from sun_commune.portal.blueprint import blueprint
from sun_commune.portal.ledger_pictures import entries_url, flow_picture

FRESH = timedelta(hours=1)  # the self-check runs every ten minutes; an hour without one is told
LATEST = 8
#: Summed from all open promises, of which there may be many; so the figure may be this old.
PROMISED_KEPT_SECONDS = 20
MONTHS_DRAWN = 12
MOST_GIVERS = 8
OLDEST = 8


@dataclass(frozen=True)
class FrontPart:
    """What another feature says on the ledger's front: a template of few lines and the values that it needs.

    ``place`` is where: ``state`` (under the first figures: checks, the log), ``waiting`` (money that waits for
    somebody) or ``duties`` (reports, lanes). The switchboard binds them, so that nothing here knows who they are.
    """

    place: str
    template: str
    values: Callable[[], dict[str, Any]]


_parts: list[FrontPart] = []


def bind(parts: Sequence[FrontPart]) -> None:
    """Called once by the switchboard."""
    _parts[:] = parts


def front_parts() -> dict[str, list[dict[str, Any]]]:
    """Place -> template and values of each part."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part in _parts:
        found.setdefault(part.place, []).append({"template": part.template, "values": part.values()})
    return found


@blueprint.get("/ledger")
@access.public
@kept.for_visitors
def show_ledger() -> str:
    """Raised, spent, left, on the way, goods: each apart; from whom and for whom; by month; when last checked."""
    months, run, totals = figures.by_month(), queries.latest_run(), figures.totals()
    drawn = without_gaps(months)
    by: By = "category" if request.args.get("by") == "category" else "county"
    flow, counties, categories = flows.flow(by), figures.by_county(), figures.by_category()
    return render_template(
        "portal/show_ledger.html",
        totals=totals,
        promised_fen=kept.keep(("promised_fen",), promised_fen, seconds=PROMISED_KEPT_SECONDS),
        split=split_of(totals),
        flow=flow_picture(flow, by) if flow.came else None,
        by=by,
        givers=giver_rows(flow),
        largest=[largest_row(giver) for giver in flows.largest_givers(MOST_GIVERS)],
        months=months,
        drawn=[month_row(month) for month in drawn],
        has_earlier=bool(months) and months[0].key < drawn[0].key,
        counties=slice_rows(counties, words.county_words, "county"),
        categories=slice_rows(categories, words.category_words, "category"),
        goods_by_county=goods_rows(counties, words.county_words, "county"),
        goods_by_category=goods_rows(categories, words.category_words, "category"),
        oldest=[unspent_row(row) for row in flows.oldest_unspent(OLDEST)],
        management_fen=flows.spent_on(SpendingCategory.MANAGEMENT),
        latest=entries.list_entries(EntryFilters(), size=LATEST).rows,
        words=words,
        parts=front_parts(),
        run=run,
        is_stale=run is not None and now() - run.ran_at > FRESH,
        passed_at=queries.latest_passed_at(),
        checks=selfcheck.all_checks(),
    )


def split_of(totals: Totals) -> list[dict[str, Any]]:
    """What was raised, cut into what became of it: for components/flows.html."""
    parts = (
        (_("Spent"), totals.spent, "spent", "spent"),
        (_("Left"), totals.held, "held", "held"),
        (_("Given back"), totals.refunded, "back", "refund"),
    )
    return [
        {"name": name, "value": fen, "text": money(fen), "tone": tone, "url": entries_url(kind=kind)}
        for name, fen, tone, kind in parts
    ]


def without_gaps(months: list[Slice]) -> list[Slice]:
    """The last MONTHS_DRAWN months up to the latest entry; a month without one is an empty column, not left out."""
    known = {month.key: month for month in months}
    year, number = (int(part) for part in max(known, default="1-1").split("-"))
    last = year * 12 + number - 1
    keys = [f"{at // 12}-{at % 12 + 1:02}" for at in range(last - MONTHS_DRAWN + 1, last + 1)]
    return [known.get(key, Slice(key, 0, 0, 0)) for key in keys if key >= min(known, default="9")]


def promised_fen() -> int:
    """Fen of money that donors have pledged and that has not arrived; a promise, no entry."""
    outstanding = func.sum(ClaimLine.quantity - ClaimLine.delivered - ClaimLine.released)
    statement = (
        select(func.coalesce(outstanding, 0))
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .where(Claim.state == ClaimState.PLEDGED, NeedLine.kind == LineKind.MONEY)
    )
    return int(db.session.execute(statement).scalar_one())


def month_row(month: Slice) -> dict[str, Any]:
    """One month for components/charts.html."""
    return {
        "label": words.month_short(month.key), "name": words.month_words(month.key), "a": month.raised,
        "b": month.spent, "a_text": money(month.raised), "b_text": money(month.spent),
        "a_url": entries_url(kind="raised", month=month.key), "b_url": entries_url(kind="spent", month=month.key),
    }  # fmt: skip


def slice_rows(parts: list[Slice], name: Callable[[str], str], by: str) -> list[dict[str, Any]]:
    """Figures of money by county or category, each with its entries; the one that raised most first. What nobody has
    matched yet stands at no county, and not among them."""
    shown = [part for part in parts if part.raised or part.spent or part.held]
    rows = []
    for part in sorted(shown, key=lambda part: (-part.raised, part.key)):
        here = {by: part.key} if part.key else {"need": POOL}
        cells = [
            {"fen": getattr(part, kind), "url": entries_url(kind=kind, **here)} for kind in ("raised", "spent", "held")
        ]
        rows.append({"label": name(part.key), "url": entries_url(**here), "cells": cells})
    return rows


def goods_rows(parts: list[Slice], name: Callable[[str], str], by: str) -> list[dict[str, Any]]:
    """Goods by county or category, for components/charts.html; apart from money."""
    return [
        {"label": name(part.key), "value": part.goods, "text": money(part.goods),
         "url": entries_url(kind="goods", **{by: part.key})}
        for part in sorted(parts, key=lambda part: (-part.goods, part.key))
        if part.goods
    ]  # fmt: skip


def giver_rows(flow: Flow) -> list[dict[str, Any]]:
    """Kinds of givers, with what each gave of all that was given."""
    sums: dict[str, int] = {}
    for (giver, _fund), fen in flow.came.items():
        sums[giver] = sums.get(giver, 0) + fen
    return [
        {"label": words.giver_words(giver), "value": fen, "text": money(fen),
         "url": entries_url(kind="raised", giver=giver)}
        for giver, fen in sorted(sums.items(), key=lambda row: -row[1])
    ]  # fmt: skip


def largest_row(giver: flows.Giver) -> dict[str, Any]:
    return {
        "label": claim_donor_words(giver.shown), "value": giver.raised, "text": money(giver.raised),
        "url": entries_url(kind="raised", name=giver.shown),
    }  # fmt: skip


def unspent_row(row: Unspent) -> dict[str, Any]:
    return {"row": row, "days": (today() - row.came_on).days, "fund": words.fund_words(row.need_code)}


def money(fen: int) -> str:
    return words.money(fen)
