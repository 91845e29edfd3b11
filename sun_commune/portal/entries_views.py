"""``/ledger/entries``: the entries, filtered, each state of the list an address; and one entry."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from sun_commune.core import access
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.labels import label
from sun_commune.core.money import parse_yuan, yuan_plain
from sun_commune.core.text import clean_line, to_half_width
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger import entries, figures, listed, traces
from sun_commune.ledger.entries import Entry
from sun_commune.ledger.filters import GROUPS, POOL, REVERSALS, EntryFilters
from sun_commune.ledger.models import GiverKind, TransferKind
from sun_commune.ledger.papers import SpendingCategory
from sun_commune.ledger.public_papers import find_public_paper
from sun_commune.ledger.sums import ANONYMOUS, OTHER_GIVER
from sun_commune.needs.models import Category
from sun_commune.needs.public import find_public_need
from sun_commune.places import queries as places
from sun_commune.portal import ledger_words as words
from sun_commune.portal.blueprint import blueprint

BESIDE = 10
GIVERS = (*(kind.value for kind in GiverKind), ANONYMOUS, OTHER_GIVER)
#: What somebody types into the search field, when it is the code of something: the filter that it is.
CODES = (("XQ", "need"), ("RL", "claim"), ("PZ", "voucher"), ("ZD", "source"))
#: Filters without a field of their own in the form, which hands them on.
UNSEEN = {"claim", "voucher", "source", "name"}
#: Amounts stand in the address in yuan, as people write them.
AMOUNTS = {"least", "most"}


@blueprint.get("/ledger/entries")
@access.public
def list_entries() -> str:
    """The entries and what they add up to."""
    filters = listed.narrowed(read_filters())
    after, before = (clean_code(request.args.get(name, "")) for name in ("after", "before"))
    page = entries.list_entries(filters, after=after, before=before)
    return render_template(
        "portal/list_entries.html",
        filters_now=filters,
        groups=filter_groups(filters),
        chips=active_chips(filters),
        handed_on={name: value for name, value in query_of(filters).items() if name in UNSEEN},
        sums=sums_of(filters),
        page=page,
        newer_url=address(filters, before=page.before) if page.before else None,
        older_url=address(filters, after=page.after) if page.after else None,
        csv_url=url_for("portal.download_ledger", **query_of(filters)),  # type: ignore[arg-type]  # strings, no flags
        words=words,
    )


def read_filters() -> EntryFilters:
    """From the address; what is no value of a filter is as if it were not there."""
    given = {name: to_half_width(value).strip() for name, value in request.args.items()}
    kinds = {member.value for member in TransferKind} | GROUPS.keys() | {REVERSALS}
    month = given.get("month", "")
    uses = {member.value for member in SpendingCategory}
    found = EntryFilters(
        kind=given["kind"] if given.get("kind") in kinds else "",
        county=given["county"] if re.fullmatch(r"[0-9]{6}", given.get("county", "")) else "",
        category=given["category"] if given.get("category") in {member.value for member in Category} else "",
        month=month if re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", month) else "",
        since=read_day(given.get("since", "")),
        until=read_day(given.get("until", "")),
        need=clean_code(given.get("need", "")),
        claim=clean_code(given.get("claim", "")),
        voucher=clean_code(given.get("voucher", "")),
        source=clean_code(given.get("source", "")),
        giver=given["giver"] if given.get("giver") in GIVERS else "",
        # As it stands in the entry: a full-width bracket of an organisation's name stays one.
        name=clean_line(request.args.get("name", ""))[:120],
        use=given["use"] if given.get("use") in uses else "",
        least=parse_yuan(given.get("least", "")) or 0,
        most=parse_yuan(given.get("most", "")) or 0,
    )
    return _searched(found, clean_line(given.get("q", ""))[:60])


def _searched(filters: EntryFilters, q: str) -> EntryFilters:
    """The code of something is looked up as that; anything else is searched for as words."""
    code = clean_code(q)
    for prefix, name in CODES:
        if code.startswith(prefix) and any(letter.isdigit() for letter in code):
            return replace(filters, **{name: code})  # type: ignore[arg-type]  # fields of text
    return replace(filters, q=q)


def read_day(text: str) -> str:
    """A day as ``2026-11-22``; "" for anything else."""
    try:
        return date.fromisoformat(text).isoformat() if re.fullmatch(r"[12]\d{3}-\d\d-\d\d", text, re.ASCII) else ""
    except ValueError:
        return ""


def clean_code(text: str) -> str:
    return re.sub(r"[^0-9A-Z-]", "", text.upper())[:20]


def query_of(filters: EntryFilters) -> dict[str, str]:
    """The filters in force as they stand in an address."""
    return {
        name: yuan_plain(int(value)) if name in AMOUNTS else value for name, value in filters.active().items()
    }  # fmt: skip


def address(filters: EntryFilters, *, after: str = "", before: str = "") -> str:
    marks = {name: mark for name, mark in (("after", after), ("before", before)) if mark}
    return url_for("portal.list_entries", **query_of(filters), **marks)  # type: ignore[arg-type]  # strings, no flags


def filter_groups(filters: EntryFilters) -> list[dict[str, Any]]:
    """Groups for components/filters.html."""
    kinds = {name: words.filter_kind_words(name) for name in GROUPS if name != "held"}
    kinds |= {kind.value: label(kind) for kind in TransferKind} | {REVERSALS: _("Reversal")}
    counties = {place.code: words.county_words(place.code) for place in places.list_counties()}
    months = {part.key: words.month_words(part.key) for part in reversed(figures.by_month())}
    categories = {category.value: label(category) for category in Category}
    givers = {giver: words.giver_words(giver) for giver in GIVERS}
    uses = {use.value: label(use) for use in SpendingCategory}
    return [
        _group("kind", _("Kind of entry"), kinds, filters.kind),
        _group("county", _("County or district"), counties, filters.county),
        _group("category", _("Category"), categories, filters.category),
        _group("month", _("Month"), months, filters.month),
        {"name": "days", "legend": _("Day of the entry"), "kind": "range", "fields": _days(filters)},
        _group("giver", _("Given by"), givers, filters.giver),
        _group("use", _("Spent on"), uses, filters.use),
        {"name": "amount", "legend": _("Amount in yuan"), "kind": "range", "fields": _amounts(filters)},
    ]


def _amounts(filters: EntryFilters) -> list[dict[str, str]]:
    said = {"least": _("at least"), "most": _("at most")}
    values = {name: getattr(filters, name) for name in said}
    return [{"name": name, "label": text, "value": yuan_plain(values[name]) if values[name] else ""}
            for name, text in said.items()]  # fmt: skip


def _days(filters: EntryFilters) -> list[dict[str, str]]:
    said = {"since": _("First day"), "until": _("Last day")}
    return [{"name": name, "label": text, "value": getattr(filters, name), "type": "date"}
            for name, text in said.items()]  # fmt: skip


def _group(name: str, legend: str, values: dict[str, str], chosen: str) -> dict[str, Any]:
    options = [{"value": "", "label": _("All"), "checked": not chosen}]
    options += [{"value": value, "label": text, "checked": value == chosen} for value, text in values.items()]
    return {"name": name, "legend": legend, "kind": "select", "options": options}


def active_chips(filters: EntryFilters) -> list[dict[str, str]]:
    """The filters in force, each with the address of the list without it."""
    say: dict[str, Any] = {
        "kind": words.filter_kind_words,
        "county": words.county_words,
        "category": words.category_words,
        "month": words.month_words,
        "since": lambda value: _("From %(day)s on", day=words.day_words(value)),
        "until": lambda value: _("Up to %(day)s", day=words.day_words(value)),
        "need": lambda value: words.fund_words("") if value == POOL else _("Need %(code)s", code=value),
        "claim": lambda value: _("Claim %(code)s", code=value),
        "voucher": lambda value: _("Voucher %(code)s", code=value),
        "source": lambda value: _("Statement line %(code)s", code=value),
        "giver": words.giver_words,
        "name": lambda value: _("Shown name: %(name)s", name=value),
        "use": words.use_words,
        "least": lambda value: _("From %(amount)s", amount=words.money(int(value))),
        "most": lambda value: _("Up to %(amount)s", amount=words.money(int(value))),
        "q": lambda value: _("“%(words)s”", words=value),
    }
    none: dict[str, Any] = {"least": 0, "most": 0}
    return [
        {"text": say[name](value), "url": address(replace(filters, **{name: none.get(name, "")}))}
        for name, value in filters.active().items()
    ]


def sums_of(filters: EntryFilters) -> list[dict[str, Any]] | None:
    """What the whole list adds up to, figure by figure; None when it is too long to be added up for a question that
    nobody asked before."""
    found = listed.totals_of_list(filters)
    if found is None:
        return None
    if filters.kind == REVERSALS:
        taken = ((_("Taken back of what was raised"), -found.raised), (_("Taken back of what was spent"), -found.spent),
                 (_("Taken back of goods, by value"), -found.goods))  # fmt: skip
        return [{"label": text, "fen": fen} for text, fen in taken if fen]
    said = (
        (_("Raised"), found.raised, "raised"), (_("Spent"), found.spent, "spent"),
        (_("Moved to it"), found.moved_in, "moved"), (_("Moved away"), found.moved, "moved"),
        (_("Given back"), found.refunded, "refund"), (_("Left"), found.held, "held"),
        (_("Handed out, not settled"), found.advanced, "advances"),
        (_("Not matched yet"), found.unmatched, "waiting"), (_("Goods, by value"), found.goods, "goods"),
    )  # fmt: skip
    fitting = set(words_of_sums(filters.kind))
    return [{"label": text, "fen": fen} for text, fen, name in said if fen and (not fitting or name in fitting)]


def words_of_sums(kind: str) -> tuple[str, ...]:
    """Which figures mean something for a list of one kind (none said: all)."""
    of_kind = {
        "gift": ("raised",), "matched": ("raised",), "raised": ("raised",), "spending": ("spent",),
        "settled": ("spent",), "spent": ("spent",), "moved": ("moved",), "refund": ("refund",),
        "advances": ("advances",), "advance": ("advances",), "waiting": ("waiting",), "unmatched": ("waiting",),
        "sent_back": ("waiting",), "advance_back": ("advances",), "goods": ("goods",),
    }  # fmt: skip
    return of_kind.get(kind, ())


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
        paper=find_public_paper(entry.voucher_code),
        is_traced=entry.kind in traces.TRACED,
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
    other = "spent" if entry.kind in traces.GIFTS else "raised"
    return list(entries.entries_of_fund(entry.need_code or POOL, other, size=BESIDE))
