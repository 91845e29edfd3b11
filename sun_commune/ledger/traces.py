"""Follow a yuan both ways: what became of the money that an entry brought, and whose money an entry used.

All of it is read from the layers and their uses (ledger.tracing says by which rule they are made). Both ways the fen
add up to the whole entry: what a layer held is left in it, or was used by an entry. What moved on to another fund is
not counted where it left but where it came to. A reversal takes the layers of what it reverses, or gives them back, so
uses are summed together with those of their reversals.

``Part`` and ``Source`` are lists of a page's size, read by key; ``Fate`` and the sums of sources are of everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, func, or_, select, union_all
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.ledger.models import Account, AccountKind, Layer, Transfer, TransferKind, Use
from sun_commune.ledger.papers import SpendingCategory, Voucher
from sun_commune.ledger.sums import GIVER_FACET

K = TransferKind
PAGE_SIZE = 50
#: By these money comes to a purse and is somebody's gift.
GIFTS = (K.GIFT, K.MATCHED)
#: By these money only goes on to another account, where its layers are.
PASSED_ON = (K.MATCHED, K.MOVED)
#: By these money comes in, so that a use of a layer by one of them is a reversal.
CAME = (K.GIFT, K.UNMATCHED)
#: Entries of which both ways can be told.
TRACED = (K.GIFT, K.UNMATCHED, K.MATCHED, K.SENT_BACK, K.MOVED, K.REFUND, K.SPENDING, K.SETTLED)


@dataclass(frozen=True)
class Fate:
    """What became of an entry's money, in fen. ``advanced`` is the part of ``held`` that was handed out: those layers
    of a fund that will be used first. ``unmatched`` lies in suspense, ``taken_back`` left by reversals of gifts."""

    spent: int = 0
    held: int = 0
    advanced: int = 0
    unmatched: int = 0
    refunded: int = 0
    taken_back: int = 0

    @property
    def whole(self) -> int:
        return self.spent + self.held + self.unmatched + self.refunded + self.taken_back


@dataclass(frozen=True)
class Resting:
    """``left_fen`` lie in the fund of ``need_code`` ("" = the pool; None = not matched yet), ``advanced_fen`` of it
    handed out."""

    need_code: str | None
    left_fen: int
    advanced_fen: int = 0


@dataclass(frozen=True)
class Part:
    """``amount_fen`` of the money went out by the entry ``transfer_id``."""

    transfer_id: int
    kind: TransferKind
    amount_fen: int


@dataclass(frozen=True)
class Source:
    """``amount_fen`` came by the gift ``transfer_id`` (None: from money that nobody had matched)."""

    transfer_id: int
    amount_fen: int


def transfer_id_of(uid: str) -> int | None:
    return db.session.execute(select(Transfer.id).where(Transfer.uid == uid)).scalar_one_or_none()


# Forward: the layers that an entry laid, and those of other accounts to which their money went on.


def _descendants(transfer_ids: Sequence[int]) -> CTE:
    """Layers of the entries (``root``) and all that came out of them. Those of an entry that was reversed are among
    them: what they held went back by the reversal."""
    # What is left of each comes along: looked up afterwards, SQLite would read all layers first.
    first = (
        select(Layer.id, Layer.transfer_id.label("root"), Layer.account_id, Layer.left_fen)
        .where(Layer.transfer_id.in_(transfer_ids))
        .cte("followed", recursive=True)
    )
    child = aliased(Layer)
    next_ones = select(child.id, first.c.root, child.account_id, child.left_fen)
    return first.union_all(next_ones.join(first, child.parent_id == first.c.id))


def _ends_here(followed: CTE, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """The use does not only hand the money on to another account; or it takes back the very entry that is followed.

    ``more`` conditions stand in both halves: as conditions on the entry alone SQLite would first make a filter of all
    entries for them.
    """
    takes_back = Transfer.reverses_id == followed.c.root
    return or_(and_(Transfer.kind.not_in(PASSED_ON), *more), and_(takes_back, *more))


def fates(transfer_ids: Sequence[int]) -> dict[int, Fate]:
    """Row id of each entry that brought money -> what became of all of it; a handful of statements for all."""
    return _fates(transfer_ids, _resting(transfer_ids)) if transfer_ids else {}


def fate_of(transfer_id: int) -> tuple[Fate, list[Resting]]:
    """What became of one entry's money, and where what is left of it lies."""
    resting = _resting([transfer_id])
    return _fates([transfer_id], resting)[transfer_id], resting.get(transfer_id, [])


def _fates(transfer_ids: Sequence[int], resting: dict[int, list[Resting]]) -> dict[int, Fate]:
    found: dict[int, dict[str, int]] = {transfer_id: {} for transfer_id in transfer_ids}
    for root, name, fen in _sums_of_uses(transfer_ids):
        found[root][name] = found[root].get(name, 0) + fen
    for root, places in resting.items():
        waiting = sum(place.left_fen for place in places if place.need_code is None)
        found[root]["unmatched"] = waiting
        found[root]["held"] = sum(place.left_fen for place in places) - waiting
        found[root]["advanced"] = sum(place.advanced_fen for place in places)
    return {root: Fate(**values) for root, values in found.items()}


