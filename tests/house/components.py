"""Render a piece of template by itself, in English, without an application."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Undefined
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

import sun_commune
from sun_commune.core.clock import local
from sun_commune.core.money import yuan
from sun_commune.core.prose import blocks
from sun_commune.core.table_cards import name_cells

VOID = {"input", "img", "br", "meta", "link"}


class _Permissive(Undefined):
    """As in the application: an attribute that a dict lacks is empty."""


def environment() -> Environment:
    folder = Path(sun_commune.__file__).parent / "templates"
    env = Environment(
        loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"], undefined=_Permissive,
    )  # fmt: skip
    env.install_gettext_callables(lambda s: s, lambda s, p, n: s if n == 1 else p, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(
        asset_url=lambda name: f"/assets/{name}",
        csrf_token=lambda: "token",
        get_flashed_messages=lambda **_: [("success", "Saved.")],
    )
    env.filters.update(
        blocks=blocks,
        name_cells=name_cells,
        yuan=yuan,
        label=str,
        local=local,
        dateformat=lambda value, _style: value.strftime("%Y-%m-%d"),
        timeformat=lambda value, _style: value.strftime("%H:%M"),
    )
    return env


def render(source: str, **values: Any) -> Tree:
    """Render and parse; the parse fails on a tag that is not closed."""
    return Tree(environment().from_string(source).render(values))


class Tree(HTMLParser):
    """Elements as (tag, attributes), the text, and the raw html."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {self._open}"
        ids = [attributes["id"] for _tag, attributes in self.elements if attributes.get("id")]
        assert len(ids) == len(set(ids)), "an id stands twice"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened = self._open.pop()
        assert opened == tag, f"<{opened}> closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        self.text = " ".join(f"{self.text} {data}".split())

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key.rstrip("_")) == value for key, value in wanted.items())
        ]

    def one(self, tag: str, **wanted: str) -> dict[str, str | None]:
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{len(found)} of <{tag}> {wanted}"
        return found[0]


class LineForm(Form):
    item = StringField("Item", [InputRequired("Name the item.")])


class ExampleForm(Form):
    title = StringField("Title", [InputRequired("Say what is needed."), Length(max=60)])
    story = TextAreaField("Story", [Optional(), Length(max=500)])
    category = SelectField("Category", choices=[SelectChoice("daily", "Daily"), SelectChoice("medical", "Medical")])
    shown = RadioField(
        "Shown name",
        [InputRequired("Choose.")],
        choices=[SelectChoice("real", "Real"), SelectChoice("no", "Anonymous")],
    )
    kinds = SelectMultipleField(
        "Kinds", choices=[SelectChoice("money", "Money"), SelectChoice("goods", "Goods")],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip
    photos = MultipleFileField("Photos")
    consent = BooleanField("The family agrees.", [InputRequired("The family must agree.")])
    lines = FieldList(FormField(LineForm), min_entries=1)


def wrong_form() -> ExampleForm:
    form = ExampleForm(MultiDict({"title": "", "category": "daily", "story": "<b>x</b>"}))
    assert not form.validate()
    return form
