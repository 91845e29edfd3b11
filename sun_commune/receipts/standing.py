"""How receipts stand now, read from the void register and the ledger each time.

A refund is followed to the gifts by the layers of money that it used (ledger.tracing). Coins have no names, so one rule
more: a refund that names a claim went to that claim's donor, whatever layers it used; it counts against the receipts
of that claim and of nobody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.ledger.models import Layer, Transfer, TransferKind, Use
from sun_commune.receipts.models import RECEIPTED, Receipt, ReceiptVoid
from sun_commune.receipts.states import ReceiptState


@dataclass(frozen=True)
class Refund:
    """``amount_fen`` of a gift went back to its donor by the entry ``uid``."""

    uid: str
    amount_fen: int


@dataclass(frozen=True)
class Standing:
    amount_fen: int
    void: ReceiptVoid | None = None
    refunds: tuple[Refund, ...] = ()

    @property
    def refunded_fen(self) -> int:
        return sum(refund.amount_fen for refund in self.refunds)

    @property
    def counted_fen(self) -> int:
        """What the receipt still stands for."""
        return 0 if self.void else self.amount_fen - self.refunded_fen

    @property
    def state(self) -> ReceiptState:
        if self.void:
            return ReceiptState.VOIDED
        if not self.refunds:
            return ReceiptState.VALID
        return ReceiptState.REFUNDED if self.refunded_fen >= self.amount_fen else ReceiptState.PARTLY_REFUNDED


def standings_of(receipts: Sequence[Receipt]) -> dict[int, Standing]:
    """By row id of the receipt."""
    ids = [receipt.id for receipt in receipts]
    voids = {
        void.receipt_id: void
        for void in db.session.execute(select(ReceiptVoid).where(ReceiptVoid.receipt_id.in_(ids))).scalars()
    }
    refunds = refunds_of({receipt.transfer_id for receipt in receipts})
    return {
        receipt.id: Standing(receipt.amount_fen, voids.get(receipt.id), refunds.get(receipt.transfer_id, ()))
        for receipt in receipts
    }


@dataclass
class _Gift:
    """A gift's entry with what went back of it so far, by uid of the refund."""

    claim_code: str | None
    amount_fen: int
    back: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def room(self) -> int:
        return self.amount_fen - sum(self.back.values())


def refunds_of(transfer_ids: Iterable[int]) -> dict[int, tuple[Refund, ...]]:
    """What went back of each of these gifts, by row id of their entries; gifts without a refund are left out."""
    gifts = _family(set(transfer_ids))
    if not gifts:
        return {}
    claimed = _refunds_by_claim({gift.claim_code for gift in gifts.values() if gift.claim_code})
    for root, uid, claim_code, fen in _traced(list(gifts)):
        if claim_code is None or claim_code == gifts[root].claim_code:
            gifts[root].back[uid] += int(fen)
            if claim_code is not None:
                claimed[claim_code][uid] -= int(fen)
    # What a claim's refund took out of other donors' layers is the claim's all the same: the oldest gift first.
    for gift in gifts.values():
        for uid, fen in claimed.get(gift.claim_code or "", {}).items():
            part = min(fen, gift.room)
            if part > 0:
                gift.back[uid] += part
                claimed[gift.claim_code or ""][uid] -= part
    return {
        row: tuple(Refund(uid, fen) for uid, fen in gift.back.items() if fen)
        for row, gift in gifts.items()
        if any(gift.back.values())
    }


def _family(transfer_ids: set[int]) -> dict[int, _Gift]:
    """These gifts and all others of the same claims, in the order of their entries, but for those taken back."""
    claims = select(Transfer.claim_code).where(Transfer.id.in_(transfer_ids), Transfer.claim_code.is_not(None))
    taken_back = select(Transfer.reverses_id).where(Transfer.reverses_id.is_not(None))
    statement = (
        select(Transfer.id, Transfer.claim_code, Transfer.amount_fen)
        .where(
            or_(Transfer.id.in_(transfer_ids), Transfer.claim_code.in_(claims)),
            Transfer.kind.in_(RECEIPTED),
            Transfer.kind != TransferKind.GOODS,
            Transfer.reverses_id.is_(None),
            Transfer.id.not_in(taken_back),
        )
        .order_by(Transfer.id)
    )
    return {row.id: _Gift(row.claim_code, row.amount_fen) for row in db.session.execute(statement)}


def _refunds_by_claim(claims: set[str]) -> dict[str, dict[str, int]]:
    """Fen that went back for each claim, by uid of the refund; one that was taken back itself is nothing."""
    if not claims:
        return {}
    taken_back = select(Transfer.reverses_id).where(Transfer.reverses_id.is_not(None))
    statement = select(Transfer.claim_code, Transfer.uid, Transfer.amount_fen).where(
        Transfer.kind == TransferKind.REFUND,
        Transfer.claim_code.in_(claims),
        Transfer.reverses_id.is_(None),
        Transfer.id.not_in(taken_back),
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for claim_code, uid, fen in db.session.execute(statement.order_by(Transfer.id)):
        found[str(claim_code)][uid] = fen
    return found


def _traced(roots: Sequence[int]) -> Iterator[tuple[int, str, str | None, int]]:
    """(gift's entry, refund's uid, its claim, fen): how much of the gifts' layers refunds used, however the money moved
    in between. A refund that was taken back gave back what it used and is left out."""
    chain = select(Layer.id, Layer.transfer_id.label("root")).where(Layer.transfer_id.in_(roots)).cte(recursive=True)
    chain = chain.union_all(select(Layer.id, chain.c.root).join(chain, Layer.parent_id == chain.c.id))
    back = aliased(Transfer)
    # All that used them is read, refunds are taken: asked for these alone, SQLite would first make a filter of all
    # entries.
    is_refund = and_(Transfer.kind == TransferKind.REFUND, Transfer.reverses_id.is_(None), back.id.is_(None))
    statement = (
        select(chain.c.root, Transfer.uid, Transfer.claim_code, func.sum(Use.amount_fen), is_refund)
        .join(Use, Use.layer_id == chain.c.id)
        .join(Transfer, Transfer.id == Use.transfer_id)
        .outerjoin(back, back.reverses_id == Transfer.id)
        .group_by(chain.c.root, Transfer.id, back.id)
        .order_by(chain.c.root, Transfer.uid)
    )
    for root, uid, claim_code, fen, wanted in db.session.execute(statement):
        if wanted:
            yield root, uid, claim_code, int(fen)


def entries_with_refunds() -> Select[int]:
    """Row ids of the gifts of which something may have gone back: a filter, a little too wide (a refund that was taken
    back is in it)."""
    refund = select(Transfer.id).where(Transfer.kind == TransferKind.REFUND)
    used = select(Use.layer_id).where(Use.transfer_id.in_(refund))
    above = select(Layer.id, Layer.parent_id, Layer.transfer_id).where(Layer.id.in_(used)).cte(recursive=True)
    above = above.union(select(Layer.id, Layer.parent_id, Layer.transfer_id).join(above, Layer.id == above.c.parent_id))
    claims = select(Transfer.claim_code).where(Transfer.kind == TransferKind.REFUND, Transfer.claim_code.is_not(None))
    return select(Transfer.id).where(or_(Transfer.id.in_(select(above.c.transfer_id)), Transfer.claim_code.in_(claims)))


def counted(receipts: Sequence[Receipt], standings: dict[int, Standing]) -> int:
    """Fen that these receipts still stand for."""
    return sum(standings[receipt.id].counted_fen for receipt in receipts)
