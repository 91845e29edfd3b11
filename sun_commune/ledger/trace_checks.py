"""Whether layers and their uses are what the rule of ledger.tracing gives, computed anew from the entries alone.

The entries of one account after the other are played again, streamed in the order of posting, so that a large book
needs little memory. Layers and uses are read beside them in the same order and must be the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import func, literal, select, union_all

from sun_commune.core.db import db
from sun_commune.ledger.models import HOLDING, Account, AccountKind, Layer, Transfer, TransferKind, Use
from sun_commune.ledger.tracing import CLAIMS_OWN_FIRST, TAKEN_BACK_WHOLE

MOST = 50
CHUNK = 5_000


class Move(NamedTuple):
    """An entry as one account sees it: money ``comes`` or goes."""

    account_id: int
    transfer_id: int
    amount_fen: int
    comes: bool
    reverses_id: int | None
    source_code: str | None
    kind: TransferKind
    claim_code: str | None


class Laid(NamedTuple):
    id: int
    account_id: int
    transfer_id: int
    amount_fen: int
    left_fen: int


class Used(NamedTuple):
    account_id: int
    layer_id: int
    transfer_id: int
    amount_fen: int


@dataclass
class Replay:
    """One account, played again. ``left`` is fen by layer; ``waiting`` is a heap of layers that may still hold some."""

    by_source: bool
    left: dict[int, int] = field(default_factory=dict)
    waiting: list[int] = field(default_factory=list)
    laid_by: dict[object, list[int]] = field(default_factory=dict)  # entry, claim or statement line -> its layers
    used: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # entry -> (layer, fen)

    def lay(self, layer: Laid, move: Move) -> None:
        self.left[layer.id] = layer.amount_fen
        heappush(self.waiting, layer.id)
        for key in {move.source_code} if self.by_source else {layer.transfer_id, move.claim_code}:
            self.laid_by.setdefault(key, []).append(layer.id)

    def take(self, move: Move) -> list[tuple[int, int]]:
        """(layer, fen) by the rule."""
        wanted, found = move.amount_fen, []
        for layer_id in self._order(move):
            part = min(wanted, self.left[layer_id])
            if part:
                found.append((layer_id, part))
                self.left[layer_id] -= part
                wanted -= part
            if not wanted:
                break
        self.used[move.transfer_id] = found
        return found

    def _order(self, move: Move) -> Iterator[int]:
        own = move.reverses_id or (move.claim_code if move.kind in CLAIMS_OWN_FIRST else None)
        yield from self.laid_by.get(move.source_code if self.by_source else own, []) if own or self.by_source else []
        while self.waiting and not self.by_source:
            if self.left[self.waiting[0]]:
                yield self.waiting[0]
            if not self.left[self.waiting[0]]:
                heappop(self.waiting)

    def give_back(self, move: Move) -> list[tuple[int, int]]:
        found = [(layer_id, -part) for layer_id, part in self.used.get(move.reverses_id or 0, [])]
        for layer_id, part in found:
            if not self.left[layer_id]:
                heappush(self.waiting, layer_id)
            self.left[layer_id] -= part
        return found


def layers_equal_entries() -> list[str]:
    """At most MOST sentences on what is not as the rule gives it."""
    wrong: list[str] = []
    laid, used = Stream(_laid()), Stream(_used())
    suspense = db.session.execute(select(Account.id).where(Account.kind == AccountKind.SUSPENSE)).scalar()
    for account_id, moves in groupby(_moves(), key=lambda move: move.account_id):
        of_account = list(laid.take_group(account_id))
        by_entry: dict[int, list[Laid]] = {}
        for layer in of_account:
            by_entry.setdefault(layer.transfer_id, []).append(layer)
        replay, expected = Replay(by_source=account_id == suspense), list[tuple[int, int, int]]()
        for move in moves:
            wrong += _play(replay, move, by_entry, expected)
        found = [(row.layer_id, row.transfer_id, row.amount_fen) for row in used.take_group(account_id)]
        if found != expected:
            wrong.append(f"account row {account_id}: the uses of its layers are not what its entries give")
        wrong += [f"layer row {row.id} says {row.left_fen} left" for row in of_account
                  if replay.left.get(row.id) != row.left_fen]  # fmt: skip
        del wrong[MOST:]
    # To their ends: a stream that is left open keeps its cursor in the database.
    wrong += [f"layer row {row.id} belongs to no entry of its account" for row in laid]
    wrong += [f"a use of layer row {row.layer_id} belongs to no entry" for row in used]
    return wrong[:MOST]


def _play(
    replay: Replay, move: Move, by_entry: dict[int, list[Laid]], expected: list[tuple[int, int, int]]
) -> list[str]:
    if move.comes and move.reverses_id is None:
        layers = by_entry.get(move.transfer_id, [])
        for layer in layers:
            replay.lay(layer, move)
        amount = sum(layer.amount_fen for layer in layers)
        return [] if amount == move.amount_fen else [f"entry row {move.transfer_id} laid {amount} fen"]
    pieces = replay.give_back(move) if move.comes else replay.take(move)
    expected += [(layer_id, move.transfer_id, part) for layer_id, part in pieces]
    amount = abs(sum(part for _layer, part in pieces))
    return [] if amount == move.amount_fen else [f"entry row {move.transfer_id} uses {amount} fen"]


class Stream:
    """Rows in the order of their account; ``take_group`` gives those of one account, passing by lower ones never."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def take_group(self, account_id: int) -> Iterator[Any]:
        while self._next is not None and self._next.account_id == account_id:
            row, self._next = self._next, next(self._rows, None)
            yield row

    def __iter__(self) -> Iterator[Any]:
        while self._next is not None:
            row, self._next = self._next, next(self._rows, None)
            yield row


