"""Each component once, by its example: what stands there, how it is tied together, and that it escapes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.house.components import ExampleForm, Tree, render, wrong_form


def form_html(call: str, form: ExampleForm | None = None) -> Tree:
    return render('{% import "components/forms.html" as forms %}' + call, form=form or ExampleForm())


def test_field_ties_label_hint_and_control() -> None:
    tree = form_html('{{ forms.field(form.title, hint="In a few words.", public=true, autocomplete="off") }}')
    control = tree.one("input")
    assert tree.one("label")["for"] == control["id"] == "title"
    assert control["aria-describedby"] == "title-hint"
    assert control["autocomplete"] == "off"
    assert "maxlength" not in control, "what is too long is refused in words, not cut off"
    assert "aria-invalid" not in control
    assert "shown in public" in tree.text
    assert "(optional)" not in tree.text


def test_wrong_field_says_why_and_keeps_what_was_typed() -> None:
    tree = form_html("{{ forms.field(form.title) }}{{ forms.field(form.story) }}", wrong_form())
    control = tree.one("input")
    assert control["aria-invalid"] == "true"
    assert control["aria-describedby"] == "title-error"
    assert "Error: Say what is needed." in tree.text
    assert "&lt;b&gt;x" in tree.html


def test_long_text_tells_its_limit() -> None:
    tree = form_html("{{ forms.field(form.story, public=false) }}")
    assert tree.one("textarea")["aria-describedby"] == "story-count"
    assert "At most 500 characters." in tree.text
    assert tree.one("p", id="story-count")["data-most"] == "500"
    assert "kept private" in tree.text
    assert "(optional)" in tree.text


@pytest.mark.parametrize(("name", "kind"), [("shown", "radio"), ("kinds", "checkbox")])
def test_choices_are_a_group_with_a_legend(name: str, kind: str) -> None:
    tree = form_html(f"{{{{ forms.field(form.{name}) }}}}")
    assert len(tree.all("fieldset")) == len(tree.all("legend")) == 1
    assert [box["id"] for box in tree.all("input", type=kind)] == [label["for"] for label in tree.all("label")]


def test_single_box_select_and_file() -> None:
    tree = form_html("{{ forms.field(form.consent) }}{{ forms.field(form.category) }}{{ forms.field(form.photos) }}")
    assert tree.one("input", type="checkbox")["id"] == "consent"
    assert tree.one("select")["id"] == "category"
    photos = tree.one("input", type="file")
    assert photos["data-shrink"] == "1600"
    assert photos["accept"] == "image/jpeg,image/png,image/webp"
    assert photos["aria-describedby"] == "photos-hint"


def test_money_and_quantity_name_their_unit() -> None:
    tree = form_html('{{ forms.money(form.title) }}{{ forms.quantity(form.story, unit="bed") }}')
    assert tree.one("input")["inputmode"] == "decimal"
    assert tree.one("input")["aria-describedby"] == "title-unit"
    assert "yuan" in tree.text


def test_error_summary_links_every_error_to_its_control() -> None:
    form = wrong_form()
    form.form_errors.append("Both together are too much.")
    tree = form_html("{{ forms.error_summary(form) }}", form)
    assert [link["href"] for link in tree.all("a")] == ["#title", "#shown-0", "#consent", "#lines-0-item"]
    assert "Both together are too much." in tree.text
    summary = tree.one("section")
    assert summary["tabindex"] == "-1"
    assert "autofocus" in summary
    assert summary["aria-labelledby"] == tree.one("h2")["id"]


def test_no_summary_without_errors() -> None:
    assert form_html("{{ forms.error_summary(form) }}").text == ""


def test_form_element() -> None:
    tree = form_html('{% call forms.form(multipart=true) %}{{ forms.button("Send") }}{% endcall %}')
    form = tree.one("form")
    assert form["method"] == "post"
    assert form["enctype"] == "multipart/form-data"
    assert "novalidate" in form
    assert tree.one("input", name="csrf_token")["value"] == "token"


def test_post_button_carries_token_and_key() -> None:
    tree = form_html('{{ forms.post_button("/x", "Publish", key="k1") }}')
    assert tree.one("input", name="once")["value"] == "k1"
    assert tree.one("input", name="csrf_token")
    assert tree.one("form")["action"] == "/x"


NEED = {
    "url": "/zh/needs/XQ-2026-00042", "title": "Beds <3", "place": "Jinlu, Huangxi, Yanting", "category": "education",
    "state": "partly_claimed", "lines": ["2 × bed", "1 × desk", "3 days", "100"], "asked": 300, "claimed": 100,
    "delivered": 50, "urgent": True, "wanted_on": date(2026, 12, 6),
}  # fmt: skip


def test_need_card_without_photo() -> None:
    tree = render('{% import "components/cards.html" as cards %}{{ cards.need_card(need) }}', need=NEED)
    assert tree.one("a")["href"] == "/zh/needs/XQ-2026-00042"
    assert "Beds &lt;3" in tree.html
    assert tree.all("img") == []
    assert "Claimed: 33%" in tree.text
    assert "Delivered: 16%" in tree.text
    assert "and one more line" in tree.text
    assert tree.one("time")["datetime"] == "2026-12-06"
    assert tree.one("use")["href"] == "/assets/icons.svg#education"


def test_need_card_with_photo_keeps_its_place_on_the_page() -> None:
    photo = {"url": "/p.jpg", "width": 480, "height": 360, "alt": "A roof"}
    tree = render(
        '{% import "components/cards.html" as cards %}{{ cards.need_card(need) }}', need=NEED | {"photo": photo}
    )
    image = tree.one("img")
    assert (image["width"], image["height"], image["loading"], image["alt"]) == ("480", "360", "lazy", "A roof")


@pytest.mark.parametrize(
    ("asked", "claimed", "delivered", "widths"),
    [(10, 6, 2, ["600", "200"]), (0, 0, 0, ["0", "0"]), (3, 3, 3, ["1000", "1000"]), (10**11, 1, 0, ["0", "0"])],
)
def test_progress_widths(asked: int, claimed: int, delivered: int, widths: list[str]) -> None:
    source = '{% import "components/progress.html" as p %}{{ p.progress(asked, claimed, delivered) }}'
    tree = render(source, asked=asked, claimed=claimed, delivered=delivered)
    assert [bar["width"] for bar in tree.all("rect")][1:] == widths
    assert tree.one("svg")["aria-hidden"] == "true"
    assert f"Claimed: {claimed}" in tree.text


def test_progress_of_money_is_in_yuan() -> None:
    source = '{% import "components/progress.html" as p %}{{ p.line_progress(line) }}'
    tree = render(source, line={"asked": 123450, "claimed": 100, "delivered": 0, "kind": "money"})
    assert "Asked: ¥1,234.50" in tree.text


def test_amounts() -> None:
    source = '{% import "components/amounts.html" as a %}{{ a.amount(n, kind, unit) }}'
    assert render(source, n=1, kind="hours", unit="").text == "one hour"
    assert render(source, n=3, kind="goods", unit="bed").text == "3 bed"
    money = '{% import "components/amounts.html" as a %}{{ a.money(n) }}'
    assert render(money, n=123_450).text == "¥1,234.50"
    assert render(money, n=-500).text == "−¥5"  # the sign before the currency, not inside the number


@pytest.mark.parametrize("kind", ["wait", "open", "part", "full", "done", "stop", "bad", "urgent"])
def test_tag_has_a_shape_of_its_own(kind: str) -> None:
    tree = render('{% import "components/tags.html" as tags %}{{ tags.tag("Words", kind) }}', kind=kind)
    assert tree.text == "Words"
    assert tree.one("svg")["aria-hidden"] == "true"
    assert len(tree.elements) > 2


def test_unknown_state_still_has_a_badge() -> None:
    tree = render('{% import "components/tags.html" as tags %}{{ tags.state_tag("brand_new", "New") }}')
    assert tree.one("span")["class"] == "tag tag--wait"


def test_timeline_marks_now() -> None:
    events = [
        {"text": "Posted", "at": datetime(2026, 12, 4, 3, 12, tzinfo=UTC), "who": "Jinlu"},
        {"text": "On its way", "status": "now", "url": "/d"},
        {"text": "Confirmed", "status": "later", "on": date(2026, 12, 9)},
    ]
    tree = render('{% import "components/timeline.html" as t %}{{ t.timeline(events) }}', events=events)
    assert [item.get("aria-current") for item in tree.all("li")] == [None, "step", None]
    assert [time["datetime"] for time in tree.all("time")] == ["2026-12-04T11:12:00+08:00", "2026-12-09"]


def test_a_day_is_the_day_in_shanghai() -> None:
    source = '{% import "components/dates.html" as dates %}{{ dates.day(at) }}'
    assert render(source, at=datetime(2026, 12, 31, 20, 0, tzinfo=UTC)).text == "2027-01-01"
    assert render(source, at=date(2026, 12, 31)).text == "2026-12-31"
    assert render(source, at=None).elements == []


def test_steps_and_summary() -> None:
    tree = render(
        '{% import "components/steps.html" as s %}{% import "components/summary_list.html" as l %}'
        '{{ s.steps([{"title": "Check", "text": "30 minutes."}, "Thanks"]) }}'
        '{% call l.rows() %}{{ l.row("Name", "<b>", "/change") }}{% endcall %}'
    )
    assert len(tree.all("li")) == 2
    assert "&lt;b&gt;" in tree.html
    assert "Change Name" in tree.text


ROWS = """<thead><tr>
<th scope="col">Who</th><th scope="col" class="number">A &amp; "B"<span class="hidden"> c</span></th>
<th scope="col">Why</th></tr></thead>
<tbody><tr><th scope="row">Huang</th><td class="number">1</td><td></td></tr><tr><td>x</td><td>y</td><td>z</td></tr>
</tbody>"""


def table_html(options: str = "") -> Tree:
    return render(
        f'{{% import "components/tables.html" as t %}}{{% call t.table("Entries"{options}) %}}{ROWS}{{% endcall %}}'
    )


def test_table_scrolls_for_the_keyboard_too() -> None:
    region = table_html().one("div")
    assert (region["role"], region["aria-label"], region["tabindex"]) == ("region", "Entries", "0")


def test_each_cell_says_its_column() -> None:
    """The style sheet makes cards of rows on a phone; names and roles stay with the cells."""
    tree = table_html()
    labels = [cell["data-label"] for cell in tree.all("td")]
    assert labels == ['A & "B" c', "Why", "Who", 'A & "B" c', "Why"]
    assert tree.one("table")["role"] == "table"
    assert {cell["role"] for cell in tree.all("td")} == {"cell"}
    assert [head["role"] for head in tree.all("th")] == ["columnheader"] * 3 + ["rowheader"]
    assert {row["role"] for row in tree.all("tr")} == {"row"}
    assert tree.one("thead")["role"] == tree.one("tbody")["role"] == "rowgroup"


def test_narrow_table_stays_a_table() -> None:
    tree = table_html(", is_narrow=true")
    assert "cards" not in tree.one("table")["class"]
    assert "data-label" not in tree.html


def test_table_of_nothing_is_none() -> None:
    """No heading and no row: nothing to name."""
    tree = render('{% import "components/tables.html" as t %}{% call t.table("Entries") %}<tbody></tbody>{% endcall %}')
    assert tree.one("tbody")["role"] == "rowgroup"


def test_bars_are_a_table() -> None:
    rows = [{"label": "Yanting", "value": 50, "text": "¥50"}, {"label": "Santai", "value": -5, "text": "−¥5"}]
    tree = render(
        '{% import "components/charts.html" as c %}{{ c.bars("By county", "County", "Raised", rows) }}', rows=rows
    )
    assert [bar["width"] for bar in tree.all("rect")] == ["1000", "0"]
    assert len(tree.all("th", scope="row")) == 2


@pytest.mark.parametrize(
    "rows", [[], [{"label": "1", "name": "January", "a": 0, "b": 0, "a_text": "0", "b_text": "0"}]]
)
def test_months_without_money_draw_nothing_wrong(rows: list[dict[str, object]]) -> None:
    source = '{% import "components/charts.html" as c %}{{ c.months("m", "T", "D", "Month", "In", "Out", rows) }}'
    tree = render(source, rows=rows)
    assert all(bar["height"] == "0.0" for bar in tree.all("rect"))


def test_months_have_words_and_a_table() -> None:
    rows = [
        {"label": "1", "name": "January", "a": 200, "b": 50, "a_text": "¥2", "b_text": "¥0.50"},
        {"label": "2", "name": "February", "a": 100, "b": 100, "a_text": "¥1", "b_text": "¥1"},
    ]
    source = '{% import "components/charts.html" as c %}{{ c.months("m", "T", "D", "Month", "In", "Out", rows) }}'
    tree = render(source, rows=rows)
    assert tree.one("svg")["aria-labelledby"] == "m-title m-words"
    assert [bar["height"] for bar in tree.all("rect")] == ["140.0", "35.0", "70.0", "70.0"]
    assert len(tree.all("tr")) == 3


def test_filters_keep_what_was_chosen() -> None:
    counties = [{"value": "1", "label": "Yanting", "count": 3, "checked": True}, {"value": "2", "label": "Santai"}]
    townships = [{"value": "9", "label": "Huangxi", "checked": True}]
    groups = [
        {"name": "county", "legend": "County", "kind": "checkbox", "options": counties},
        {"name": "town", "legend": "Township", "kind": "select", "options": townships},
    ]
    tree = render(
        '{% import "components/filters.html" as f %}'
        '{{ f.filters(groups, "/needs", q="轮椅", active=2, keep={"sort": "new", "x": none}) }}',
        groups=groups,
    )
    assert tree.one("form")["method"] == "get"
    assert tree.one("input", name="q")["value"] == "轮椅"
    assert [box["value"] for box in tree.all("input", type="checkbox") if "checked" in box] == ["1"]
    assert tree.one("input", type="hidden")["name"] == "sort"
    assert "selected" in tree.one("option")
    assert "Filters (2 active)" in tree.text


def test_chips_and_paging() -> None:
    tree = render(
        '{% import "components/filters.html" as f %}{% import "components/paging.html" as p %}'
        '{{ f.chips([{"text": "Yanting", "url": "/needs?a"}], "/needs") }}{{ p.paging(None, "/needs?after=9") }}'
    )
    assert [link["href"] for link in tree.all("a")] == ["/needs?a", "/needs", "/needs?after=9"]
    assert "Remove the filter Yanting" in tree.text
    assert tree.one("a", rel="next")


def test_nothing_to_page_shows_nothing() -> None:
    assert render('{% import "components/paging.html" as p %}{{ p.paging() }}').elements == []


def test_notices() -> None:
    tree = render(
        '{% import "components/notices.html" as n %}{{ n.flashes() }}'
        '{% call n.notice("Title", "warn") %}<p>Body</p>{% endcall %}'
        '{% call n.empty("None") %}<p>Do this.</p>{% endcall %}'
    )
    assert tree.one("div", role="status")["class"] == "notice notice--good"
    assert tree.text == "Saved. Title Body None Do this."
