"""``/style-guide``: every component in every state, in the demo only. The accessibility tests run on it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from flask import render_template
from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, MultipleFileField, RadioField, SelectField, SelectMultipleField, TelField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # new in 3.3, the stubs are older
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from sun_commune import config
from sun_commune.core import access
from sun_commune.core.errors import Missing
from sun_commune.core.forms import DayField, LineField, MoneyField, OnceForm, QuantityField, TextField
from sun_commune.portal.blueprint import blueprint

#: Fixed, so that two pictures of the page can be compared.
DAY = date(2017, 12, 6)
MOMENT = datetime(2017, 12, 4, 3, 12, tzinfo=UTC)
MONTHS_FEN = [(52_000, 0), (160_050, 41_000), (0, 98_000), (310_000, 120_500), (95_000, 95_000), (22_000, 130_000)]
COUNTIES_FEN = [("盐亭县", 4_821_000), ("三台县", 3_120_000), ("梓潼县", 950_050), ("北川羌族自治县", 0)]


class StyleGuideForm(OnceForm):
    """One field of each kind; sent, it shows how each kind says what is wrong. Nothing is stored."""

    title = LineField(_l("Title"), [InputRequired(_l("Say in a few words what is needed.")), Length(max=60)])
    phone = TelField(_l("Phone"), [InputRequired(_l("Give a phone number."))])
    story = TextField(_l("Story"), [InputRequired(_l("Tell what happened.")), Length(max=500)])
    amount_fen = MoneyField(_l("Amount"), [InputRequired(_l("Say how much is needed."))])
    quantity = QuantityField(_l("Quantity"), [Optional()])
    category = SelectField(
        _l("Category"),
        choices=[SelectChoice("daily", _l("Daily necessities")), SelectChoice("works", _l("Infrastructure"))],
    )
    shown_as = RadioField(
        _l("Shown name"),
        [InputRequired(_l("Choose how your name is shown."))],
        choices=[SelectChoice("real", "张明"), SelectChoice("masked", "张**"), SelectChoice("none", _l("Anonymous"))],
    )
    kinds = SelectMultipleField(
        _l("Kinds of help"),
        choices=[SelectChoice("goods", _l("Goods")), SelectChoice("hours", _l("Hours of work"))],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    wanted_on = DayField(_l("Wanted by"), [Optional()])
    photos = MultipleFileField(_l("Photos"))
    consent = BooleanField(
        _l("The family agreed that this is published."), [InputRequired(_l("The family must agree first."))]
    )


@blueprint.route("/style-guide", methods=["GET", "POST"])
@access.public
def style_guide() -> tuple[str, int]:
    """404 outside the demo. A form that was sent comes back with 422, as every form here does."""
    if not config.current().demo:
        raise Missing
    form = StyleGuideForm()
    was_sent = form.is_submitted()
    if was_sent:
        form.validate()
    page = render_template(
        "portal/style_guide.html", form=form, day=DAY, moment=MOMENT, months=_months(), counties=COUNTIES_FEN
    )
    return page, 422 if form.errors else 200


def _months() -> list[tuple[str, str, int, int]]:
    """Short name, full name, raised and spent in fen."""
    rows = []
    for number, (raised, spent) in enumerate(MONTHS_FEN):
        first = (DAY.replace(day=1) - timedelta(days=31 * (len(MONTHS_FEN) - 1 - number))).replace(day=1)
        rows.append((format_date(first, "MMM"), format_date(first, "MMMM y"), raised, spent))
    return rows
