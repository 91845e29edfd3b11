"""How the pages that everybody may open are answered when the books are long: no statement reads a whole table of them.

The town is small, so SQLite's planner is told the statistics of a long one: a million rows in each table that grows.
"""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

from sun_commune.core import access
from sun_commune.core.db import db, is_sqlite
from tests.cast import Cast
from tests.house import town
from tests.ledger.test_list_plans import explain, statements_of

ROWS = 1_000_000
#: How many rows share a value, in columns of few values; in any other so many as MANY.
SHARED = {"kind": 100_000, "state": 300_000, "category": 80_000, "county_code": 100_000, "period": 20_000,
          "giver_kind": 200_000, "month": 20_000, "business_on": 1_000}  # fmt: skip
MANY = 5
#: NULL or empty in most rows, which counts as a value unless the index leaves those out.
MOSTLY_NOTHING = ("claim_code", "delivery_code", "voucher_code", "source_code", "to_need_code", "parent_id",
                  "advance_code", "reverses_id")  # fmt: skip
#: Tables that grow with each entry.
LONG = ("transfers", "ledger_layers", "ledger_uses", "log_leaves", "log_places", "log_waiting", "log_openings",
        "receipts", "audit_entries", "deliveries", "claim_lines", "claims", "vouchers")  # fmt: skip
#: Files hold all that there is; each is streamed, and read to its end by whoever wants it.
FILES = ("portal.download_ledger", "portal.download_periods", "static", "log.show_summary")


def tell_of_long_books() -> None:
    connection = db.session().connection()
    if is_sqlite(db.session()):
        connection.exec_driver_sql("ANALYZE")
        told = [(_statistics(connection, table, index), table, index)
                for table, index in connection.exec_driver_sql("SELECT tbl, idx FROM sqlite_stat1").all()
                if table in LONG]  # fmt: skip
        connection.exec_driver_sql("UPDATE sqlite_stat1 SET stat = ? WHERE tbl = ? AND idx IS ?", told)
    db.session.commit()
    db.session.remove()
    db.engine.dispose()  # a connection reads the statistics when it is opened


def _statistics(connection: Connection, table: str, index: str | None) -> str:
    """As ANALYZE would write them: the rows, then how many share the first column, the first two, and so on."""
    if index is None:
        return str(ROWS)
    (unique, partial), = connection.exec_driver_sql(
        'SELECT "unique", partial FROM pragma_index_list(?) WHERE name = ?', (table, index)
    ).all()  # fmt: skip
    columns = connection.exec_driver_sql("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,)).scalars()
    shares, share = list[int](), ROWS
    for column in columns:
        of_value = ROWS // 2 if column in MOSTLY_NOTHING and not partial else SHARED.get(column, MANY)
        share = min(share, of_value) if not shares else max(1, share * of_value // ROWS)
        shares.append(share)
    if unique:
        shares[-1] = 1
    return " ".join(map(str, [ROWS, *shares]))


def long_reads(statement: str, plan: list[str]) -> list[str]:
    """Steps that go through a long table from end to end; along an index that is one only where no page ends it."""
    ends = "LIMIT" in statement.upper()
    return [
        step
        for step in plan
        for table in LONG
        if (step.startswith((f"SCAN {table}", f"BLOOM FILTER ON {table}")) and not (ends and "USING" in step))
        or f"Seq Scan on {table}" in step
    ]  # fmt: skip


@pytest.mark.one_database
def test_no_public_page_reads_a_long_table(client: FlaskClient, app: Flask, cast: Cast) -> None:
    values = town.build(cast).values
    tell_of_long_books()
    found: dict[str, str] = {}
    seen = 0
    for rule in app.url_map.iter_rules():
        its_rule = access.rule_of(rule.endpoint)
        if "GET" not in (rule.methods or set()) or rule.endpoint.startswith(FILES) or not its_rule:
            continue
        given = dict.fromkeys(rule.arguments & {"lang"}, "en") | values.get(rule.endpoint, {})
        if its_rule.kind != "public" or not rule.arguments <= set(given):
            continue
        path = str(rule.build(given, append_unknown=False)[1])  # type: ignore[index]
        said = statements_of(lambda path=path: client.get(path).get_data())
        seen += bool(said)
        for statement, parameters in said:
            if statement.lstrip().upper().startswith(("SELECT", "WITH")):
                for step in long_reads(statement, explain(statement, parameters)):
                    found[f"{rule.endpoint}: {step}"] = f"{statement[:1500]} {parameters}"
    assert seen > 25
    assert not found, "\n".join(f"{where}\n    {statement}" for where, statement in found.items())
