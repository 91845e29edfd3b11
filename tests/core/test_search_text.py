"""Tokens of the index and of a query meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sun_commune.core.search_text import index_text, parse_query, split_syllables


def finds(query: str, *texts: str) -> bool:
    """What both databases do: every word has some phrase standing in the index text."""
    index = f" {index_text(texts)} "
    words = parse_query(query)
    return bool(words) and all(any(f" {' '.join(phrase)} " in index for phrase in word.phrases) for word in words)


@pytest.mark.parametrize(
    "query",
    [
        "花椒",
        "椒苗",
        "花椒苗",
        "huajiao",
        "hua jiao",
        "HuaJiao",
        "hj",
        "hjm",
        "ｈｕａ",
        "300 花椒",
        "LED",
        "led路灯",
        "花",
    ],
)
def test_finds(query: str) -> None:
    assert finds(query, "花椒苗300株", "300 株", "LED路灯")


@pytest.mark.parametrize("query", ["苗花", "花苗", "黄溪", "hm", "xyz", "30"])
def test_does_not_find(query: str) -> None:
    assert not finds(query, "花椒苗300株", "LED路灯")


def test_nothing_to_search_for() -> None:
    assert parse_query(' "*()- ') == []


def test_syllables_have_several_readings() -> None:
    assert split_syllables("xian") == [["xian"], ["xi", "an"]]
    assert split_syllables("bcd") == []


@given(st.text(max_size=80))
def test_any_text_gives_plain_tokens(text: str) -> None:
    for word in parse_query(text):
        for phrase in word.phrases:
            assert all(token.isascii() and token.isalnum() for token in phrase)
    assert index_text([text]).isascii()
