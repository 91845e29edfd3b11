"""How lists of entries and traces are answered: along indexes, in the list's order; nothing sorted, nothing scanned.

As tests/portal/test_list_plans.py: PostgreSQL is told not to scan tables as small as a test's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from sun_commune.core.db import db, is_sqlite
from sun_commune.ledger import entries, flows, listed, traces
from sun_commune.ledger.filters import POOL, REVERSALS, EntryFilters
from tests.cast import Cast
from tests.ledger.books import NEED, give
from tests.ledger.test_tracing import move, pay

pytestmark = pytest.mark.usefixtures("book_checks_alone")

FILTERS = [
    EntryFilters(), EntryFilters(kind="gift"), EntryFilters(kind="raised"), EntryFilters(kind="held"),
    EntryFilters(county="510723"), EntryFilters(category="education"), EntryFilters(county="510723", kind="spent"),
    EntryFilters(month="2017-12"), EntryFilters(need=NEED), EntryFilters(need=POOL), EntryFilters(claim="RLA"),
    EntryFilters(giver="enterprise"), EntryFilters(giver="anonymous"), EntryFilters(name="甲公司"),
    EntryFilters(use="transport"), EntryFilters(least=100), EntryFilters(least=1, most=5, county="510723"),
    EntryFilters(since="2017-12-01"), EntryFilters(since="2017-12-01", until="2017-12-31", kind="spent"),
    EntryFilters(until="2017-12-31", county="510723"), EntryFilters(since="2017-12-01", least=100),
    EntryFilters(voucher="PZ-2026-00001"), EntryFilters(source="ZD1"), EntryFilters(q="花椒"),
]  # fmt: skip
ANCHORS = {1: (10**9,), 2: (date(2030, 1, 1), 10**9)}


def explain(statement: Any, values: Any) -> list[str]:
    connection = db.session().connection()
    if is_sqlite(db.session()):
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    for way in ("seqscan", "bitmapscan", "sort", "incremental_sort", "hashjoin", "mergejoin"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    return [row[0].strip() for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]


def statements_of(act: Any) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    act()
    event.remove(db.engine, "before_cursor_execute", note)
    return seen


def is_scanned(plan: list[str], *tables: str) -> bool:
    """Whether a step reads a whole table. (SQLite calls a walk along an index SCAN ... USING INDEX.)"""
    return any(
        (step.startswith(f"SCAN {table}") and "USING" not in step) or f"Seq Scan on {table}" in step
        for step in plan
        for table in tables
    )


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("deep", [False, True], ids=["first", "deep"])
@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: "&".join(map("=".join, filters.active().items())))
def test_each_walk_of_a_list_ends_after_a_page(filters: EntryFilters, deep: bool) -> None:
    order = entries.order_of(filters)
    anchor = ANCHORS[len(order)] if deep else None
    if filters.by_amount and deep:
        anchor = (10**9, 10**9)
    dialect = db.engine.dialect
    for walk in entries.walk_statements(filters, order, anchor):
        (said,) = statements_of(lambda walk=walk: db.session.execute(walk).all())
        plan = explain(*said)
        assert not is_scanned(plan, "transfers", "vouchers"), plan
        # Few: those of one claim, voucher or statement line may be sorted.
        if not (filters.claim or filters.voucher or filters.source):
            assert not any("TEMP B-TREE" in step or step.startswith(("Sort", "->  Sort")) for step in plan), plan
    assert dialect.name in {"sqlite", "postgresql"}


@pytest.mark.usefixtures("app")
def test_amounts_among_few_entries_are_looked_up_by_the_other_filter(cast: Cast) -> None:
    for number in range(3):
        give(amount_fen=100 + number)
    filters = listed.narrowed(EntryFilters(county="510723", least=101))
    assert filters.few
    assert [row.amount_fen for row in entries.list_entries(filters).rows] == [102, 101]
    (said,) = statements_of(lambda: db.session.execute(entries.walk_statements(filters, entries.order_of(filters))[0]))
    plan = explain(*said)
    assert any("county_code" in step for step in plan), plan
    assert not any("amount_fen_id" in step for step in plan), plan
    assert not listed.narrowed(EntryFilters(least=101)).few
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listed, "FEW", 2)
        assert not listed.narrowed(EntryFilters(county="510723", least=101)).few


@pytest.mark.usefixtures("app")
def test_a_sorted_list_would_be_noticed() -> None:
    """Negative control: no index holds the order of needs by amount."""
    filters = replace(EntryFilters(), claim="RLA")
    (walk,) = entries.walk_statements(filters, entries.order_of(filters))
    (said,) = statements_of(lambda: db.session.execute(walk).all())
    plan = explain(*said)
    if is_sqlite(db.session()):
        assert any("TEMP B-TREE" in step for step in plan), plan


def test_pages_ask_a_handful_of_statements(app: Flask, cast: Cast) -> None:
    gifts = [give(amount_fen=100) for _number in range(8)]
    spending = pay(cast, 650)
    move(50)
    db.session.rollback()
    uid = gifts[0].uid
    client = app.test_client()
    limits = {
        f"/en/ledger/trace/{spending.uid}": 12, f"/en/ledger/trace/{uid}": 14, "/en/ledger/entries?kind=raised": 12,
        f"/en/ledger/entries?county=510723&after={uid}": 12, "/en/ledger": 24,
    }  # fmt: skip
    for address, most in limits.items():
        client.get(address)
        said = statements_of(lambda address=address: client.get(address))
        assert len(said) <= most, [statement[:80] for statement, _values in said]


@pytest.mark.usefixtures("app")
def test_traces_and_the_oldest_money_read_by_index(cast: Cast) -> None:
    gift = give(amount_fen=100)
    spending = pay(cast, 50)
    acts = (
        lambda: traces.fate_of(gift.id), lambda: traces.parts(gift.id), lambda: traces.sources(spending.id),
        lambda: traces.sources_by_giver(spending.id), lambda: traces.spent_by_category(gift.id),
        lambda: flows.oldest_unspent(5),
    )  # fmt: skip
    assert REVERSALS
    for act in acts:
        for said in statements_of(act):
            if said[0].lstrip().startswith(("SELECT", "WITH")):
                plan = explain(*said)
                assert not is_scanned(plan, "transfers", "ledger_layers", "ledger_uses"), (said[0], plan)
