"""Reads of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, func, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.paging import Page, page_of
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import VoucherState
from sun_commune.pledges.models import Claim
from sun_commune.statements.columns import Columns, FileKind, from_json
from sun_commune.statements.models import (
    FileState,
    LineState,
    StatementAccount,
    StatementFile,
    StatementLine,
    StatementMapping,
    StatementReturn,
)
from sun_commune.statements.movements import advance_rests, chunks
from sun_commune.uploads.models import Upload

PAGE_SIZE = 50
LINES_SHOWN = 100
AGES = (7, 30)  # days: the queue is counted up to a week, up to a month, older


# --- Files ---------------------------------------------------------------------------------------------------


def list_accounts() -> Sequence[StatementAccount]:
    return db.session.execute(select(StatementAccount).order_by(StatementAccount.name)).scalars().all()


def find_account(name: str) -> StatementAccount | None:
    return db.session.execute(select(StatementAccount).where(StatementAccount.name == name)).scalar_one_or_none()


def get_account(account_id: int) -> StatementAccount:
    return db.session.get_one(StatementAccount, account_id)


def find_file(sha256: str) -> StatementFile | None:
    return db.session.execute(select(StatementFile).where(StatementFile.sha256 == sha256)).scalar_one_or_none()


def get_file(code: str) -> StatementFile:
    """A file by its code; Missing if there is none."""
    row = db.session.execute(select(StatementFile).where(StatementFile.code == code)).scalar_one_or_none()
    if row is None:
        raise Missing
    return row


def document_of(file: StatementFile) -> Upload | None:
    return db.session.get(Upload, file.document_id) if file.document_id else None


def remembered_mappings() -> dict[str, Columns]:
    """All of them: a charity has a handful of accounts."""
    rows = db.session.execute(select(StatementMapping.fingerprint, StatementMapping.columns))
    return {row.fingerprint: from_json(row.columns) for row in rows}


class FileRow(NamedTuple):
    file: StatementFile
    account: StatementAccount
    lines_count: int
    open_fen: int


def list_files(*, after: str = "", size: int = PAGE_SIZE) -> Page[FileRow]:
    """Files, the newest first, with what of their money lies in suspense."""
    counted = (
        select(StatementLine.file_id, func.count().label("lines"), func.sum(StatementLine.open_fen).label("fen"))
        .group_by(StatementLine.file_id)
        .subquery()
    )
    statement = (
        select(StatementFile, StatementAccount, func.coalesce(counted.c.lines, 0), func.coalesce(counted.c.fen, 0))
        .join(StatementAccount, StatementAccount.id == StatementFile.account_id)
        .outerjoin(counted, counted.c.file_id == StatementFile.id)
        .order_by(StatementFile.id.desc())
    )
    last = select(StatementFile.id).where(StatementFile.code == after).scalar_subquery()
    if after:
        statement = statement.where(StatementFile.id < last)
    rows = [FileRow(row[0], row[1], int(row[2]), int(row[3])) for row in db.session.execute(statement.limit(size + 1))]
    return page_of(rows, [row.file.code for row in rows], size, after=after)


def count_lines(file_id: int) -> int:
    """Lines that this file has brought into the books so far."""
    statement = select(func.count()).select_from(StatementLine).where(StatementLine.file_id == file_id)
    return int(db.session.execute(statement).scalar_one())


def page_of_lines(file_id: int, *, after: str = "") -> Page[StatementLine]:
    """LINES_SHOWN lines that this file has brought, in its order."""
    statement = select(StatementLine).where(StatementLine.file_id == file_id)
    last = find_line(after) if after else None
    if last is not None:
        statement = statement.where(StatementLine.id > last.id)
    rows = db.session.execute(statement.order_by(StatementLine.id).limit(LINES_SHOWN + 1)).scalars().all()
    return page_of(rows, [row.code for row in rows], LINES_SHOWN, after=after)


def quiet_files(before: datetime, limit: int) -> Sequence[StatementFile]:
    """Files that are being posted and of which no batch has come since this moment."""
    statement = select(StatementFile).where(
        StatementFile.state == FileState.POSTING, StatementFile.progressed_at < before
    )
    return db.session.execute(statement.order_by(StatementFile.id).limit(limit)).scalars().all()


def lines_of_file(file_id: int) -> Sequence[StatementLine]:
    statement = select(StatementLine).where(StatementLine.file_id == file_id).order_by(StatementLine.row)
    return db.session.execute(statement).scalars().all()


# --- What is known already -----------------------------------------------------------------------------------


class Stored(NamedTuple):
    """A line that an earlier file brought."""

    code: str
    nth: int
    balance_fen: int | None


def lines_with_bases(bases: Iterable[str]) -> dict[str, list[Stored]]:
    """Lines by natural key, each list by ``nth``."""
    found: dict[str, list[Stored]] = {}
    for part in chunks(bases):
        statement = select(StatementLine.base, StatementLine.code, StatementLine.nth, StatementLine.balance_fen).where(
            StatementLine.base.in_(part)
        )
        for row in db.session.execute(statement.order_by(StatementLine.base, StatementLine.nth)):
            found.setdefault(row.base, []).append(Stored(row.code, row.nth, row.balance_fen))
    return found


def lines_elsewhere(references: Iterable[str], account_id: int) -> dict[tuple[str, int, date], tuple[str, str]]:
    """(reference, fen, day) of lines of other accounts -> their code and account's name."""
    found = {}
    for part in chunks(references):
        statement = (
            select(StatementLine, StatementAccount.name)
            .join(StatementAccount, StatementAccount.id == StatementLine.account_id)
            .join(StatementFile, StatementFile.id == StatementLine.file_id)
            .where(StatementLine.reference.in_(part), StatementLine.account_id != account_id)
            .where(StatementFile.kind != FileKind.NOTICES)
        )
        for line, name in db.session.execute(statement):
            found[(line.reference, line.amount_fen, line.booked_on)] = (line.code, name)
    return found


