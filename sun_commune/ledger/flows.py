"""Where money came from, through which funds it went, and what for: sums for the picture of the flow and for givers.

All of it from kept sums. Of moves only what a fund gained or lost on balance is told: what moved between two needs of
one county never left that county's funds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import case, func, select

from sun_commune.core.db import db
from sun_commune.ledger.figures import fund_totals
from sun_commune.ledger.models import (
    Account,
    AccountKind,
    FacetSum,
    GiverKind,
    GiverSum,
    Layer,
    LedgerSum,
    SumKind,
    Transfer,
    TransferKind,
)
from sun_commune.ledger.papers import Voucher
from sun_commune.ledger.sums import GIVER_FACET

K = SumKind
RAISED, SPENT = (K.GIFT, K.MATCHED), (K.SPENDING, K.SETTLED)
CAME, WENT = (TransferKind.GIFT, TransferKind.MATCHED), (TransferKind.SPENDING, TransferKind.SETTLED)
By = Literal["county", "category", "need"]


@dataclass(frozen=True)
class Flow:
    """Fen, reversals taken off. Keys of funds are county codes or categories ("" = the pool).

    ``came``: (facet of givers, fund); ``went``: (fund, category of spending); ``refunded``, ``held``, ``gained`` (moved
    in minus moved away; below zero: lost) by fund.
    """

    came: dict[tuple[str, str], int]
    went: dict[tuple[str, str], int]
    refunded: dict[str, int]
    held: dict[str, int]
    gained: dict[str, int]

    @property
    def funds(self) -> list[str]:
        """The one through which most money went first."""
        through: dict[str, int] = {}
        for (_giver, fund), fen in self.came.items():
            through[fund] = through.get(fund, 0) + fen
        for fund, fen in self.gained.items():
            through[fund] = through.get(fund, 0) + max(fen, 0)
        return sorted((fund for fund, fen in through.items() if fen > 0), key=lambda fund: (-through[fund], fund))


def flow(by: By) -> Flow:
    came: dict[tuple[str, str], int] = {}
    went: dict[tuple[str, str], int] = {}
    facet_fund = FacetSum.county_code if by == "county" else FacetSum.category
    net = func.sum(FacetSum.amount_fen - FacetSum.reversed_fen)
    statement = select(facet_fund, FacetSum.kind, FacetSum.facet, net).where(FacetSum.kind.in_((*RAISED, *SPENT)))
    for fund, kind, facet, fen in db.session.execute(statement.group_by(facet_fund, FacetSum.kind, FacetSum.facet)):
        sums, key = (came, (facet, fund)) if kind in RAISED else (went, (fund, facet))
        sums[key] = sums.get(key, 0) + int(fen)
    kinds = _by_kind(by)
    return Flow(
        came={key: fen for key, fen in came.items() if fen},
        went={key: fen for key, fen in went.items() if fen},
        refunded={fund: of[K.REFUND] for fund, of in kinds.items() if of.get(K.REFUND)},
        held={fund: fen for fund, of in kinds.items() if (fen := _held(of))},
        gained={fund: fen for fund, of in kinds.items() if (fen := of.get(K.MOVED_IN, 0) - of.get(K.MOVED, 0))},
    )


def flow_of_fund(need_code: str) -> Flow:
    """The same of one need's fund (the pool for ""), from its own entries."""
    totals = fund_totals(need_code)
    net = func.sum(case((Transfer.reverses_id.is_(None), Transfer.amount_fen), else_=-Transfer.amount_fen))
    of_fund = select(GIVER_FACET, net).where(Transfer.need_code == need_code, Transfer.kind.in_(CAME))
    came = {(str(row[0]), need_code): int(row[1]) for row in db.session.execute(of_fund.group_by(GIVER_FACET))}
    used = (
        select(Voucher.category, net)
        .join(Transfer, Transfer.voucher_code == Voucher.code)
        .where(Transfer.need_code == need_code, Transfer.kind.in_(WENT))
        .group_by(Voucher.category)
    )
    went = {(need_code, str(row[0].value)): int(row[1]) for row in db.session.execute(used)}
    gained = totals.moved_in - totals.moved
    return Flow(
        came={key: fen for key, fen in came.items() if fen},
        went={key: fen for key, fen in went.items() if fen},
        refunded={need_code: totals.refunded} if totals.refunded else {},
        held={need_code: totals.held} if totals.held else {},
        gained={need_code: gained} if gained else {},
    )


def _by_kind(by: By) -> dict[str, dict[SumKind, int]]:
    fund = LedgerSum.county_code if by == "county" else LedgerSum.category
    net = func.sum(LedgerSum.amount_fen - LedgerSum.reversed_fen)
    found: dict[str, dict[SumKind, int]] = {}
    for key, kind, fen in db.session.execute(select(fund, LedgerSum.kind, net).group_by(fund, LedgerSum.kind)):
        found.setdefault(str(key), {})[kind] = int(fen)
    return found


def _held(of: dict[SumKind, int]) -> int:
    came = sum(of.get(kind, 0) for kind in (*RAISED, K.MOVED_IN))
    return came - sum(of.get(kind, 0) for kind in (*SPENT, K.MOVED, K.REFUND))


def spent_on(facet: str) -> int:
    """Fen spent on one category of spending, for ever."""
    net = func.sum(FacetSum.amount_fen - FacetSum.reversed_fen)
    statement = select(func.coalesce(net, 0)).where(FacetSum.kind.in_(SPENT), FacetSum.facet == facet)
    return int(db.session.execute(statement).scalar_one())


@dataclass(frozen=True)
class Giver:
    """A shown name, with fen of money and of goods given under it."""

    shown: str
    kind: str
    raised: int
    goods: int


def largest_givers(size: int) -> list[Giver]:
    """Enterprises and organisations by what they gave in money. Never persons: one masked name is many people's."""
    kinds = (GiverKind.ENTERPRISE.value, GiverKind.SOCIAL_ORGANISATION.value)
    found = []
    for kind in kinds:  # each a walk along the index
        statement = (
            select(GiverSum.donor_shown, GiverSum.giver_kind, GiverSum.raised_fen, GiverSum.goods_fen)
            .where(GiverSum.giver_kind == kind, GiverSum.raised_fen > 0)
            .order_by(GiverSum.raised_fen.desc())
            .limit(size)
        )
        found += [Giver(*row) for row in db.session.execute(statement)]
    return sorted(found, key=lambda giver: (-giver.raised, giver.shown))[:size]


@dataclass(frozen=True)
class Unspent:
    """``left_fen`` of the money that came by entry ``uid`` on ``came_on`` still lies in a fund ("" = the pool)."""

    uid: str
    came_on: date
    amount_fen: int
    left_fen: int
    need_code: str


def oldest_unspent(size: int) -> list[Unspent]:
    """What came first and is not used up, by the order in which it came to the charity; moved money keeps its place."""
    statement = (
        select(
            Transfer.uid, Transfer.business_on.label("came_on"), Transfer.amount_fen,
            Layer.left_fen, func.coalesce(Account.need_code, "").label("need_code"),
        )
        .join(Layer, Layer.origin_id == Transfer.id)
        .join(Account, Account.id == Layer.account_id)
        .where(Layer.left_fen > 0, Account.kind != AccountKind.SUSPENSE)
        .order_by(Layer.origin_id, Layer.id)
        .limit(size)
    )  # fmt: skip
    return [Unspent(**row) for row in db.session.execute(statement).mappings()]
