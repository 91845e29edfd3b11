"""Follow a yuan: which money an entry uses.

Money comes into an account in layers and goes out of the oldest layer first (first in, first out within the account;
a stated rule, since coins have no names). Four exceptions, each for a reason that the books can show: money leaves
suspense by the statement line that it came with; a refund, or a move to another purpose, for a claim takes what that
claim brought first; a reversal of what came in takes that money first; a reversal of what went out gives back the very
layers that were used. Money that moves to another purse keeps its origin.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, insert, select, update

from sun_commune.core.db import db, table_of
from sun_commune.core.errors import RuleBroken
from sun_commune.ledger.models import HOLDING, Account, AccountKind, Layer, Transfer, TransferKind, Use

LAYERS = table_of(Layer)
USES = table_of(Use)
CHUNK = 200
#: A donor's own money goes back, or elsewhere, before other donors' does.
CLAIMS_OWN_FIRST = (TransferKind.REFUND, TransferKind.MOVED)
#: Taken back with their own money or not at all.
TAKEN_BACK_WHOLE = (TransferKind.MATCHED, TransferKind.MOVED)


class Piece(NamedTuple):
    """So many fen that first came by the entry ``origin_id``, and now out of the layer ``parent_id``."""

    origin_id: int
    parent_id: int | None
    amount_fen: int


def follow(transfer: Transfer, debit: Account, credit: Account, reverses: Transfer | None) -> None:
    """Use layers of the account that money leaves, lay layers in the account that it enters."""
    pieces = [Piece(transfer.id, None, transfer.amount_fen)]
    if debit.kind in HOLDING:
        pieces = _take(debit, transfer, reverses)
    if credit.kind not in HOLDING:
        return
    if reverses is not None:
        _give_back(reverses, transfer)
    else:
        _lay(credit, transfer, pieces)


def _take(account: Account, transfer: Transfer, reverses: Transfer | None) -> list[Piece]:
    wanted, pieces = transfer.amount_fen, []
    for layer in _layers_to_use(account, transfer, reverses):
        part = min(wanted, layer.left_fen)
        _use(layer.id, transfer.id, part)
        pieces.append(Piece(layer.origin_id, layer.id, part))
        wanted -= part
        if not wanted:
            return pieces
    if reverses is not None and reverses.kind in TAKEN_BACK_WHOLE:
        raise RuleBroken(_l("Some of this money has been used since. Move other money instead."), field="amount_fen")
    raise RuntimeError(f"the layers of {account.key} do not hold what its entries say")


def _layers_to_use(account: Account, transfer: Transfer, reverses: Transfer | None) -> Iterable[Layer]:
    mine = select(Layer).where(Layer.account_id == account.id, Layer.left_fen > 0).order_by(Layer.id)
    if account.kind is AccountKind.SUSPENSE:
        brought = select(Transfer.id).where(Transfer.source_code == transfer.source_code)
        yield from db.session.execute(mine.where(Layer.transfer_id.in_(brought))).scalars().all()
        return
    first = _first_layers(transfer, reverses)
    own = list(db.session.execute(mine.where(first)).scalars()) if first is not None else []
    yield from own
    if reverses is not None and reverses.kind in TAKEN_BACK_WHOLE:
        return
    last = 0
    while True:
        rows = (
            db.session.execute(mine.where(Layer.id > last, Layer.id.not_in([layer.id for layer in own])).limit(CHUNK))
            .scalars()
            .all()
        )
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1].id


def _first_layers(transfer: Transfer, reverses: Transfer | None) -> ColumnElement[bool] | None:
    """Which layers come before their turn; None for none."""
    if reverses is not None:
        return Layer.transfer_id == reverses.id
    if transfer.kind in CLAIMS_OWN_FIRST and transfer.claim_code:
        brought = select(Transfer.id).where(Transfer.claim_code == transfer.claim_code)
        return Layer.transfer_id.in_(brought)
    return None


def _use(layer_id: int, transfer_id: int, amount_fen: int) -> None:
    """``amount_fen`` below zero gives back. The CHECK of the layer refuses more than is there."""
    session = db.session()
    changed = update(LAYERS).where(LAYERS.c.id == layer_id).values(left_fen=LAYERS.c.left_fen - amount_fen)
    session.execute(changed)
    session.execute(insert(USES).values(layer_id=layer_id, transfer_id=transfer_id, amount_fen=amount_fen))


def _give_back(reversed_: Transfer, transfer: Transfer) -> None:
    used = select(Use.layer_id, Use.amount_fen).where(Use.transfer_id == reversed_.id).order_by(Use.id)
    for row in db.session.execute(used).all():
        _use(row.layer_id, transfer.id, -row.amount_fen)


def _lay(account: Account, transfer: Transfer, pieces: Iterable[Piece]) -> None:
    rows = [
        {"account_id": account.id, "transfer_id": transfer.id, "origin_id": piece.origin_id,
         "parent_id": piece.parent_id, "amount_fen": piece.amount_fen,
         "left_fen": piece.amount_fen}
        for piece in pieces
    ]  # fmt: skip
    db.session().execute(insert(LAYERS), rows)
