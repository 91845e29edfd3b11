"""Home, villages, and the pages that explain: volunteers, supervision, information, about, privacy."""

from __future__ import annotations

from flask import render_template
from sqlalchemy import func, select

from sun_commune import config
from sun_commune.core import access
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.households.models import Household
from sun_commune.ledger import figures
from sun_commune.needs.queries_villages import count_by_village
from sun_commune.places import queries as places
from sun_commune.places.models import Level
from sun_commune.portal import catalogue, catalogue_counts
from sun_commune.portal.blueprint import blueprint
from sun_commune.portal.catalogue import Filters
from sun_commune.portal.words import card_parts

HOME_CARDS = 6


@blueprint.get("/")
@access.public
def home() -> str:
    """The four columns, today's most urgent needs, and how much came and went."""
    cards = catalogue.find_page(Filters(sort="urgent"), size=HOME_CARDS)
    counts = catalogue_counts.kept_count(Filters())
    return render_template(
        "portal/home.html",
        cards_now=card_parts(cards.rows),
        open_count=counts.total,
        totals=figures.totals(),
    )


@blueprint.get("/villages")
@access.public
def list_villages() -> str:
    """Villages with public needs, by county and township."""
    counted = count_by_village()
    counties: dict[str, list[tuple[str, int]]] = {}
    for code, number in counted.items():
        counties.setdefault(code[:6], []).append((code, number))
    return render_template("portal/list_villages.html", counties=sorted(counties.items()))


@blueprint.get("/villages/<code>")
@access.public
def show_village(code: str) -> str:
    """A village as it is or was: where it lies, what became of it, its needs that may be named."""
    village = places.find_place(code)
    if village is None or village.level is not Level.VILLAGE:
        raise Missing
    page = catalogue.find_village_page(village.code)
    households = db.session.execute(
        select(func.count()).select_from(Household).where(Household.village_code == village.code)
    ).scalar_one()
    smallest = config.current().min_cell
    return render_template(
        "portal/show_village.html",
        village=village,
        lineage=places.lineage(village),
        successors=places.successors(village),
        current=places.current_place(village),
        cards_now=card_parts(page.rows),
        households=households if households >= smallest else None,
        smallest=smallest,
    )


@blueprint.get("/volunteers")
@access.public
def volunteers() -> str:
    return render_template("portal/volunteers.html")


@blueprint.get("/supervision")
@access.public
def supervision() -> str:
    return render_template("portal/supervision.html")


@blueprint.get("/information")
@access.public
def information() -> str:
    return render_template("portal/information.html")


@blueprint.get("/about")
@access.public
def about() -> str:
    return render_template("portal/about.html")


@blueprint.get("/privacy")
@access.public
def privacy() -> str:
    return render_template("portal/privacy.html")
