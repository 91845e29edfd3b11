"""The kept sums: raised by each posting, in its own transaction, and recomputed from the entries by the self-check."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, String, and_, case, func, literal, select, type_coerce, union_all
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune.core.db import db, is_sqlite
from sun_commune.ledger.models import FacetSum, GiverSum, LedgerSum, SumKind, Transfer, TransferKind
from sun_commune.ledger.papers import Voucher

K = SumKind
SumKey = tuple[str, str, str, SumKind]
FacetKey = tuple[str, str, str, SumKind, str]
#: Posted fen, fen taken back by reversals, number of entries.
Sums = tuple[int, int, int]
#: Kinds that name who gave, and kinds that name what it was spent on.
GIVEN = (TransferKind.GIFT, TransferKind.MATCHED, TransferKind.GOODS)
SPENT = (TransferKind.SPENDING, TransferKind.SETTLED)
#: Facets of givers beside GiverKind: they stayed unnamed; they are named and nobody knows what they are.
ANONYMOUS, OTHER_GIVER = "anonymous", "other"


def add_transfer(transfer: Transfer) -> None:
    forward = transfer.reverses_id is None
    amounts = (transfer.amount_fen if forward else 0, 0 if forward else transfer.amount_fen)
    here = (transfer.period, transfer.county_code, transfer.category, SumKind(transfer.kind.value))
    add_to_sum(here, *amounts, 1)
    if transfer.kind is TransferKind.MOVED:
        there = (transfer.period, transfer.to_county_code, transfer.to_category, SumKind.MOVED_IN)
        add_to_sum(there, *amounts, 1)
    if transfer.kind in GIVEN:
        add_to_facet((*here, giver_facet(transfer)), *amounts, 1)
        _add_to_giver(transfer, amounts[0] - amounts[1])
    elif transfer.kind in SPENT:
        spent_on = select(Voucher.category).where(Voucher.code == transfer.voucher_code)
        add_to_facet((*here, str(db.session().execute(spent_on).scalar_one())), *amounts, 1)


def giver_facet(transfer: Transfer) -> str:
    return (transfer.giver_kind or OTHER_GIVER) if transfer.donor_shown else ANONYMOUS


def add_to_sum(key: SumKey, amount_fen: int, reversed_fen: int, entries_count: int) -> None:
    """Add to the kept sums of (period, county, category, kind), in the caller's transaction."""
    names = ("month", "county_code", "category", "kind")
    added = {"amount_fen": amount_fen, "reversed_fen": reversed_fen, "entries_count": entries_count}
    _raise(LedgerSum, dict(zip(names, key, strict=True)), added)


def add_to_facet(key: FacetKey, amount_fen: int, reversed_fen: int, entries_count: int) -> None:
    """As add_to_sum, with the kind of giver or the category of spending."""
    names = ("month", "county_code", "category", "kind", "facet")
    added = {"amount_fen": amount_fen, "reversed_fen": reversed_fen, "entries_count": entries_count}
    _raise(FacetSum, dict(zip(names, key, strict=True)), added)


def _add_to_giver(transfer: Transfer, net_fen: int) -> None:
    if transfer.donor_shown:
        is_goods = transfer.kind is TransferKind.GOODS
        add_to_giver(
            (transfer.donor_shown, transfer.giver_kind), 0 if is_goods else net_fen, net_fen if is_goods else 0, 1
        )


def add_to_giver(key: tuple[str, str], raised_fen: int, goods_fen: int, entries_count: int) -> None:
    """Add to what was given under (shown name, kind of giver)."""
    added = {"raised_fen": raised_fen, "goods_fen": goods_fen, "entries_count": entries_count}
    _raise(GiverSum, dict(zip(("donor_shown", "giver_kind"), key, strict=True)), added)


def _raise(model: Any, key: dict[str, Any], added: dict[str, int]) -> None:
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    statement = insert(model).values(**key, **added)
    raised = {name: getattr(model, name) + statement.excluded[name] for name in added}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=raised))


# The same from the entries alone, for the self-check.

_FORWARD = Transfer.reverses_id.is_(None)
_FEN = (case((_FORWARD, Transfer.amount_fen), else_=0), case((_FORWARD, 0), else_=Transfer.amount_fen))
#: The facet of a giver in SQL, as ``giver_facet`` says it.
GIVER_FACET = case(
    (Transfer.donor_shown == "", ANONYMOUS), (Transfer.giver_kind == "", OTHER_GIVER), else_=Transfer.giver_kind
)


def sums_of_entries() -> dict[SumKey, Sums]:
    """What LedgerSum should hold."""
    # As a text: MOVED_IN is no kind of transfer.
    kind = type_coerce(Transfer.kind, String)
    here = select(Transfer.period, Transfer.county_code, Transfer.category, kind, *_FEN)
    there = select(
        Transfer.period, Transfer.to_county_code, Transfer.to_category, literal(K.MOVED_IN.value), *_FEN
    ).where(and_(Transfer.kind == TransferKind.MOVED))
    rows = db.session.execute(_grouped(union_all(here, there).subquery(), 4))
    return {(row[0], row[1], row[2], SumKind(row[3])): (int(row[4]), int(row[5]), int(row[6])) for row in rows}


def facets_of_entries() -> dict[FacetKey, Sums]:
    """What FacetSum should hold."""
    said = (Transfer.period, Transfer.county_code, Transfer.category, Transfer.kind)
    given = select(*said, GIVER_FACET.label("facet"), *_FEN).where(Transfer.kind.in_(GIVEN))
    spent = (
        select(*said, Voucher.category.label("facet"), *_FEN)
        .join(Voucher, Voucher.code == Transfer.voucher_code)
        .where(Transfer.kind.in_(SPENT))
    )
    found: dict[FacetKey, Sums] = {}
    for statement in (given, spent):
        for row in db.session.execute(_grouped(statement.subquery(), 5)):
            key = (row[0], row[1], row[2], SumKind(row[3].value), str(row[4]))
            found[key] = (int(row[5]), int(row[6]), int(row[7]))
    return found


def givers_of_entries() -> dict[tuple[str, str], Sums]:
    """What GiverSum should hold: money, goods, number of entries."""
    is_goods = Transfer.kind == TransferKind.GOODS
    net = case((_FORWARD, Transfer.amount_fen), else_=-Transfer.amount_fen)
    rows = db.session.execute(
        select(
            Transfer.donor_shown, Transfer.giver_kind, func.sum(case((is_goods, 0), else_=net)),
            func.sum(case((is_goods, net), else_=0)), func.count(),
        )
        .where(Transfer.kind.in_(GIVEN), Transfer.donor_shown != "")
        .group_by(Transfer.donor_shown, Transfer.giver_kind)
    )  # fmt: skip
    return {(row[0], row[1]): (int(row[2]), int(row[3]), int(row[4])) for row in rows}


def _grouped(rows: Any, keys: int) -> Select[Any]:
    """Sums of the last two columns, and how many rows, by the first ``keys``."""
    columns = list(rows.c)
    posted, taken_back = columns[keys:]
    return select(*columns[:keys], func.sum(posted), func.sum(taken_back), func.count()).group_by(*columns[:keys])
