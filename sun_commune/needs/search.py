"""The search index of published needs: FTS5 on SQLite, a tsvector with GIN on PostgreSQL, one token text.

A need is indexed once, when it is first published: its title, lines and place do not change afterwards. Whether it
may be shown is decided by the list's own condition, so a need that is paused only leaves the answers, not the index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, TextClause, bindparam, cast, column, select, table, text
from sqlalchemy.dialects import postgresql

from sun_commune.core.append_only import guard
from sun_commune.core.db import db, is_sqlite, table_of
from sun_commune.core.search_text import index_text
from sun_commune.needs.models import Need, NeedLine
from sun_commune.places.models import Place

SQLITE = ["CREATE VIRTUAL TABLE need_search USING fts5(document, content='', tokenize='ascii')"]
POSTGRESQL = [
    "CREATE TABLE need_search (need_id bigint PRIMARY KEY, document tsvector NOT NULL)",
    "CREATE INDEX ix_need_search_document ON need_search USING gin (document)",
]
_INSERT_SQLITE = text("INSERT INTO need_search (rowid, document) VALUES (:id, :document)")
_INSERT_POSTGRESQL = text("INSERT INTO need_search (need_id, document) VALUES (:id, to_tsvector('simple', :document))")
guard(table_of(Need), sqlite=SQLITE, postgresql=POSTGRESQL)


def index_need(need_id: int) -> None:
    """Put one need into the index unless it is there (in the caller's transaction)."""
    session = db.session()
    sqlite = is_sqlite(session)
    known = "SELECT 1 FROM need_search WHERE rowid = :id" if sqlite else "SELECT 1 FROM need_search WHERE need_id = :id"
    if session.execute(text(known), {"id": need_id}).first():
        return
    index_documents([{"id": need_id, "document": document_of(need_id)}])


def index_documents(documents: Sequence[Mapping[str, Any]]) -> None:
    """Put needs that are not yet there into the index: each ``id`` with its ``document`` (``index_text``)."""
    if documents:
        session = db.session()
        session.execute(_INSERT_SQLITE if is_sqlite(session) else _INSERT_POSTGRESQL, list(documents))


def document_of(need_id: int) -> str:
    """What the index holds, or would hold now, of a need. FTS5 forgets a text only if it is told the same text."""
    return index_text(_texts(need_id))


def replace_document(need_id: int, old: str) -> None:
    """Index the need anew; ``old`` is ``document_of`` from before the change."""
    session = db.session()
    new = {"id": need_id, "document": document_of(need_id)}
    if not is_sqlite(session):
        statement = "UPDATE need_search SET document = to_tsvector('simple', :document) WHERE need_id = :id"
        session.execute(text(statement), new)
        return
    forget = "INSERT INTO need_search (need_search, rowid, document) VALUES ('delete', :id, :document)"
    session.execute(text(forget), {"id": need_id, "document": old})
    session.execute(_INSERT_SQLITE, new)


def compact() -> None:
    """Write the index anew without what was taken out of it: FTS5 only marks that, until its parts are merged."""
    session = db.session()
    if is_sqlite(session):
        session.execute(text("INSERT INTO need_search (need_search) VALUES ('optimize')"))


def _texts(need_id: int) -> list[str]:
    """What a need is found by: title, code, the things asked for, village (if it may be named), township, county."""
    session = db.session()
    need = session.execute(
        select(Need.title, Need.code, Need.village_code, Need.names_village, Need.township_code, Need.county_code)
        .where(Need.id == need_id)
    ).one()  # fmt: skip
    codes = [need.township_code, need.county_code] + ([need.village_code] if need.names_village else [])
    items = session.execute(select(NeedLine.item).where(NeedLine.need_id == need_id).order_by(NeedLine.position))
    names = session.execute(select(Place.name).where(Place.code.in_(codes)))
    return [need.title, need.code, *items.scalars(), *names.scalars()]


INDEX = table("need_search", column("rowid", BigInteger), column("need_id", BigInteger), column("document"))


def joined(*, sqlite: bool) -> tuple[ColumnElement[int], ColumnElement[bool] | TextClause]:
    """For a select that joins ``INDEX``: its id column (order by it, newest last) and the condition that the words
    bound as ``words`` (``fts5_query`` or ``tsquery`` of ``parse_query``) are found.

    A join in the index's own order lets both databases stop after a page; ``id IN (...)`` would collect every hit.
    """
    if sqlite:
        return INDEX.c.rowid, text("need_search MATCH :words")
    return INDEX.c.need_id, INDEX.c.document.op("@@")(cast(bindparam("words"), postgresql.TSQUERY))
