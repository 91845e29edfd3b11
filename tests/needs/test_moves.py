"""The table of moves, walked in full: every act by every side in every state."""

from sun_commune.core.db import db
from sun_commune.needs.states import NeedState
from tests.cast import YANGWUGOU, Cast
from tests.factories import ROUTES, make_household, make_need


def test_factories_reach_every_state_of_the_offices(cast: Cast) -> None:
    household = make_household(cast)
    for state in ROUTES:
        need = make_need(cast, state=state, household=household)
        assert need.state is state
        assert [change.to_state for change in need.changes][-1:] == ([state] if state is not NeedState.DRAFT else [])
    elsewhere = make_need(cast, village=YANGWUGOU)
    assert (elsewhere.is_listed, elsewhere.is_open, elsewhere.county_code) == (True, True, "510722")
    db.session.rollback()
