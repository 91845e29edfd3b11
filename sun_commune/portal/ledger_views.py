"""``/ledger``: the open book for everybody - figures, entries, one entry, and all of it as a file."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Response, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from sun_commune.core import access, kept, selfcheck
from sun_commune.core.clock import now, today
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.exports import csv_stream
from sun_commune.core.labels import label
from sun_commune.core.money import yuan
from sun_commune.core.text import to_half_width
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger import entries, figures, queries
from sun_commune.ledger.entries import REVERSALS, Entry, EntryFilters
from sun_commune.ledger.figures import Slice
from sun_commune.ledger.models import TransferKind
from sun_commune.needs.models import Category, LineKind, NeedLine
from sun_commune.needs.public import find_public_need
from sun_commune.places import queries as places
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState
from sun_commune.portal import ledger_words as words
from sun_commune.portal.blueprint import blueprint

FRESH = timedelta(hours=1)  # the self-check runs every ten minutes; an hour without one is told
LATEST = 8
#: Summed from all open promises, of which there may be many; so the figure may be this old.
PROMISED_KEPT_SECONDS = 20
MONTHS_DRAWN = 12
BESIDE = 10


@blueprint.get("/ledger")
@access.public
@kept.for_visitors
def show_ledger() -> str:
    """Raised, spent, held, on the way, goods: each apart; by month, county and category; when last checked."""
    months, run = figures.by_month(), queries.latest_run()
    drawn = without_gaps(months)
    return render_template(
        "portal/show_ledger.html",
        totals=figures.totals(),
        promised_fen=kept.keep(("promised_fen",), promised_fen, seconds=PROMISED_KEPT_SECONDS),
        months=months,
        drawn=[month_row(month) for month in drawn],
        has_earlier=bool(months) and months[0].key < drawn[0].key,
        counties=[slice_row(part, words.county_words(part.key), county=part.key) for part in most(figures.by_county())],
        categories=[
            slice_row(part, words.category_words(part.key), category=part.key) for part in most(figures.by_category())
        ],
        latest=entries.list_entries(EntryFilters(), size=LATEST).rows,
        words=words,
        run=run,
        is_stale=run is not None and now() - run.ran_at > FRESH,
        passed_at=queries.latest_passed_at(),
        checks=selfcheck.all_checks(),
    )


def without_gaps(months: list[Slice]) -> list[Slice]:
    """The last MONTHS_DRAWN months up to the latest entry; a month without one is an empty column, not left out."""
    known = {month.key: month for month in months}
    year, number = (int(part) for part in max(known, default="1-1").split("-"))
    last = year * 12 + number - 1
    keys = [f"{at // 12}-{at % 12 + 1:02}" for at in range(last - MONTHS_DRAWN + 1, last + 1)]
    return [known.get(key, Slice(key, 0, 0, 0)) for key in keys if key >= min(known, default="9")]


def most(parts: list[Slice]) -> list[Slice]:
    """The one that raised most first."""
    return sorted(parts, key=lambda part: (-part.raised, -part.goods, part.key))


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
    }  # fmt: skip


def slice_row(part: Slice, name: str, **filters: str) -> dict[str, Any]:
    """One county or category: its bar, and the figures of its row in the table."""
    url = url_for("portal.list_entries", **filters)  # type: ignore[arg-type]  # strings, no flags
    return {"label": name, "value": part.raised, "text": money(part.raised), "url": url, "part": part}


def money(fen: int) -> str:
    return _("¥%(amount)s", amount=yuan(fen))


@blueprint.get("/ledger/entries")
@access.public
def list_entries() -> str:
    """The entries, filtered; every state of it is an address that can be shared."""
    filters = read_filters()
    after, before = (clean_code(request.args.get(name, "")) for name in ("after", "before"))
    page = entries.list_entries(filters, after=after, before=before)
    return render_template(
        "portal/list_entries.html",
        filters_now=filters,
        groups=filter_groups(filters),
        chips=active_chips(filters),
        page=page,
        newer_url=address(filters, before=page.before) if page.before else None,
        older_url=address(filters, after=page.after) if page.after else None,
        csv_url=url_for("portal.download_ledger", **filters.active()),  # type: ignore[arg-type]  # as above
        words=words,
    )


def read_filters() -> EntryFilters:
    """From the address; what is no value of a filter is as if it were not there."""
    given = {name: to_half_width(value).strip()[:40] for name, value in request.args.items()}
    kinds = {member.value for member in TransferKind} | {REVERSALS}
    month = given.get("month", "")
    return EntryFilters(
        kind=given["kind"] if given.get("kind") in kinds else "",
        county=given["county"] if re.fullmatch(r"[0-9]{6}", given.get("county", "")) else "",
        category=given["category"] if given.get("category") in {member.value for member in Category} else "",
        month=month if re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", month) else "",
        need=clean_code(given.get("need") or given.get("q", "")),
        claim=clean_code(given.get("claim", "")),
    )


def clean_code(text: str) -> str:
    return re.sub(r"[^0-9A-Z-]", "", text.upper())[:20]


def address(filters: EntryFilters, *, after: str = "", before: str = "") -> str:
    marks = {name: mark for name, mark in (("after", after), ("before", before)) if mark}
    return url_for("portal.list_entries", **filters.active(), **marks)  # type: ignore[arg-type]  # strings, no flags


def filter_groups(filters: EntryFilters) -> list[dict[str, Any]]:
    """Groups for components/filters.html."""
    kinds = {kind.value: label(kind) for kind in TransferKind} | {REVERSALS: _("Reversal")}
    counties = {place.code: words.county_words(place.code) for place in places.list_counties()}
    months = {part.key: words.month_words(part.key) for part in reversed(figures.by_month())}
    categories = {category.value: label(category) for category in Category}
    return [
        _group("kind", _("Kind of entry"), kinds, filters.kind, kind="radio"),
        _group("county", _("County or district"), counties, filters.county),
        _group("category", _("Category"), categories, filters.category),
        _group("month", _("Month"), months, filters.month),
    ]


def _group(name: str, legend: str, values: dict[str, str], chosen: str, kind: str = "select") -> dict[str, Any]:
    options = [{"value": "", "label": _("All"), "checked": not chosen}]
    options += [{"value": value, "label": text, "checked": value == chosen} for value, text in values.items()]
    return {"name": name, "legend": legend, "kind": kind, "options": options}


def active_chips(filters: EntryFilters) -> list[dict[str, str]]:
    """The filters in force, each with the address of the list without it."""
    say: dict[str, Any] = {
        "kind": lambda value: _("Reversal") if value == REVERSALS else label(TransferKind(value)),
        "county": words.county_words,
        "category": words.category_words,
        "month": words.month_words,
        "need": lambda value: _("Need %(code)s", code=value),
        "claim": lambda value: _("Claim %(code)s", code=value),
    }
    return [
        {"text": say[name](value), "url": address(replace(filters, **{name: ""}))}
        for name, value in filters.active().items()
    ]


@blueprint.get("/ledger/entries/<uid>")
@access.public
def show_entry(uid: str) -> str:
    """One entry with what it belongs to: need, claim, receipt, voucher, reversal, the other side of its fund."""
    entry = entries.find_entry(clean_code(uid))
    if entry is None:
        raise Missing
    return render_template(
        "portal/show_entry.html",
        entry=entry,
        need=find_public_need(entry.need_code),
        receipt=find_receipt(entry),
        fund=figures.fund_totals(entry.need_code),
        beside=beside(entry),
        words=words,
    )


def find_receipt(entry: Entry) -> Delivery | None:
    if entry.delivery_code is None:
        return None
    return db.session.execute(select(Delivery).where(Delivery.code == entry.delivery_code)).scalar_one_or_none()


def beside(entry: Entry) -> list[Entry]:
    """The other side of the fund: what gifts were spent on, or which gifts a spending was paid from."""
    if entry.kind is TransferKind.GOODS:
        return []
    other = TransferKind.SPENDING if entry.kind is TransferKind.GIFT else TransferKind.GIFT
    return list(entries.entries_of_fund(entry.need_code, other, size=BESIDE))


@blueprint.get("/ledger.csv")
@access.public
def download_ledger() -> Response:
    """The entries as a file, with the same filters as the list; sent while it is read, so its length is no matter."""
    rows = (words.csv_row(entry) for entry in entries.stream_entries(read_filters()))
    response = Response(stream_with_context(csv_stream(words.csv_head(), rows)), mimetype="text/csv")
    name = f"sun-commune-ledger-{today().isoformat()}.csv"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