def _sums_of_uses(transfer_ids: Sequence[int]) -> list[tuple[int, str, int]]:
    followed = _descendants(transfer_ids)
    name = case(
        (Transfer.kind.in_((K.SPENDING, K.SETTLED)), "spent"),
        (Transfer.kind.in_((K.REFUND, K.SENT_BACK)), "refunded"),
        else_="taken_back",
    )
    statement = (
        select(followed.c.root, name, func.sum(Use.amount_fen))
        .join(Use, Use.layer_id == followed.c.id)
        .join(Transfer, Transfer.id == Use.transfer_id)
        .where(_ends_here(followed))
        .group_by(followed.c.root, name)
    )
    return [(int(row[0]), str(row[1]), int(row[2])) for row in db.session.execute(statement)]


def _resting(transfer_ids: Sequence[int]) -> dict[int, list[Resting]]:
    """Where what is left of each entry's money lies."""
    followed = _descendants(transfer_ids)
    root, place = followed.c.root, followed.c.account_id
    rows = db.session.execute(
        select(root, place, Account.kind, Account.need_code, func.sum(followed.c.left_fen).label("fen"))
        .join(Account, Account.id == place)
        .where(followed.c.left_fen > 0)
        .group_by(root, place, Account.kind, Account.need_code)
        .order_by(root, place)
    ).all()
    out = _advanced_of(transfer_ids, {row.account_id: row.need_code for row in rows if row.kind is AccountKind.FUND})
    found: dict[int, list[Resting]] = {}
    for row in rows:
        need = None if row.kind is AccountKind.SUSPENSE else (row.need_code or "")
        found.setdefault(row.root, []).append(Resting(need, int(row.fen), out.get((row.root, row.account_id), 0)))
    return found


def _advanced_of(transfer_ids: Sequence[int], funds: dict[int, str]) -> dict[tuple[int, int], int]:
    """(entry, account) -> fen of the entry's money there that are handed out in advance."""
    handed_out = _handed_out(funds)
    if not handed_out:
        return {}
    followed = _descendants(transfer_ids)
    rows = db.session.execute(
        select(followed.c.root, Layer.account_id, Layer.id)
        .join(Layer, Layer.id == followed.c.id)
        .where(Layer.id.in_(list(handed_out)))
    )
    found: dict[tuple[int, int], int] = {}
    for root, account_id, layer_id in rows:
        found[root, account_id] = found.get((root, account_id), 0) + handed_out[layer_id]
    return found


def _handed_out(funds: dict[int, str]) -> dict[int, int]:
    """Layer -> fen of it that are handed out in advance: the layers of a fund whose turn comes first."""
    if not funds:
        return {}
    # Each side for itself: of "one or the other" no index helps.
    out, back = (
        select(Account.need_code.label("need"), (sign * Transfer.amount_fen).label("fen"))
        .join(Transfer, side == Account.id)
        .where(Account.kind == AccountKind.ADVANCE, Account.need_code.in_(funds.values()))
        for sign, side in ((1, Transfer.debit_id), (-1, Transfer.credit_id))
    )
    both = union_all(out, back).subquery()
    rows = db.session.execute(select(both.c.need, func.sum(both.c.fen)).group_by(both.c.need))
    advanced = {need: int(fen) for need, fen in rows if fen}
    found: dict[int, int] = {}
    for account_id, need_code in funds.items():
        wanted = advanced.get(need_code, 0)
        if wanted:
            found |= _first_layers(account_id, wanted)
    return found


def _first_layers(account_id: int, wanted: int) -> dict[int, int]:
    layers = select(Layer.id, Layer.left_fen).where(Layer.account_id == account_id, Layer.left_fen > 0)
    found: dict[int, int] = {}
    # Mostly ended early: a stream that is left open would keep its cursor in the database.
    with db.session.execute(layers.order_by(Layer.id).execution_options(yield_per=200)) as rows:
        for layer_id, left in rows:
            found[layer_id] = min(left, wanted)
            wanted -= found[layer_id]
            if not wanted:
                break
    return found


def parts(transfer_id: int, *, after: int = 0, size: int = PAGE_SIZE) -> list[Part]:
    """What the entry's money went out by, in the order of posting, from after row ``after``; at most ``size`` + 1, so
    that the reader knows whether there are more. An entry that was reversed and its reversal are one, and nothing."""
    followed = _descendants([transfer_id])
    meant = func.coalesce(Transfer.reverses_id, Transfer.id)
    went = Transfer.kind.not_in((*PASSED_ON, *CAME))
    # What reverses a gift is told under its own row: the gift itself used nothing.
    key = case((went, meant), else_=Transfer.id)
    amount = func.sum(Use.amount_fen)
    statement = (
        select(key.label("id"), Transfer.kind, amount.label("fen"))
        .select_from(followed)
        .join(Use, Use.layer_id == followed.c.id)
        .join(Transfer, Transfer.id == Use.transfer_id)
        .where(_ends_here(followed, key > after))
        .group_by(key, Transfer.kind)
        .having(amount != 0)
        .order_by(key)
        .limit(size + 1)
    )
    return [Part(int(row.id), row.kind, int(row.fen)) for row in db.session.execute(statement)]


