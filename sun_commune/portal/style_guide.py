"""``/style-guide``: every component in every state, in the demo only; the accessibility tests run on it."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from sun_commune import config
from sun_commune.core import access
from sun_commune.core.clock import now, today
from sun_commune.core.errors import Missing
from sun_commune.core.forms import BaseForm, DayField, LineField, MoneyField, QuantityField, TextField
from sun_commune.portal.blueprint import blueprint

CHOICES = [SelectChoice("goods", _l("Goods")), SelectChoice("money", _l("Money"))]


class ExampleForm(BaseForm):
    title = LineField(_l("Title"), [InputRequired()])
    phone = LineField(_l("Telephone"), [InputRequired()])
    story = TextField(_l("Story"))
    amount_fen = MoneyField(_l("Amount"))
    quantity = QuantityField(_l("Quantity"))
    category = SelectField(_l("Category"), choices=CHOICES)
    shown_as = RadioField(_l("Shown as"), choices=CHOICES, default="goods")
    kinds = SelectMultipleField(
        _l("Kind of help"), choices=CHOICES, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    wanted_on = DayField(_l("Wanted by"))
    photos = FileField(_l("Photos"))
    consent = BooleanField(_l("The family agrees"))


@blueprint.get("/style-guide")
@access.public
def style_guide() -> str:
    if not config.current().demo:
        raise Missing
    form = ExampleForm(meta={"csrf": False})
    form.title.errors = [_l("Enter a title.")]
    return render_template(
        "portal/style_guide.html", form=form, day=today() + timedelta(days=9), moment=now() - timedelta(days=2)
    )
