"""Words of campaigns, periods and figures, in the reader's language."""

from __future__ import annotations

from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _

from sun_commune.core.i18n import current_lang
from sun_commune.core.labels import find, label
from sun_commune.core.money import yuan
from sun_commune.disclosure.figures import OTHER
from sun_commune.disclosure.labels import FIGURES
from sun_commune.disclosure.models import Campaign, CampaignKind
from sun_commune.needs.models import Category
from sun_commune.places import queries as places


def county_words(code: str) -> str:
    """The county's name; the general pool's entries belong to none."""
    place = places.find_place(code) if code else None
    return places.label(place, current_lang()) if place else code or _("No county (general pool)")


def category_words(category: str) -> str:
    if category == OTHER:
        return _("Several categories together")
    if not category:
        return _("No category (general pool)")
    return label(Category(category)) if category in {member.value for member in Category} else category


def campaign_words(campaign: Campaign) -> str:
    if campaign.kind is not CampaignKind.STANDING:
        return campaign.title
    if campaign.county_code:
        return _("Standing fund of %(county)s", county=county_words(campaign.county_code))
    return _("The whole platform")


def scope_words(campaign: Campaign) -> str:
    """What counts as the campaign's, in a line."""
    parts = [county_words(campaign.county_code) if campaign.county_code else _("All counties")]
    if campaign.category:
        parts.append(category_words(campaign.category))
    if campaign.need_codes:
        parts.append(", ".join(campaign.needs))
    return " · ".join(parts)


def day_words(day: date | str) -> str:
    return str(format_date(date.fromisoformat(day) if isinstance(day, str) else day, "long"))


def days_words(begins_on: date | str, ends_on: date | str) -> str:
    if begins_on == ends_on:
        return day_words(begins_on)
    return _("%(first)s to %(last)s", first=day_words(begins_on), last=day_words(ends_on))


def month_words(month: str) -> str:
    return str(format_date(_first_day(month), "MMMM yyyy" if current_lang() == "en" else "yyyy年M月"))


def month_short(month: str) -> str:
    """For the foot of a narrow column; January is its year."""
    first = _first_day(month)
    if current_lang() == "en":
        return str(format_date(first, "yyyy" if first.month == 1 else "MMM"))
    return str(format_date(first, "yy年" if first.month == 1 else "M月"))


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def money(fen: int) -> str:
    return _("¥%(amount)s", amount=yuan(fen))


def enum_words(name: str, value: str) -> str:
    """The word for a stored value of an enum; the value itself if there is none."""
    return find(name, value) or value


def figure_words(path: str) -> str:
    """A figure by its path in the report: ``period.raised`` as Raised in these days."""
    head, _dot, name = path.partition(".")
    if name in FIGURES and head == "period":
        return _("%(figure)s in these days", figure=FIGURES[name])
    if name in FIGURES and head == "so_far":
        return _("%(figure)s since the beginning", figure=FIGURES[name])
    parts = {
        "by_month": _("Figures by month"),
        "by_county": _("Figures by county"),
        "by_category": _("Figures by category"),
        "helped": _("Needs and families reached"),
        "biggest": _("Largest spendings"),
        "corrections": _("Corrections"),
        "overdue_advances": _("Overdue advances"),
        "year": _("Figures of the year"),
        "entry": _("The transaction"),
    }
    return parts.get(head, path)


def difference_words(figure: str, before: object, after: object) -> str:
    name = figure_words(figure)
    if isinstance(before, int) and isinstance(after, int) and figure.rsplit(".", maxsplit=1)[-1] in FIGURES:
        is_count = figure.endswith(".entries")
        old, new = (str(before), str(after)) if is_count else (money(before), money(after))
        return _("%(name)s: %(old)s, now %(new)s", name=name, old=old, new=new)
    return _("%(name)s: changed", name=name)