def _moves() -> Iterator[Move]:
    columns = (Transfer.id, Transfer.amount_fen)
    rest = (Transfer.reverses_id, Transfer.source_code, Transfer.kind, Transfer.claim_code)
    sides = [
        select(account.label("account_id"), *columns, literal(value=comes).label("comes"), *rest)
        .join(Account, Account.id == account)
        .where(Account.kind.in_(HOLDING))
        for account, comes in ((Transfer.credit_id, True), (Transfer.debit_id, False))
    ]
    both = union_all(*sides).subquery()
    rows = db.session.execute(
        select(both).order_by(both.c.account_id, both.c.id), execution_options={"yield_per": CHUNK}
    )
    return (Move(*row) for row in rows)


def _laid() -> Iterator[Laid]:
    statement = select(Layer.id, Layer.account_id, Layer.transfer_id, Layer.amount_fen, Layer.left_fen)
    statement = statement.order_by(Layer.account_id, Layer.id)
    return (Laid(*row) for row in db.session.execute(statement, execution_options={"yield_per": CHUNK}))


def _used() -> Iterator[Used]:
    statement = select(Layer.account_id, Use.layer_id, Use.transfer_id, Use.amount_fen)
    statement = statement.join(Layer, Layer.id == Use.layer_id).order_by(Layer.account_id, Use.id)
    return (Used(*row) for row in db.session.execute(statement, execution_options={"yield_per": CHUNK}))


def origins_are_gifts() -> list[str]:
    """A layer's origin is an entry by which money came from outside; a moved layer keeps its parent's."""
    parent = select(Layer).subquery()
    lost = (
        select(Layer.id)
        .outerjoin(parent, parent.c.id == Layer.parent_id)
        .where(
            func.coalesce(parent.c.origin_id, Layer.transfer_id) != Layer.origin_id,
        )
        .limit(MOST)
    )
    return [f"layer row {row} names another origin" for row in db.session.execute(lost).scalars()]


def taken_back_whole() -> list[str]:
    """A reversed move or match took its own layers alone, so that no fen stands in two places."""
    statement = (
        select(Transfer.uid)
        .join(Use, Use.transfer_id == Transfer.id)
        .join(Layer, Layer.id == Use.layer_id)
        .where(
            Transfer.reverses_id.is_not(None),
            Transfer.kind.in_(TAKEN_BACK_WHOLE),
            Use.amount_fen > 0,
            Layer.transfer_id != Transfer.reverses_id,
        )
        .distinct()
        .limit(MOST)
    )
    return [f"{uid} took back other money than it moved" for uid in db.session.execute(statement).scalars()]
