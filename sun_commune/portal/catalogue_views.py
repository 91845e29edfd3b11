"""``/needs``: the supermarket of needs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.core import access
from sun_commune.core.i18n import current_lang
from sun_commune.core.labels import label
from sun_commune.needs.models import Category, LineKind, Subject, Urgency
from sun_commune.places import queries as places
from sun_commune.portal import catalogue, catalogue_counts
from sun_commune.portal.blueprint import blueprint
from sun_commune.portal.catalogue import Filters
from sun_commune.portal.catalogue_counts import Counts
from sun_commune.portal.words import card_parts


@blueprint.get("/needs")
@access.public
def list_needs() -> str:
    """One page of cards, filtered; every state of it is an address that can be shared."""
    filters = catalogue.read_filters(request.args)
    after, before = (request.args.get(name, "")[:40] for name in ("after", "before"))
    # Asked only where a part of the page needs it that is not kept; then once.
    counts = cache(lambda: catalogue_counts.kept_count(filters))
    page = catalogue.find_page(filters, after=after, before=before, few=catalogue_counts.are_few(filters))
    return render_template(
        "portal/list_needs.html",
        filters_now=filters,
        groups=lambda: filter_groups(filters, counts()),
        chips=lambda: active_chips(filters),
        sorts=lambda: [(sort, words, address(filters, sort=sort)) for sort, words in sort_words().items()],
        total=lambda: None if filters.q else counts().total,
        kept_seconds=catalogue_counts.KEPT_SECONDS,
        cards_now=card_parts(page.rows),
        newer_url=address(filters, before=page.before) if page.before else None,
        older_url=address(filters, after=page.after) if page.after else None,
        wider_url=lambda: address(filters, open=False) if filters.open else None,
    )


def address(filters: Filters, *, after: str = "", before: str = "", **changes: Any) -> str:
    marks: dict[str, Any] = {name: mark for name, mark in (("after", after), ("before", before)) if mark}
    return url_for("portal.list_needs", **{**filters.query_args(**changes), **marks})


def sort_words() -> dict[str, str]:
    return {"newest": _("Newest first"), "urgent": _("Most urgent first"), "deadline": _("Soonest date first")}


def filter_groups(filters: Filters, counts: Counts) -> list[dict[str, Any]]:
    """Groups for components/filters.html: each value with how many needs it would show."""
    lang = current_lang()
    counties = {place.code: place_name(place.name, place.english, lang) for place in places.list_counties()}
    groups = [_select("county", _("County or district"), counties, filters, by_county(filters, counts))]
    if filters.county:
        townships = places.list_townships(filters.county, ended=True)
        names = {place.code: place_name(place.name, place.english, lang) for place in townships}
        counted = counts.by["place"]
        names = {code: name for code, name in names.items() if counted.get(code) or code == filters.township}
        groups.append(_select("township", _("Township"), names, filters, counted))
    groups += [
        _radios("category", _("Category"), Category, filters, counts.by["category"]),
        _radios("kind", _("Kind of help"), LineKind, filters, counts.by["kind"]),
        _radios("subject", _("For whom"), Subject, filters, counts.by["subject"]),
        _radios("urgency", _("Urgency"), Urgency, filters, counts.by["urgency"]),
        {
            "name": "open",
            "legend": _("Still open"),
            "kind": "radio",
            "options": [
                {"value": "1", "label": _("Only what is still open"), "checked": filters.open},
                {"value": "0", "label": _("All, with those already helped"), "checked": not filters.open},
            ],
        },
    ]
    if not filters.q:
        return groups
    for group in groups:  # hits of a search are not counted by value
        for option in group["options"]:
            option.pop("count", None)
    return groups


def by_county(filters: Filters, counts: Counts) -> Mapping[str, int]:
    """Counts per county; with a county chosen, the cells read are its townships', so only its own sum is known."""
    if not filters.county:
        return counts.by["place"]
    return {filters.county: sum(counts.by["place"].values())}


def place_name(name: str, english: str, lang: str) -> str:
    return f"{english} {name}" if lang == "en" else name


def _select(
    name: str, legend: str, values: Mapping[str, str], filters: Filters, counted: Mapping[str, int]
) -> dict[str, Any]:
    chosen = getattr(filters, name)
    options: list[dict[str, Any]] = [{"value": "", "label": _("All"), "checked": not chosen}]
    for value, words in values.items():
        option = {"value": value, "label": words, "checked": value == chosen}
        if value in counted or not chosen:
            option["count"] = counted.get(value, 0)
        options.append(option)
    return {"name": name, "legend": legend, "kind": "select", "options": options}


def _radios(name: str, legend: str, values: Any, filters: Filters, counted: Mapping[str, int]) -> dict[str, Any]:
    chosen = getattr(filters, name)
    options: list[dict[str, Any]] = [{"value": "", "label": _("All"), "checked": not chosen}]
    for member in values:
        value = str(member.value)
        options.append(
            {"value": value, "label": label(member), "checked": value == chosen, "count": counted.get(value, 0)}
        )
    return {"name": name, "legend": legend, "kind": "radio", "options": options}


def active_chips(filters: Filters) -> list[dict[str, str]]:
    """The filters in force, each with the address of the list without it."""
    enums: dict[str, Any] = {"category": Category, "kind": LineKind, "subject": Subject}
    chips = []
    for name in filters.active():
        value = getattr(filters, name)
        if name in enums:
            words = label(enums[name](value))
        elif name == "urgency":
            words = label(Urgency(int(value)))
        elif name in {"county", "township"}:
            place = places.find_place(value)
            words = place_name(place.name, place.english, current_lang()) if place else value
        else:
            words = _("“%(words)s”", words=value)
        chips.append({"text": words, "url": address(filters, **{name: ""})})
    return chips