def spent_by_category(transfer_id: int) -> dict[SpendingCategory, int]:
    """Fen of the entry's money that were spent, by what for."""
    followed = _descendants([transfer_id])
    # All kinds are read and two are taken: asked for those alone, SQLite would first make a filter of all entries.
    statement = (
        select(Voucher.category, Transfer.kind, func.sum(Use.amount_fen))
        .select_from(followed)
        .join(Use, Use.layer_id == followed.c.id)
        .join(Transfer, Transfer.id == Use.transfer_id)
        .join(Voucher, Voucher.code == Transfer.voucher_code)
        .group_by(Voucher.category, Transfer.kind)
    )
    found: Counter[SpendingCategory] = Counter()
    for category, kind, fen in db.session.execute(statement):
        if kind in (K.SPENDING, K.SETTLED):
            found[category] += int(fen)
    return {category: fen for category, fen in found.items() if fen}


# Backward: the layers that an entry used, and the gifts that they are made of.


def _gifts_used(transfer_id: int) -> Any:
    """Row id of the gift -> fen, as a select. From the layers that the entry used the way leads back over moves only:
    it ends at the gift, or, for money that was never matched, at the entry by which that came."""
    parent, brought = aliased(Layer), aliased(Transfer)
    first = (
        select(Use.amount_fen.label("fen"), Layer.parent_id, Layer.transfer_id, Transfer.kind)
        .join(Layer, Layer.id == Use.layer_id)
        .join(Transfer, Transfer.id == Layer.transfer_id)
        .where(Use.transfer_id == transfer_id)
        .cte("used", recursive=True)
    )
    used = first.union_all(
        select(first.c.fen, parent.parent_id, parent.transfer_id, brought.kind)
        .join(parent, parent.id == first.c.parent_id)
        .join(brought, brought.id == parent.transfer_id)
        .where(first.c.kind == K.MOVED)
    )
    fen = func.sum(used.c.fen)
    return (
        select(used.c.transfer_id.label("id"), fen.label("fen"))
        .where(used.c.kind != K.MOVED)
        .group_by(used.c.transfer_id)
    )


def sources(transfer_id: int, *, after: int = 0, size: int = PAGE_SIZE) -> list[Source]:
    """Whose money the entry used, in the order in which the gifts were posted, from after row ``after``; at most
    ``size`` + 1."""
    gifts = _gifts_used(transfer_id).subquery()
    statement = select(gifts.c.id, gifts.c.fen).where(gifts.c.id > after).order_by(gifts.c.id).limit(size + 1)
    return [Source(int(row[0]), int(row[1])) for row in db.session.execute(statement)]


@dataclass(frozen=True)
class SourceSum:
    """All that came from one kind of giver: fen, and of how many gifts."""

    giver: str
    amount_fen: int
    gifts_count: int


def sources_by_giver(transfer_id: int) -> list[SourceSum]:
    """The largest first; ``giver`` as in ledger.sums.GIVER_FACET, "" for money that nobody had matched."""
    gifts = _gifts_used(transfer_id).subquery()
    facet = case((Transfer.kind == K.UNMATCHED, ""), else_=GIVER_FACET)
    statement = (
        select(facet, func.sum(gifts.c.fen), func.count())
        .select_from(gifts)
        .join(Transfer, Transfer.id == gifts.c.id)
        .group_by(facet)
    )
    rows = [SourceSum(str(row[0]), int(row[1]), int(row[2])) for row in db.session.execute(statement)]
    return sorted(rows, key=lambda row: (-row.amount_fen, row.giver))


@dataclass(frozen=True)
class Gift:
    """One arrival of money for a claim. ``is_reversed``: it was booked by mistake and counts in no figure."""

    transfer_id: int
    uid: str
    claim_code: str
    need_code: str
    amount_fen: int
    business_on: date
    is_reversed: bool


def gifts_of_claims(claim_codes: Sequence[str]) -> list[Gift]:
    """Money that arrived for these claims, the newest first."""
    if not claim_codes:
        return []
    back = aliased(Transfer)
    statement = (
        select(
            Transfer.id.label("transfer_id"), Transfer.uid, Transfer.claim_code, Transfer.need_code,
            Transfer.amount_fen, Transfer.business_on, back.id.is_not(None).label("is_reversed"),
        )
        .outerjoin(back, back.reverses_id == Transfer.id)
        .where(
            Transfer.claim_code.in_(claim_codes), Transfer.kind.in_(GIFTS), Transfer.reverses_id.is_(None)
        )
        .order_by(Transfer.business_on.desc(), Transfer.id.desc())
    )  # fmt: skip
    return [Gift(**row) for row in db.session.execute(statement).mappings()]
