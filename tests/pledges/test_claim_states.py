"""One table of moves: the documents show it, the code obeys it, every state has words."""

from pathlib import Path

import pytest
from flask import Flask

import sun_commune
from sun_commune.core import labels
from sun_commune.core.errors import Conflict
from sun_commune.pledges import events
from sun_commune.pledges.labels import donor_words, reason_words
from sun_commune.pledges.models import UNVERIFIED_MARK, ClaimState, EndReason
from sun_commune.pledges.services.rows import change_claim, lock_claim
from sun_commune.pledges.states import MOVES, may_move
from tests.cast import Cast
from tests.pledges.world import hold, publish_need


def test_documents_show_the_table() -> None:
    text = (Path(sun_commune.__file__).parent.parent / "docs" / "claims.md").read_text(encoding="utf-8")
    rows = [f"| {move.source or '–'} | {move.event.__name__} | {move.target} |" for move in MOVES]
    assert "| From | Event | To |\n|---|---|---|\n" + "\n".join(rows) + "\n\n" in text


def test_every_event_of_claims_is_in_the_table() -> None:
    assert set(events.ClaimEvent.__subclasses__()) == {move.event for move in MOVES}


def test_a_move_that_is_not_listed_is_refused(app: Flask, cast: Cast) -> None:
    claim = hold(cast.donor, publish_need(cast), 1)
    assert not may_move(ClaimState.HELD, ClaimState.FULFILLED)
    with pytest.raises(Conflict):
        change_claim(lock_claim(claim.id), state=ClaimState.FULFILLED)


def test_ends_and_donors_have_words(app: Flask) -> None:
    with app.test_request_context("/en/"):
        app.preprocess_request()
        assert {labels.label(state) for state in ClaimState} == {
            "Being checked", "Pledged", "Fulfilled", "Cancelled", "Released",
        }  # fmt: skip
        assert all(reason_words(reason) != reason for reason in EndReason)
        assert reason_words("家里有急事") == "家里有急事"
        assert donor_words("") == "A donor who wishes to stay unnamed"
        assert donor_words("张**") == "张**"
        assert donor_words(f"涪江电器{UNVERIFIED_MARK}") == "涪江电器 (not verified)"
