"""What the page of a report shows of its figures: rows for the tables and charts, each with a link to its entries of
these days where the ledger has such a filter. No database: figures that were frozen are shown as they were."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from sun_commune.disclosure import words
from sun_commune.disclosure.figures import Figures
from sun_commune.disclosure.labels import FIGURES
from sun_commune.disclosure.measures import Year
from sun_commune.ledger.filters import last_day

#: Which kind of entry a figure is a sum of.
KINDS = {
    "raised": "raised", "spent": "spent", "refunded": "refund", "moved_in": "moved", "moved_out": "moved",
    "advanced": "advances", "goods": "goods",
}  # fmt: skip
#: A column of months wider than this cannot be read.
MONTHS_DRAWN = 24


@dataclass(frozen=True)
class Sheet:
    """Ready for the template; every amount in words already."""

    figures: Figures
    totals: list[dict[str, Any]]
    months: list[dict[str, Any]]
    counties: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    helped: list[dict[str, str]]
    year: Year


def sheet_of(text: str, begins_on: date) -> Sheet:
    """From the canonical JSON that a draft or version holds; the campaign began on ``begins_on``."""
    figures: Figures = json.loads(text)
    scope = figures["scope"]
    base = {name: scope[name] for name in ("county", "category") if scope[name]}
    base |= {"since": figures["from"], "until": figures["to"]}
    if len(scope["needs"]) == 1:
        base["need"] = scope["needs"][0]
    elif scope["needs"]:
        base = {}  # no links: the ledger has no filter of several needs
    return Sheet(
        figures=figures,
        totals=_totals(figures, base, begins_on),
        months=[_month(row, base) for row in figures["by_month"]][-MONTHS_DRAWN:],
        counties=[_part(row, words.county_words(row["key"]), base, "county") for row in figures["by_county"]],
        categories=[_part(row, words.category_words(row["key"]), base, "category") for row in figures["by_category"]],
        helped=[_helped(row) for row in figures["helped"]["by_category"]],
        year=Year(**figures["year"]),
    )  # fmt: skip


def _entries(filters: dict[str, str]) -> str:
    return url_for("portal.list_entries", **{name: value for name, value in filters.items() if value})  # type: ignore[arg-type]  # strings, no flags


def _totals(figures: Figures, base: dict[str, str], begins_on: date) -> list[dict[str, Any]]:
    """``cells``: text and link, of the days of the report and of all since the campaign began."""
    columns = [(figures["period"], base), (figures["so_far"], base and {**base, "since": begins_on.isoformat()})]
    return [
        {"label": str(said), "cells": [_cell(name, *column) for column in columns]} for name, said in FIGURES.items()
    ]


def _cell(name: str, sums: dict[str, int], base: dict[str, str]) -> dict[str, str]:
    if name not in sums:
        return {"text": "", "url": ""}
    kind = {"kind": KINDS[name]} if name in KINDS else {}
    url = _entries({**base, **kind}) if base and (kind or name == "entries") else ""
    return {"text": f"{sums[name]:,}" if name == "entries" else words.money(sums[name]), "url": url}


def _month(row: dict[str, Any], base: dict[str, str]) -> dict[str, Any]:
    return {
        "label": words.month_short(row["key"]), "name": words.month_words(row["key"]), "a": row["raised"],
        "b": row["spent"], "a_text": words.money(row["raised"]), "b_text": words.money(row["spent"]),
        "goods_text": words.money(row["goods"]), "url": _entries(base | _days_of(row["key"], base)) if base else "",
    }  # fmt: skip


def _days_of(month: str, base: dict[str, str]) -> dict[str, str]:
    """Those days of a month that the report is about: it counts entries by their own day."""
    return {"since": max(f"{month}-01", base["since"]), "until": min(last_day(month).isoformat(), base["until"])}


def _part(row: dict[str, Any], name: str, base: dict[str, str], filter_name: str) -> dict[str, Any]:
    return {
        "label": name, "value": row["spent"], "text": words.money(row["spent"]),
        "url": _entries({**base, filter_name: row["key"]}) if base and row["key"] else "",
        "raised": words.money(row["raised"]), "spent": words.money(row["spent"]), "goods": words.money(row["goods"]),
    }  # fmt: skip


def _helped(row: dict[str, Any]) -> dict[str, str]:
    return {
        "label": words.category_words(row["key"]), "needs": str(row["needs"]),
        "households": households_words(row["households"]),
    }  # fmt: skip


def households_words(count: int | None) -> str:
    """None: there are some, and fewer than three are never counted out."""
    return _("fewer than 3") if count is None else str(count)
