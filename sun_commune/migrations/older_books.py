"""For revision 0004: layers and leaves of the entries that were posted before there were any.

Written against the tables as they were then, not against the models, which go on changing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, column

from sun_commune.transparency import merkle
from sun_commune.transparency.leaves import leaf_of_entry

TRANSFERS = sa.table(
    "transfers", column("id"), column("uid"), column("kind"), column("debit_id"), column("credit_id"),
    column("amount_fen"), column("currency"), column("business_on", sa.Date()), column("period"),
    column("posted_at", sa.DateTime()), column("need_code"), column("county_code"), column("category"),
    column("claim_code"), column("delivery_code"), column("voucher_code"), column("donor_shown"), column("item"),
    column("quantity"), column("unit"), column("value_basis"), column("reverses_id"), column("reason"),
)  # fmt: skip
BATCH = 1_000


def _entries(connection: Connection) -> Iterator[Mapping[str, Any]]:
    last = 0
    while True:
        statement = sa.select(TRANSFERS).where(TRANSFERS.c.id > last).order_by(TRANSFERS.c.id).limit(BATCH)
        rows = connection.execute(statement).mappings().all()
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1]["id"]


class _Replay:
    """Gifts lie in layers by fund; spending uses the oldest, the reversal of a gift that gift's own layer first, and
    the reversal of a spending gives back what it used."""

    def __init__(self) -> None:
        self.layers: list[dict[str, int]] = []
        self.uses: list[dict[str, int]] = []
        self.open: dict[int, list[dict[str, int]]] = defaultdict(list)

    def follow(self, entry: Mapping[str, Any]) -> None:
        comes = (entry["kind"] == "gift") is (entry["reverses_id"] is None)
        if not comes:
            own = [one for one in self.open[entry["debit_id"]] if one["transfer_id"] == entry["reverses_id"]]
            self._take(entry, own)
        elif entry["reverses_id"] is None:
            self._lay(entry)
        else:
            self._give_back(entry)

    def _lay(self, entry: Mapping[str, Any]) -> None:
        layer = {
            "id": len(self.layers) + 1, "account_id": entry["credit_id"], "transfer_id": entry["id"],
            "origin_id": entry["id"], "amount_fen": entry["amount_fen"], "left_fen": entry["amount_fen"],
        }  # fmt: skip
        self.layers.append(layer)
        self.open[entry["credit_id"]].append(layer)

    def _take(self, entry: Mapping[str, Any], own: list[dict[str, int]]) -> None:
        wanted, fund = entry["amount_fen"], self.open[entry["debit_id"]]
        for layer in [*own, *(one for one in fund if one not in own)]:
            part = min(wanted, layer["left_fen"])
            if part:
                self._use(layer, entry["id"], part)
                wanted -= part
        if wanted:
            raise RuntimeError(f"entry {entry['uid']} takes more than its fund holds; run flask selfcheck before")
        self.open[entry["debit_id"]] = [one for one in fund if one["left_fen"]]

    def _give_back(self, entry: Mapping[str, Any]) -> None:
        fund = self.open[entry["credit_id"]]
        for use in [one for one in self.uses if one["transfer_id"] == entry["reverses_id"]]:
            layer = self.layers[use["layer_id"] - 1]
            self._use(layer, entry["id"], -use["amount_fen"])
            if layer not in fund:
                fund.append(layer)
        fund.sort(key=lambda one: one["id"])

    def _use(self, layer: dict[str, int], transfer_id: int, amount_fen: int) -> None:
        layer["left_fen"] -= amount_fen
        self.uses.append({"layer_id": layer["id"], "transfer_id": transfer_id, "amount_fen": amount_fen})


def lay_layers(connection: Connection) -> None:
    replay = _Replay()
    for entry in _entries(connection):
        if entry["kind"] != "goods":
            replay.follow(entry)
    for name, rows in (("ledger_layers", replay.layers), ("ledger_uses", replay.uses)):
        if rows:
            connection.execute(sa.insert(sa.table(name, *map(column, rows[0]))), rows)
    if connection.dialect.name == "postgresql":
        after = "SELECT setval(pg_get_serial_sequence('ledger_layers', 'id'), max(id)) FROM ledger_layers"
        connection.execute(sa.text(after))


def write_leaves(connection: Connection) -> None:
    """Leaves (version 1) in the order of the entries; the next sealing gives them their places."""
    accounts = {row.id: row.code for row in connection.execute(sa.text("SELECT id, code FROM ledger_accounts"))}
    uids: dict[int, str] = {}
    for leaf_id, entry in enumerate(_entries(connection), start=1):
        uids[entry["id"]] = entry["uid"]
        _write_leaf(connection, leaf_id, entry, accounts, uids.get(entry["reverses_id"] or 0, ""))
    if connection.dialect.name == "postgresql":
        after = "SELECT setval(pg_get_serial_sequence('log_leaves', 'id'), max(id)) FROM log_leaves"
        connection.execute(sa.text(after))


def _write_leaf(
    connection: Connection, leaf_id: int, entry: Mapping[str, Any], accounts: Mapping[int, str], reverses: str
) -> None:
    posted_at = entry["posted_at"]
    moment = posted_at if posted_at.tzinfo else posted_at.replace(tzinfo=UTC)
    leaf, commitments = leaf_of_entry(
        {**entry, "posted_at": moment},
        debit=accounts[entry["debit_id"]],
        credit=accounts[entry["credit_id"]],
        reverses=reverses,
        paper_sha256=_paper(connection, entry),
    )
    row = {
        "id": leaf_id, "kind": "transfer", "transfer_id": entry["id"], "leaf": leaf, "hash": merkle.leaf_hash(leaf),
        "made_at": datetime.now(UTC).replace(microsecond=0),
    }  # fmt: skip
    made_at = column("made_at", sa.DateTime(timezone=True))
    table = sa.table("log_leaves", *(column(name) for name in row if name != "made_at"), made_at)
    connection.execute(sa.insert(table), row)
    connection.execute(sa.insert(sa.table("log_waiting", column("leaf_id"))), {"leaf_id": leaf_id})
    openings = sa.table("log_openings", *map(column, ("leaf_id", "field", "salt", "value")))
    for field, part in commitments.items():
        values = {"leaf_id": leaf_id, "field": field, "salt": part.salt, "value": part.value}
        connection.execute(sa.insert(openings), values)


def _paper(connection: Connection, entry: Mapping[str, Any]) -> str:
    """Fingerprint of the voucher's paper; "" if the entry has none."""
    if entry["voucher_code"] is None:
        return ""
    paper = "SELECT u.sha256 FROM vouchers v JOIN uploads u ON u.id = v.document_id WHERE v.code = :code"
    return connection.execute(sa.text(paper), {"code": entry["voucher_code"]}).scalar() or ""