class HandRecord(NamedTuple):
    """What treasurers recorded by hand under one bank reference, and no statement line counts yet. ``entry_uid`` is the
    entry of the rest of an advance, "" for gifts."""

    amount_fen: int
    claim_code: str
    entry_uid: str = ""


def recorded_by_hand(references: Iterable[str]) -> dict[str, HandRecord]:
    """Standing payments that were recorded by hand, by reference; those that a line already counts are left out."""
    found: dict[str, HandRecord] = {}
    counted = select(StatementLine.id).where(
        StatementLine.reference == Delivery.bank_reference, StatementLine.recorded_fen > 0
    )
    for part in chunks(references):
        statement = (
            select(Delivery.bank_reference, Transfer.amount_fen, Transfer.claim_code)
            .join(Transfer, Transfer.uid == Delivery.transfer_uid)
            .where(Delivery.bank_reference.in_(part), Transfer.source_code.is_(None), ~counted.exists())
        )
        for reference, fen, claim_code in db.session.execute(statement):
            before = found.get(str(reference), HandRecord(0, ""))
            found[str(reference)] = HandRecord(before.amount_fen + fen, claim_code or "")
        for rest in advance_rests(part):
            found.setdefault(rest.reference, HandRecord(rest.fen, "", rest.uid))
    return found


def find_whole_arrival(reference: str, amount_fen: int) -> StatementLine | None:
    """The one line of this reference and amount that lies in suspense whole and is not spoken for."""
    statement = select(StatementLine).where(
        StatementLine.reference == reference, StatementLine.amount_fen == amount_fen,
        StatementLine.open_fen == amount_fen,
    )  # fmt: skip
    found = db.session.execute(statement.limit(2)).scalars().all()
    return found[0] if len(found) == 1 and not reserved_fen(found[0].id) else None


def noticed_before(references: Iterable[str]) -> dict[str, StatementLine]:
    """By reference, lines that a provider has told of and that no statement has shown yet."""
    found: dict[str, StatementLine] = {}
    for part in chunks(references):
        statement = (
            select(StatementLine)
            .join(StatementFile, StatementFile.id == StatementLine.file_id)
            .where(StatementLine.reference.in_(part), StatementFile.kind == FileKind.NOTICES)
        )
        found |= {line.reference: line for line in db.session.execute(statement).scalars()}
    return found


def find_arrival(reference: str) -> StatementLine | None:
    """The line of money that came under this reference; the first one where an account has it twice."""
    statement = select(StatementLine).where(StatementLine.reference == reference, StatementLine.amount_fen > 0)
    return db.session.execute(statement.order_by(StatementLine.id).limit(1)).scalar_one_or_none()


def holds_reference(reference: str) -> bool:
    """An incoming line has this reference: its money is in the books. Bound for deliveries by the switchboard."""
    return find_arrival(reference) is not None


def claims_with_codes(payment_codes: Iterable[str]) -> list[Claim]:
    found: list[Claim] = []
    for part in chunks(payment_codes):
        found += db.session.execute(select(Claim).where(Claim.payment_code.in_(part))).scalars()
    return found


# --- Suspense ------------------------------------------------------------------------------------------------


def find_line(code: str) -> StatementLine | None:
    return db.session.execute(select(StatementLine).where(StatementLine.code == code)).scalar_one_or_none()


