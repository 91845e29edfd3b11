"""The one table of a delivery's states, for code, tests and docs/deliveries.md (a test compares).

Each kind of line has a way of its own; all share cancelling, disputes and thanks. A source of None: the act
begins a delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sun_commune.deliveries.models import DeliveryState
from sun_commune.needs.models import LineKind

S = DeliveryState

MONEY = frozenset({LineKind.MONEY})
GOODS = frozenset({LineKind.GOODS})
WORK = frozenset({LineKind.SERVICE, LineKind.HOURS})
ALL = MONEY | GOODS | WORK

#: Under way: the quantity cannot be sent a second time.
UNDER_WAY = frozenset({S.REPORTED, S.IN_TRANSIT, S.RECEIVED, S.AGREED, S.DONE})
#: It counts as delivered.
COUNTED = frozenset({S.PAID, S.ACCEPTED, S.CONFIRMED})


class DeliveryAct(StrEnum):
    REPORT = "report"
    RECORD = "record"
    SEND = "send"
    RECEIVE = "receive"
    ACCEPT = "accept"
    AGREE = "agree"
    MARK_DONE = "mark_done"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    SEND_BACK = "send_back"
    REVERSE = "reverse"
    MOVE = "move"


class Party(StrEnum):
    """Who does an act: the giving side, the receiving side (village; for money the charity's treasurer), or the
    county that settles; the system follows a reversal in the ledger, drops reports
    of transfers that an arrival has answered, and counts money that moved here from another purpose."""

    DONOR = "donor"
    VILLAGE = "village"
    TREASURER = "treasurer"
    COUNTY = "county"
    SYSTEM = "system"


@dataclass(frozen=True)
class Move:
    """``act`` by ``party`` takes a delivery of one of ``kinds`` from any of ``sources`` to ``target``."""

    act: DeliveryAct
    party: Party
    kinds: frozenset[LineKind]
    sources: frozenset[DeliveryState | None]
    target: DeliveryState


def _move(
    act: DeliveryAct,
    party: Party,
    kinds: frozenset[LineKind],
    sources: set[DeliveryState | None] | set[DeliveryState] | set[None],
    target: DeliveryState,
) -> Move:
    return Move(act, party, kinds, frozenset(sources), target)


A, P = DeliveryAct, Party

MOVES: tuple[Move, ...] = (
    _move(A.REPORT, P.DONOR, MONEY, {None}, S.REPORTED),
    _move(A.RECORD, P.TREASURER, MONEY, {None, S.REPORTED}, S.PAID),
    _move(A.MOVE, P.SYSTEM, MONEY, {None}, S.PAID),
    _move(A.CANCEL, P.DONOR, MONEY, {S.REPORTED}, S.CANCELLED),
    _move(A.CANCEL, P.SYSTEM, MONEY, {S.REPORTED, S.DISPUTED}, S.CANCELLED),
    _move(A.DISPUTE, P.DONOR, MONEY, {S.REPORTED}, S.DISPUTED),
    _move(A.DISPUTE, P.TREASURER, MONEY, {S.REPORTED}, S.DISPUTED),
    _move(A.RECORD, P.TREASURER, MONEY, {S.DISPUTED}, S.PAID),
    _move(A.SEND, P.DONOR, GOODS, {None}, S.IN_TRANSIT),
    _move(A.CANCEL, P.DONOR, GOODS, {S.IN_TRANSIT}, S.CANCELLED),
    _move(A.RECEIVE, P.VILLAGE, GOODS, {S.IN_TRANSIT}, S.RECEIVED),
    _move(A.ACCEPT, P.VILLAGE, GOODS, {S.RECEIVED}, S.ACCEPTED),
    _move(A.DISPUTE, P.DONOR, GOODS, {S.IN_TRANSIT, S.RECEIVED, S.ACCEPTED}, S.DISPUTED),
    _move(A.DISPUTE, P.VILLAGE, GOODS, {S.IN_TRANSIT, S.RECEIVED, S.ACCEPTED}, S.DISPUTED),
    _move(A.UPHOLD, P.COUNTY, GOODS, {S.DISPUTED}, S.ACCEPTED),
    _move(A.AGREE, P.DONOR, WORK, {None}, S.AGREED),
    _move(A.CANCEL, P.DONOR, WORK, {S.AGREED}, S.CANCELLED),
    _move(A.MARK_DONE, P.DONOR, WORK, {S.AGREED}, S.DONE),
    _move(A.CONFIRM, P.VILLAGE, WORK, {S.DONE}, S.CONFIRMED),
    _move(A.DISPUTE, P.DONOR, WORK, {S.AGREED, S.DONE, S.CONFIRMED}, S.DISPUTED),
    _move(A.DISPUTE, P.VILLAGE, WORK, {S.AGREED, S.DONE, S.CONFIRMED}, S.DISPUTED),
    _move(A.UPHOLD, P.COUNTY, WORK, {S.DISPUTED}, S.CONFIRMED),
    _move(A.SEND_BACK, P.COUNTY, ALL, {S.DISPUTED}, S.CANCELLED),
    _move(A.REVERSE, P.SYSTEM, MONEY, {S.PAID}, S.CANCELLED),
    _move(A.REVERSE, P.SYSTEM, GOODS, {S.ACCEPTED, S.DISPUTED}, S.CANCELLED),
)


def find_move(act: DeliveryAct, party: Party, kind: LineKind, source: DeliveryState | None) -> Move | None:
    """The move that lets ``party`` do ``act`` on a delivery of ``kind`` in ``source``; None if it may not."""
    for move in MOVES:
        if move.act is act and move.party is party and kind in move.kinds and source in move.sources:
            return move
    return None


def table_rows() -> list[tuple[str, str, str, str, str]]:
    """The table as docs/deliveries.md shows it: kinds, act, by whom, from, to."""
    order = list(DeliveryState)
    kinds = list(LineKind)
    rows = []
    for move in MOVES:
        sources = sorted(move.sources, key=lambda state: -1 if state is None else order.index(state))
        rows.append(
            (
                ", ".join(kind.value for kind in kinds if kind in move.kinds),
                move.act.value,
                move.party.value,
                ", ".join(state.value if state else "(new)" for state in sources),
                move.target.value,
            )
        )
    return rows
