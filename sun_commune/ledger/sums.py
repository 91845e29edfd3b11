"""The kept sums: raised by each posting, in its own transaction, and recomputed from the entries by the self-check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
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
KEYS: dict[type[Any], tuple[str, ...]] = {
    LedgerSum: ("month", "county_code", "category", "kind"),
    FacetSum: ("month", "county_code", "category", "kind", "facet"),
    GiverSum: ("donor_shown", "giver_kind"),
}
MODELS = tuple(KEYS)


def add_transfers(transfers: Sequence[Transfer]) -> None:
    """Raise the kept sums by these postings of one transaction, row by row in one order: two transactions that raise
    the same rows wait for each other, and never both."""
    raised: dict[tuple[int, tuple[str, ...]], dict[str, int]] = {}
    for transfer in transfers:
        for model, key, added in _parts(transfer):
            known = raised.setdefault((MODELS.index(model), key), dict.fromkeys(added, 0))
            for name, number in added.items():
                known[name] += number
    for (model_number, key), added in sorted(raised.items(), key=lambda item: item[0]):
        raise_sums(MODELS[model_number], {key: added})


def _parts(transfer: Transfer) -> Iterator[tuple[type[Any], tuple[str, ...], dict[str, int]]]:
    """Which sums a posting raises, and by how much."""
    forward = transfer.reverses_id is None
    fen, back = (transfer.amount_fen, 0) if forward else (0, transfer.amount_fen)
    added = {"amount_fen": fen, "reversed_fen": back, "entries_count": 1}
    here = (transfer.period, transfer.county_code, transfer.category, transfer.kind.value)
    yield LedgerSum, here, added
    if transfer.kind is TransferKind.MOVED:
        there = (transfer.period, transfer.to_county_code, transfer.to_category, SumKind.MOVED_IN.value)
        yield LedgerSum, there, added
    if transfer.kind in GIVEN:
        yield FacetSum, (*here, giver_facet(transfer)), added
        if transfer.donor_shown:
            is_goods = transfer.kind is TransferKind.GOODS
            net = {"raised_fen": 0 if is_goods else fen - back, "goods_fen": fen - back if is_goods else 0}
            yield GiverSum, (transfer.donor_shown, transfer.giver_kind), {**net, "entries_count": 1}
    elif transfer.kind in SPENT:
        spent_on = select(Voucher.category).where(Voucher.code == transfer.voucher_code)
        yield FacetSum, (*here, str(db.session().execute(spent_on).scalar_one())), added


def giver_facet(transfer: Transfer) -> str:
    return (transfer.giver_kind or OTHER_GIVER) if transfer.donor_shown else ANONYMOUS


def raise_sums(model: type[Any], added: Mapping[tuple[str, ...], Mapping[str, int]]) -> None:
    """Add to kept sums of one table, by their keys (see KEYS), in the caller's transaction and in the order of the
    keys. All name the same columns."""
    if not added:
        return
    columns = tuple(next(iter(added.values())))
    values = [dict(zip(KEYS[model], key, strict=True)) | dict(added[key]) for key in sorted(added)]
    session = db.session()
    session.execute(_raising(model.__table__, KEYS[model], columns, sqlite=is_sqlite(session)), values)


@cache
def _raising(table: Any, keys: tuple[str, ...], columns: tuple[str, ...], *, sqlite: bool) -> Any:
    """Of the table and not of its class: that takes many rows at once, straight to the driver."""
    statement = (insert_sqlite if sqlite else insert_pg)(table)
    raised = {name: table.c[name] + statement.excluded[name] for name in columns}
    return statement.on_conflict_do_update(index_elements=keys, set_=raised)


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
