"""A file comes in, is kept sealed, gets its columns, or goes again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import random_code, yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, find_private, to_half_width
from sun_commune.statements import policies, queries, vault
from sun_commune.statements.columns import (
    Column,
    Columns,
    FileKind,
    Layout,
    find_layout,
    fingerprint,
    from_json,
    is_readable,
    to_json,
)
from sun_commune.statements.events import StatementColumnsChosen, StatementDropped, StatementRead
from sun_commune.statements.models import (
    FILE_SERIES,
    FileState,
    StatementAccount,
    StatementFile,
    StatementMapping,
)
from sun_commune.statements.tables import BadFile, Rows, read_rows
from sun_commune.uploads import services as uploads
from sun_commune.uploads import storage
from sun_commune.uploads.documents import PreparedDocument

MEGABYTE = 1024 * 1024
NAME_LENGTH = (2, 60)


@dataclass(frozen=True)
class PreparedStatement:
    """A file read before the transaction, which holds the only write lock."""

    data: bytes
    rows: Rows
    sha256: str


def prepare_statement(data: bytes, *, most_megabytes: int) -> PreparedStatement:
    """Read the bytes; BadFile (at ``file``) with a sentence for whoever chose it."""
    if len(data) > most_megabytes * MEGABYTE:
        raise BadFile(_l("This file is larger than %(most)s MB.", most=most_megabytes))
    return PreparedStatement(data, read_rows(data), hashlib.sha256(data).hexdigest())


def store_statement(actor: User, prepared: PreparedStatement, *, account_name: str) -> StatementFile:
    """Keep the file for the account of this name (made at first use), with the columns that are known or guessed.

    The very same file again gives back the one that is there, whatever the account: nothing changes.
    """
    _require(policies.can_import(actor))
    earlier = queries.find_file(prepared.sha256)
    if earlier is not None:
        return earlier
    account = _open_account(actor, account_name)
    layout = find_layout(prepared.rows, queries.remembered_mappings())
    sealed = vault.seal_file(prepared.data, prepared.sha256)
    paper = PreparedDocument(sealed, "application/octet-stream", prepared.sha256)
    file = StatementFile(
        code=next_file_code(), account_id=account.id, kind=layout.kind, sha256=prepared.sha256,
        document_id=uploads.store_document(actor_id=actor.id, document=paper).id, header_row=layout.header_row,
        columns=to_json(layout.columns), read_by=actor.id, read_at=now(), state=FileState.READ,
    )  # fmt: skip
    db.session.add(file)
    db.session.flush()
    announce(StatementRead(actor_id=actor.id, object_code=file.code, to_state=file.state.value))
    return file


def next_file_code() -> str:
    year = today().year
    return yearly_code(FILE_SERIES, year, next_number(f"{FILE_SERIES}-{year}"))


def _open_account(actor: User, name: str) -> StatementAccount:
    name = to_half_width(clean_line(name))
    least, most = NAME_LENGTH
    if not least <= len(name) <= most:
        words = _l("Name the account in %(least)s to %(most)s characters.", least=least, most=most)
        raise RuleBroken(words, field="account_name")
    if find_private(name):
        raise RuleBroken(
            _l("Name the account without its number: the last four digits are enough."), field="account_name"
        )
    return account_named(name, created_by=actor.id)


def account_named(name: str, *, created_by: int) -> StatementAccount:
    """The account of this name, made at first use."""
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    row = {"code": random_code("ZH"), "name": name, "created_by": created_by, "created_at": now()}
    session.execute(insert(StatementAccount).values(row).on_conflict_do_nothing(index_elements=["name"]))
    account = queries.find_account(name)
    if account is None:
        raise RuntimeError("the account that was just made is not there")
    return account


def open_statement(file: StatementFile) -> tuple[Rows, Layout]:
    """The file's rows and what its columns mean. RuleBroken once the file was forgotten."""
    document = queries.document_of(file)
    if document is None:
        raise RuleBroken(_l("The file was deleted when its time was over; its lines are kept."))
    try:
        sealed = storage.document_path(document.token).read_bytes()
    except FileNotFoundError as error:
        raise RuleBroken(_l("The file is not on the disk any more. Ask the operator for the backup.")) from error
    rows = read_rows(vault.open_file(sealed, file.sha256))
    return rows, Layout(file.kind, file.header_row, from_json(file.columns))


def choose_columns(actor: User, file: StatementFile, rows: Rows, *, header_row: int, columns: Columns) -> StatementFile:
    """The treasurer says what the columns mean; the header's fingerprint remembers it for the next file.

    ``header_row`` counts from 0, -1 for a file without a header (which cannot be remembered).
    """
    _require(policies.can_import(actor))
    if file.kind is not FileKind.BANK:
        raise Conflict(_l("The columns of this bill are known; there is nothing to choose."))
    if file.state is not FileState.READ:
        raise Conflict(_l("This statement is posted. Its columns stay as they are."))
    _check_columns(rows, header_row, columns)
    file.header_row, file.columns = header_row, to_json(columns)
    if header_row >= 0:
        _remember(actor, fingerprint(rows[header_row]), file.columns)
    db.session.flush()
    announce(StatementColumnsChosen(actor_id=actor.id, object_code=file.code, to_state=file.state.value))
    return file


def _check_columns(rows: Rows, header_row: int, columns: Columns) -> None:
    if not -1 <= header_row < len(rows):
        raise RuleBroken(_l("The file has no such row."), field="header_row")
    if not is_readable(columns):
        words = _l("Choose the column of the day, and either one column of amounts or those of money in and out.")
        raise RuleBroken(words, field=Column.DATE.value)
    if Column.AMOUNT in columns and (Column.INCOME in columns or Column.OUTGO in columns):
        words = _l("Choose one column of amounts, or two for money in and out, not both ways.")
        raise RuleBroken(words, field=Column.AMOUNT.value)
    places = list(columns.values())
    twice = next((column for column, place in columns.items() if places.count(place) > 1), None)
    if twice is not None:
        raise RuleBroken(_l("This column was chosen twice."), field=twice.value)


def _remember(actor: User, print_: str, columns: str) -> None:
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    row = {"fingerprint": print_, "columns": columns, "updated_by": actor.id, "updated_at": now()}
    statement = insert(StatementMapping).values(row)
    changed = {name: statement.excluded[name] for name in ("columns", "updated_by", "updated_at")}
    session.execute(statement.on_conflict_do_update(index_elements=["fingerprint"], set_=changed))


def drop_statement(actor: User, file: StatementFile) -> None:
    """A file that was never posted goes, with its bytes."""
    _require(policies.can_import(actor))
    if file.state is not FileState.READ:
        raise Conflict(_l("This statement is posted. It stays."))
    code, document = file.code, queries.document_of(file)
    db.session.delete(file)
    db.session.flush()
    if document is not None:
        uploads.remove_upload(document)
    announce(StatementDropped(actor_id=actor.id, object_code=code, from_state=FileState.READ.value))


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed
