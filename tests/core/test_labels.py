"""Words for enums are complete, or the start fails."""

from enum import StrEnum

import pytest

from sun_commune.core import labels


class Day(StrEnum):
    REST = "rest"
    WORK = "work"


class Place(StrEnum):
    REST = "rest"


def test_words_by_member() -> None:
    labels.register({Day.REST: "a day off", Day.WORK: "a working day"})
    labels.register({Place.REST: "a bench"})
    assert labels.label(Day.REST) == "a day off"
    assert labels.label(Place.REST) == "a bench"
    assert labels.label(None) == ""


def test_two_enums_with_one_value_in_one_dict_are_refused() -> None:
    class Other(StrEnum):
        REST = "rest"
        REMOVED = "removed"

    class Meal(StrEnum):
        REST = "rest"

    with pytest.raises(RuntimeError, match=r"Meal|Other"):
        labels.register({Other.REMOVED: "gone", Meal.REST: "leftovers", Other.REST: "silence"})
