"""The supermarket: every filter, every page, search in Chinese and pinyin, empty results, bad addresses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from sun_commune.core.clock import today
from sun_commune.needs.models import Category, LineKind, Subject, Urgency
from sun_commune.portal import catalogue, catalogue_counts
from sun_commune.portal.catalogue import Card, Filters, read_filters
from tests import factories
from tests.cast import JINLU, YANGWUGOU, Cast


@pytest.fixture
def stock(app: Flask, cast: Cast) -> None:
    """Seven needs that differ in every filter."""
    day = today()
    household = factories.make_household(cast)
    factories.make_need(cast, title="过冬想要一床电热毯", household=household, urgency=Urgency.URGENT)
    factories.make_need(cast, title="村道要装几盏路灯", category=Category.INFRASTRUCTURE, wanted_on=day + timedelta(30))
    factories.make_need(cast, title="请人教花椒的修剪", category=Category.PRODUCTION_TECHNOLOGY,
                        lines=[factories.EXPERT_DAYS], wanted_on=day + timedelta(days=10))  # fmt: skip
    factories.make_need(cast, title="花椒采收时缺帮手", category=Category.INDUSTRIAL_PROJECT,
                        lines=[factories.HARVEST_HOURS, factories.FERTILISER_MONEY], urgency=Urgency.SOON)  # fmt: skip
    for number in range(3):
        factories.make_need(cast, title=f"坡地第{number}块缺花椒苗", village=YANGWUGOU,
                            category=Category.INDUSTRIAL_PROJECT)  # fmt: skip


def titles(filters: Filters, size: int = 20, few: bool = False) -> list[str]:
    """Titles of all pages, walked forward; ``few`` has them looked up as a few."""
    found: list[Card] = []
    after = ""
    while True:
        page = catalogue.find_page(filters, after=after, size=size, few=few)
        found += page.rows
        after = page.after
        if not after:
            return [card.title for card in found]


CHOICES = [
    Filters(), Filters(county=JINLU[:6]), Filters(county=YANGWUGOU[:6]), Filters(county=JINLU[:6], township=JINLU[:9]),
    Filters(category=Category.INDUSTRIAL_PROJECT), Filters(kind=LineKind.HOURS), Filters(kind=LineKind.GOODS),
    Filters(subject=Subject.HOUSEHOLD), Filters(urgency="3"), Filters(open=False),
    Filters(county=JINLU[:6], category=Category.INDUSTRIAL_PROJECT, kind=LineKind.MONEY, urgency="2"),
]  # fmt: skip


@pytest.mark.usefixtures("stock")
class TestList:
    @pytest.mark.parametrize("filters", CHOICES, ids=str)
    @pytest.mark.parametrize("sort", list(catalogue.SORTS))
    def test_pages_show_each_need_once_and_count_is_right(self, filters: Filters, sort: str) -> None:
        filters = Filters(**{**vars(filters), "sort": sort})
        whole = titles(filters)
        assert len(whole) == len(set(whole)) == catalogue_counts.count(filters).total
        assert titles(filters, size=2) == whole
        assert titles(filters, size=2, few=True) == whole

    @pytest.mark.parametrize("few", [False, True])
    def test_back_from_the_end_is_the_way_there(self, few: bool) -> None:
        filters = Filters(open=False, sort="urgent")
        first = catalogue.find_page(filters, size=3, few=few)
        last = catalogue.find_page(filters, after=first.after, size=3, few=few)
        back = catalogue.find_page(filters, before=last.before, size=3, few=few)
        assert list(back.rows) == list(first.rows)

    def test_going_back_shows_the_page_before(self) -> None:
        first = catalogue.find_page(Filters(), size=3)
        second = catalogue.find_page(Filters(), after=first.after, size=3)
        back = catalogue.find_page(Filters(), before=second.before, size=3)
        assert list(back.rows) == list(first.rows)
        assert (back.after, back.before) == (first.after, "")

    def test_orders(self) -> None:
        assert titles(Filters(sort="urgent"))[0] == "过冬想要一床电热毯"
        assert titles(Filters(sort="deadline"))[:2] == ["请人教花椒的修剪", "村道要装几盏路灯"]
        assert titles(Filters())[0] == "坡地第2块缺花椒苗"

    def test_counts_say_what_another_choice_would_give(self) -> None:
        chosen = Filters(category=Category.INDUSTRIAL_PROJECT, county=JINLU[:6])
        counts = catalogue_counts.count(chosen)
        for kind in LineKind:
            wanted = len(titles(Filters(category=chosen.category, county=chosen.county, kind=kind)))
            assert counts.by["kind"].get(kind.value, 0) == wanted, kind
        for category in Category:
            wanted = len(titles(Filters(category=category, county=chosen.county)))
            assert counts.by["category"].get(category.value, 0) == wanted, category

    @pytest.mark.parametrize(
        ("query", "number"),
        [("花椒", 5), ("花椒苗", 3), ("huajiao", 5), ("hua jiao miao", 3), ("hjm", 3), ("路灯", 1), ("金禄", 3),
         ("前锋镇", 3), ("三台", 3), ("电热毯", 5), ("XQ", 7), ("没有的词", 0), ("!!!", 0), ("花椒 金禄", 2)],
    )  # fmt: skip
    def test_search(self, query: str, number: int) -> None:
        assert len(titles(Filters(q=query))) == number
        assert len(titles(Filters(q=query), size=2)) == number

    def test_search_within_filters(self) -> None:
        assert titles(Filters(q="花椒", county=JINLU[:6], kind=LineKind.SERVICE)) == ["请人教花椒的修剪"]

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_page_shows_cards_counts_and_chips(self, client: FlaskClient, lang: str) -> None:
        html = client.get(f"/{lang}/needs?county={JINLU[:6]}&kind=goods").get_data(as_text=True)
        assert html.count('<article class="card">') == 2
        assert "过冬想要一床电热毯" in html
        assert "坡地" not in html
        assert html.count("?kind=goods") >= 1  # the chip that drops the county

    def test_nothing_found_says_what_to_do(self, client: FlaskClient) -> None:
        html = client.get("/en/needs?q=nothing").get_data(as_text=True)
        assert "No need fits what you chose" in html
        assert "See all open needs" in html

    def test_three_statements_whatever_the_filters(self, app: Flask, client: FlaskClient) -> None:
        from sqlalchemy import event

        from sun_commune.core.db import db

        client.get("/zh/needs")  # names of places are read once per process
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        client.get(f"/zh/needs?county={JINLU[:6]}&sort=urgent")
        event.remove(db.engine, "before_cursor_execute", note)
        wanted = [statement for statement in seen if statement.startswith("SELECT")]
        about_places = [statement for statement in wanted if "place" in statement and "need" not in statement]
        assert len(wanted) - len(about_places) == 3
        assert len(about_places) <= 1


@given(st.dictionaries(st.sampled_from(sorted(vars(Filters()))), st.text(max_size=70)))
def test_any_address_is_read_without_error(args: dict[str, str]) -> None:
    filters = read_filters(MultiDict(args))
    assert len(filters.q) <= 60
    assert filters.sort in catalogue.SORTS
    assert not filters.township or filters.township.startswith(filters.county)
    assert read_filters(MultiDict(filters.query_args())) == filters


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=" + "9" * 60, "before=-1", "q=" + "%22" * 60, "q=a&after=99999999999999999999", "county=%01",
     "urgency=9&kind=gold&subject=me&category=%F0%9F%98%80", "sort=DROP", "after=1&before=1"],
)  # fmt: skip
def test_bad_addresses_are_no_error(client: FlaskClient, query: str) -> None:
    assert client.get(f"/zh/needs?{query}").status_code == 200


def test_empty_supermarket(client: FlaskClient) -> None:
    html = client.get("/en/needs").get_data(as_text=True)
    assert "every published need has been taken on" in html
