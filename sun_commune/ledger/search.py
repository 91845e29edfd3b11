"""The search index of the entries: by donor's shown name, goods, purpose and codes.

FTS5 on SQLite, tsvector with GIN on PostgreSQL, the same tokens on both (core.search_text). An entry never changes, so
it is indexed once, at posting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, cast, column, select, table, text
from sqlalchemy.dialects import postgresql

from sun_commune.core.append_only import guard
from sun_commune.core.db import db, is_sqlite, table_of
from sun_commune.core.search_text import fts5_query, index_text, parse_query, tsquery
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Voucher

SQLITE = ["CREATE VIRTUAL TABLE transfer_search USING fts5(document, content='', tokenize='ascii')"]
POSTGRESQL = [
    "CREATE TABLE transfer_search (transfer_id bigint PRIMARY KEY, document tsvector NOT NULL)",
    "CREATE INDEX ix_transfer_search_document ON transfer_search USING gin (document)",
]
#: Columns of an entry that it is found by, beside its voucher's purpose.
FOUND_BY = ("donor_shown", "item", "need_code", "to_need_code", "claim_code", "voucher_code", "reason")
_INSERT_SQLITE = text("INSERT INTO transfer_search (rowid, document) VALUES (:id, :document)")
_INSERT_POSTGRESQL = text(
    "INSERT INTO transfer_search (transfer_id, document) VALUES (:id, to_tsvector('simple', :document))"
)
guard(table_of(Transfer), sqlite=SQLITE, postgresql=POSTGRESQL)

INDEX = table("transfer_search", column("rowid", BigInteger), column("transfer_id", BigInteger), column("document"))


def index_transfer(transfer: Transfer) -> None:
    """Put an entry that was just posted into the index, in its transaction."""
    purpose = ""
    if transfer.voucher_code:
        found = select(Voucher.purpose).where(Voucher.code == transfer.voucher_code)
        purpose = db.session().execute(found).scalar() or ""
    said = {name: getattr(transfer, name) for name in FOUND_BY}
    index_documents([{"id": transfer.id, "document": document_of(said, purpose)}])


def document_of(said: Mapping[str, Any], purpose: str = "") -> str:
    """What an entry is found by."""
    return index_text([str(said[name]) for name in FOUND_BY if said.get(name)] + ([purpose] if purpose else []))


def index_documents(documents: Sequence[Mapping[str, Any]]) -> None:
    if documents:
        session = db.session()
        session.execute(_INSERT_SQLITE if is_sqlite(session) else _INSERT_POSTGRESQL, list(documents))


def key() -> Any:
    """The index's own id of an entry. Order by it: the order of posting, and a page ends the search."""
    return INDEX.c.rowid if is_sqlite(db.session()) else INDEX.c.transfer_id


def restrict(statement: Select[Any], words: str) -> Select[Any]:
    """Only entries in which all the words are found; the index is read first. Nothing to search for finds nothing."""
    sqlite, parsed = is_sqlite(db.session()), parse_query(words)
    statement = statement.select_from(INDEX.join(Transfer.__table__, key() == Transfer.id))
    if not parsed:
        return statement.where(text("1 = 0"))
    if sqlite:
        return statement.where(text("transfer_search MATCH :words").bindparams(words=fts5_query(parsed)))
    return statement.where(INDEX.c.document.op("@@")(cast(tsquery(parsed), postgresql.TSQUERY)))
