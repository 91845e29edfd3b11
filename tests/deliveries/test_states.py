"""The table of moves: complete in the documentation, and the only moves that the services make."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sun_commune.core.clock import now, today
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken, SunError
from sun_commune.deliveries import services
from sun_commune.deliveries.models import Condition, Delivery, DeliveryMethod, DeliveryState, Settlement, ValueBasis
from sun_commune.deliveries.states import MOVES, DeliveryAct, Party, find_move, table_rows
from sun_commune.needs.models import LineKind, Subject
from tests.cast import Cast
from tests.deliveries.world import in_transaction, line_of, promise, state

DOCUMENT = Path(__file__).parents[2] / "docs" / "deliveries.md"
S, A, P = DeliveryState, DeliveryAct, Party
KINDS = {LineKind.MONEY: 1, LineKind.GOODS: 0, LineKind.HOURS: 3}


def test_document_shows_the_table() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("| \n").split("|"))
        for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| (money|goods|service)", line)
    ]
    assert rows == table_rows()


def test_every_state_is_reached_and_every_act_used() -> None:
    assert {move.target for move in MOVES} == set(DeliveryState)
    assert {move.act for move in MOVES} == set(DeliveryAct)


def test_no_act_is_ambiguous() -> None:
    for kind in LineKind:
        for act in DeliveryAct:
            for party in Party:
                for source in [None, *DeliveryState]:
                    fitting = [
                        move for move in MOVES
                        if (move.act, move.party) == (act, party) and kind in move.kinds and source in move.sources
                    ]  # fmt: skip
                    assert len(fitting) <= 1


def _settle(outcome: Settlement) -> Callable[..., Any]:
    def act(actor: Any, delivery: Delivery) -> Any:
        return services.settle_dispute(
            actor, delivery, outcome=outcome, text="县里这样认定", quantity=1, value_fen=100,
            value_basis=ValueBasis.MARKET,
        )  # fmt: skip

    return act


#: How each act on an existing delivery is done, and by whom.
ACTS: dict[tuple[DeliveryAct, Party], tuple[str, Callable[..., Any]]] = {
    (A.RECEIVE, P.VILLAGE): (
        "secretary", lambda who, row: services.receive_goods(who, row, quantity=1, condition=Condition.GOOD)
    ),
    (A.ACCEPT, P.VILLAGE): (
        "secretary",
        lambda who, row: services.accept_goods(
            who, row, quantity=1, value_fen=100, value_basis=ValueBasis.MARKET, accepted_for=Subject.VILLAGE
        ),
    ),
    (A.MARK_DONE, P.DONOR): ("donor", services.mark_done),
    (A.CONFIRM, P.VILLAGE): ("secretary", lambda who, row: services.confirm_work(who, row, quantity=1)),
    (A.CANCEL, P.DONOR): ("donor", services.cancel_delivery),
    (A.DISPUTE, P.DONOR): ("donor", lambda who, row: services.dispute_delivery(who, row, reason="有问题要说明")),
    (A.DISPUTE, P.VILLAGE): ("secretary", lambda who, row: services.dispute_delivery(who, row, reason="有问题要说明")),
    (A.DISPUTE, P.TREASURER): (
        "treasurer", lambda who, row: services.dispute_delivery(who, row, reason="没有看到款项")
    ),
    (A.UPHOLD, P.COUNTY): ("administrator", _settle(Settlement.ACCEPTED)),
    (A.SEND_BACK, P.COUNTY): ("administrator", _settle(Settlement.RETURNED)),
}  # fmt: skip


def _row_in(cast: Cast, kind: LineKind, source: DeliveryState) -> Delivery:
    """A delivery put into ``source`` by hand, with what such a row holds and nothing counted."""
    claim = promise(cast, *(1 if number == KINDS[kind] else 0 for number in range(4)), donor=cast.donor)
    secretary_id, donor_id = cast.secretary.id, cast.donor.id
    later = source in {S.RECEIVED, S.ACCEPTED, S.CONFIRMED, S.DISPUTED}
    row = Delivery(
        code=f"SD{kind.value}{source.value}"[:20], claim_line_id=line_of(claim).id, need_id=claim.need_id,
        state=source, method=DeliveryMethod.FACE_TO_FACE, quantity=1, sent_by=donor_id, sent_at=now(),
        planned_on=today() + timedelta(days=1), received_quantity=1 if later else None,
        received_by=secretary_id if later else None, condition=Condition.GOOD if later else None,
    )  # fmt: skip
    with transaction(audited=False) as session:
        session.add(row)
    return row


@pytest.mark.parametrize("source", list(DeliveryState))
@pytest.mark.parametrize("kind", list(KINDS))
def test_services_make_the_moves_of_the_table_and_no_other(
    cast: Cast, database_kind: str, kind: LineKind, source: DeliveryState
) -> None:
    """Every act on every state of every kind: it succeeds exactly when the table allows it."""
    row = _row_in(cast, kind, source)
    people = {name: getattr(cast, name) for name, _act in ACTS.values()}
    for (act, party), (name, do) in ACTS.items():
        move = find_move(act, party, kind, source)
        if move is None:
            with pytest.raises((Conflict, NotAllowed, RuleBroken)):
                in_transaction(do, people[name], row)
            assert state(row) is source, (act, party)
        else:
            outcome = _try(do, people[name], row)
            assert outcome == move.target.value, (act, party)
            assert state(row) is source, "the trial was rolled back"


class _RolledBack(Exception):
    pass


def _try(do: Callable[..., Any], actor: Any, row: Delivery) -> str:
    """The state that an act leads to; everything is rolled back afterwards."""
    reached = ""
    try:
        with transaction():
            do(actor, row)
            reached = row.state.value
            raise _RolledBack
    except _RolledBack:
        return reached
    except SunError as error:
        return f"{type(error).__name__}: {error}"
