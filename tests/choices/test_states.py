"""The table of states in docs/choices.md, the services and the database say the same."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import exc, text

from sun_commune.choices.events import ChoiceEvent, ChoiceMoved
from sun_commune.choices.models import Choice, ChoiceState
from sun_commune.choices.services.rows import tell
from sun_commune.choices.states import MOVES
from sun_commune.core.db import db, transaction
from tests.cast import Cast
from tests.choices.world import left_over
from tests.ledger import books

ROOT = Path(__file__).parents[2]


def documented() -> dict[str, tuple[str | None, str]]:
    """Event -> (from, to) of the table."""
    rows = (ROOT / "docs/choices.md").read_text(encoding="utf-8").partition("| From |")[2].split("\n\n")[0]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()[2:]]
    return {what.partition(":")[0]: (None if before == "–" else before, after) for before, what, after in cells}


def test_the_table_is_what_the_code_obeys() -> None:
    assert documented() == {kind.__name__: move for kind, move in MOVES.items()}


def test_each_event_has_its_move() -> None:
    assert set(MOVES) == set(ChoiceEvent.__subclasses__())


def test_services_tell_no_other_move(cast: Cast) -> None:
    _need, _claim, choice = left_over(cast)
    with pytest.raises(RuntimeError, match="leads to done, not to open"), transaction():
        tell(ChoiceMoved, db.session.get_one(Choice, choice.id), actor_id=None)


#: What a row needs to say besides its state, so that only the move itself can be wrong.
SAYS: dict[ChoiceState, str] = {
    ChoiceState.OPEN: "route = NULL, decided_at = NULL, payer_id = NULL, bank_reference = NULL, paid_on = NULL, "
    "ended_at = NULL, transfer_uid = NULL, checker_id = NULL",
    ChoiceState.CHOSEN: "route = 'refund', decided_at = opened_at, payer_id = NULL, bank_reference = NULL, "
    "paid_on = NULL, ended_at = NULL, transfer_uid = NULL, checker_id = NULL",
    ChoiceState.PAID_OUT: "route = 'refund', decided_at = opened_at, payer_id = {payer}, bank_reference = '{code}', "
    "paid_on = due_on, ended_at = NULL, transfer_uid = NULL, checker_id = NULL",
    ChoiceState.LAPSED: "route = NULL, decided_at = NULL, payer_id = NULL, bank_reference = NULL, paid_on = NULL, "
    "ended_at = opened_at, transfer_uid = NULL, checker_id = NULL",
    ChoiceState.DONE: "route = COALESCE(route, 'pool'), decided_at = COALESCE(decided_at, opened_at), "
    "ended_at = opened_at, transfer_uid = COALESCE(transfer_uid, 'ZM{code}'), "
    "checker_id = CASE WHEN state = 'paid_out' THEN {checker} ELSE checker_id END",
    ChoiceState.UNDONE: "route = COALESCE(route, 'pool'), decided_at = COALESCE(decided_at, opened_at), "
    "ended_at = opened_at, transfer_uid = COALESCE(transfer_uid, 'ZM{code}')",
}


@pytest.mark.usefixtures("book_checks_alone")
def test_the_database_makes_the_same_moves_and_no_other(cast: Cast) -> None:
    """Each state to each other one, by hand."""
    people = {"payer": cast.treasurer.id, "checker": cast.second_treasurer.id}
    db.session.rollback()
    made = {
        (before, after)
        for before, after in product(ChoiceState, ChoiceState)
        if before is not after and passes(before, after, people)
    }
    listed = {(before, after) for before, after in MOVES.values() if before and before is not after}
    assert made == listed


WAYS: dict[ChoiceState, tuple[ChoiceState, ...]] = {
    ChoiceState.OPEN: (),
    ChoiceState.CHOSEN: (ChoiceState.CHOSEN,),
    ChoiceState.PAID_OUT: (ChoiceState.CHOSEN, ChoiceState.PAID_OUT),
    ChoiceState.LAPSED: (ChoiceState.LAPSED,),
    ChoiceState.DONE: (ChoiceState.DONE,),
    ChoiceState.UNDONE: (ChoiceState.DONE, ChoiceState.UNDONE),
}


def passes(before: ChoiceState, after: ChoiceState, people: dict[str, int]) -> bool:
    """Whether a choice that was brought to ``before`` may be made ``after``."""
    with transaction(audited=False):
        code = books.decided(amount_fen=1, need_code=books.NEED, only=ChoiceState.OPEN)

    def step(state: ChoiceState) -> None:
        said = SAYS[state].format(code=code, **people)
        with db.engine.begin() as connection:
            connection.execute(
                text(f"UPDATE choices SET state = '{state.value}', {said} WHERE code = '{code}'")  # noqa: S608
            )

    for state in WAYS[before]:
        step(state)
    try:
        step(after)
    except exc.IntegrityError:
        return False
    return True