def get_line(code: str) -> StatementLine:
    """A line by its code; Missing if there is none."""
    line = find_line(code)
    if line is None:
        raise Missing
    return line


def get_line_by_id(line_id: int) -> StatementLine:
    return db.session.get_one(StatementLine, line_id)


def list_open(*, after: str = "", size: int = PAGE_SIZE) -> Page[StatementLine]:
    """Lines with money in suspense, the oldest first."""
    statement = select(StatementLine).where(StatementLine.state == LineState.OPEN)
    last = find_line(after) if after else None
    if last is not None:
        place = (StatementLine.booked_on > last.booked_on) | (
            (StatementLine.booked_on == last.booked_on) & (StatementLine.id > last.id)
        )
        statement = statement.where(place)
    statement = statement.order_by(StatementLine.booked_on, StatementLine.id).limit(size + 1)
    rows = db.session.execute(statement).scalars().all()
    return page_of(rows, [row.code for row in rows], size, after=after)


@dataclass(frozen=True)
class Age:
    """Lines in suspense whose day lies from ``least`` to ``most`` days back (None: and more); ``fen`` of all."""

    least: int
    most: int | None
    lines_count: int
    fen: int


def ages() -> list[Age]:
    """How long suspense has waited. No names, so the sum may stand in public."""
    borders = [0, *(days + 1 for days in AGES)]
    found = []
    for place, least in enumerate(borders):
        most = borders[place + 1] - 1 if place + 1 < len(borders) else None
        statement = select(func.count(), func.coalesce(func.sum(StatementLine.open_fen), 0)).where(
            StatementLine.state == LineState.OPEN, StatementLine.booked_on <= today() - timedelta(days=least)
        )
        if most is not None:
            statement = statement.where(StatementLine.booked_on >= today() - timedelta(days=most))
        count, fen = db.session.execute(statement).one()
        found.append(Age(least, most, int(count), int(fen)))
    return found


def reserved_fen(line_id: int) -> int:
    """Fen of a line that a drafted return waits for."""
    statement = select(func.coalesce(func.sum(StatementReturn.amount_fen), 0)).where(
        StatementReturn.line_id == line_id, StatementReturn.state == VoucherState.DRAFTED
    )
    return int(db.session.execute(statement).scalar_one())


def returns_of(line_id: int) -> Sequence[StatementReturn]:
    statement = select(StatementReturn).where(StatementReturn.line_id == line_id).order_by(StatementReturn.id)
    return db.session.execute(statement).scalars().all()


def get_return(code: str) -> StatementReturn:
    row = db.session.execute(select(StatementReturn).where(StatementReturn.code == code)).scalar_one_or_none()
    if row is None:
        raise Missing
    return row


def waiting_returns() -> Sequence[tuple[StatementReturn, StatementLine]]:
    """Returns that a second person has to decide, the oldest first."""
    statement = (
        select(StatementReturn, StatementLine)
        .join(StatementLine, StatementLine.id == StatementReturn.line_id)
        .where(StatementReturn.state == VoucherState.DRAFTED)
        .order_by(StatementReturn.made_at, StatementReturn.id)
        .limit(200)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def entries_of(line_code: str) -> Sequence[Transfer]:
    """All entries that name the line, in the order of posting."""
    statement = select(Transfer).where(Transfer.source_code == line_code).order_by(Transfer.id)
    return db.session.execute(statement).scalars().all()


def hand_entries_of(line: StatementLine) -> Sequence[Transfer]:
    """The entries that stand for the part of a line that was recorded by hand."""
    if not line.recorded_fen:
        return []
    if line.entry_uid:
        return db.session.execute(select(Transfer).where(Transfer.uid == line.entry_uid)).scalars().all()
    statement = (
        select(Transfer)
        .join(Delivery, Delivery.transfer_uid == Transfer.uid)
        .where(Delivery.bank_reference == line.reference, Transfer.source_code.is_(None))
    )
    return db.session.execute(statement.order_by(Transfer.id)).scalars().all()


def names_of(*user_ids: int | None) -> dict[int, str]:
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return {row.id: row.name for row in db.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))}


def files_to_forget(before: date, limit: int = 50) -> Sequence[StatementFile]:
    """Posted files whose last movement lies before this day and whose private halves are still there."""
    statement = select(StatementFile).where(
        and_(StatementFile.state == FileState.POSTED, StatementFile.last_on < before),
        StatementFile.document_id.is_not(None),
    )
    return db.session.execute(statement.order_by(StatementFile.id).limit(limit)).scalars().all()
