"""Statements of the charity's accounts: files, remembered mappings, lines, and money that is to go back.

Who paid and what they wrote is sealed (core.sealing) and never public; a line's code is, as ``source_code`` of its
entries in the ledger.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Fen, Ref, RowId, StrEnumType, only_where
from sun_commune.ledger.papers import VoucherState
from sun_commune.statements.columns import FileKind

LINE_SERIES = "ZD"
FILE_SERIES = "DZ"
RETURN_SERIES = "TH"


#: A line of money that went, for which no entry stands and of which nobody has said what it is.
WAITS_FOR_ENTRY = "state = 'outgoing' AND entry_uid IS NULL AND outgoing_kind IS NULL"


class FileState(StrEnum):
    """READ: stored and looked at, nothing in the books. POSTING: some of its lines are, the rest follows in batches
    (and after a crash too). POSTED: all are."""

    READ = "read"
    POSTING = "posting"
    POSTED = "posted"


class LineState(StrEnum):
    """PLACED: all of it has its purpose, or went back. OPEN: some of it lies in suspense. OUTGOING: money that went."""

    PLACED = "placed"
    OPEN = "open"
    OUTGOING = "outgoing"


class SuspenseReason(StrEnum):
    """Why money lies in suspense; kept when it has been placed."""

    NO_CODE = "no_code"
    UNREADABLE_CODE = "unreadable_code"
    UNKNOWN_CODE = "unknown_code"
    SEVERAL_CODES = "several_codes"
    OVERPAID = "overpaid"
    RECORDED_REST = "recorded_rest"
    NOTHING_LEFT = "nothing_left"
    CLAIM_OVER = "claim_over"
    NEED_WITHDRAWN = "need_withdrawn"
    TOO_EARLY = "too_early"
    INVOLVED = "involved"
    BOUNCED = "bounced"
    TAKEN_BACK = "taken_back"
    PAID_ONLINE = "paid_online"


class Fate(StrEnum):
    """What becomes of a line of a file, as the dry run tells it."""

    MATCHED = "matched"
    SUSPENSE = "suspense"
    KNOWN = "known"
    RECORDED = "recorded"
    NOTICED = "noticed"
    OUTGOING = "outgoing"
    WRONG = "wrong"


class OutgoingKind(StrEnum):
    """What a line of outgoing money is, when no entry stands for it."""

    FEE = "fee"
    OTHER = "other"


class TieRule(StrEnum):
    """Why a line and an entry are held to be one movement: both name the reference; they alone have the amount about
    the day; a treasurer said so."""

    REFERENCE = "reference"
    AMOUNT = "amount"
    PERSON = "person"


class StatementAccount(Base):
    """One account of the charity: at a bank, WeChat Pay or Alipay. The name is what the treasurer calls it."""

    __tablename__ = "statement_accounts"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    created_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]


class StatementMapping(Base):
    """What the columns below a header mean (JSON, Column -> place), remembered by the header's fingerprint."""

    __tablename__ = "statement_mappings"

    id: Mapped[RowId]
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    columns: Mapped[str] = mapped_column(Text)
    updated_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[datetime]


class StatementFile(Base):
    """A file as it was handed in. Its bytes lie among the private papers, sealed; after SUN_STATEMENT_YEARS they go.

    ``header_row`` counts from 0, -1: the file has no header. ``columns`` is JSON as in StatementMapping. While it is
    posted, ``posted_by`` is who decided to, ``expected_count`` how many lines it will have brought, ``progressed_at``
    when the last batch of them came.
    """

    __tablename__ = "statement_files"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    account_id: Mapped[Ref] = mapped_column(ForeignKey("statement_accounts.id"))
    kind: Mapped[FileKind] = mapped_column(StrEnumType(FileKind))
    state: Mapped[FileState] = mapped_column(StrEnumType(FileState), default=FileState.READ)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"))
    header_row: Mapped[int]
    columns: Mapped[str] = mapped_column(Text, default="{}")
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    wrong_count: Mapped[int] = mapped_column(default=0)
    read_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    read_at: Mapped[datetime]
    posted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    posted_at: Mapped[datetime | None]
    expected_count: Mapped[int | None]
    progressed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(state = 'posted') = (posted_at IS NOT NULL)", name="posted_has_moment"),
        Index(None, "state", "read_at"),
    )


class StatementLine(Base):
    """One movement of an account. ``amount_fen`` is positive for money that came, negative for money that went.

    ``base`` and ``nth`` are the line's natural key: SHA-256 of account, bank's reference and amount, or, without a
    reference, of account, day, amount, payer and memo; and the how-manieth such line it is. So no file, however often
    or with whatever overlap it is imported, brings a movement twice.

    Of incoming money ``recorded_fen`` was recorded by hand before, ``open_fen`` lies in suspense, the rest has its
    purpose. ``entry_uid`` is the entry of the ledger that a line is the bank's side of (a line has one entry, an entry
    one line), ``tied_by`` why.
    """

    __tablename__ = "statement_lines"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    account_id: Mapped[Ref] = mapped_column(ForeignKey("statement_accounts.id"))
    file_id: Mapped[Ref] = mapped_column(ForeignKey("statement_files.id"))
    row: Mapped[int]
    base: Mapped[str] = mapped_column(String(64))
    nth: Mapped[int]
    booked_on: Mapped[date]
    amount_fen: Mapped[Fen]
    balance_fen: Mapped[Fen | None]
    reference: Mapped[str] = mapped_column(String(64), default="")
    payer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    payer_account_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    memo_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[LineState] = mapped_column(StrEnumType(LineState))
    reason: Mapped[SuspenseReason | None] = mapped_column(StrEnumType(SuspenseReason))
    claim_code: Mapped[str | None] = mapped_column(String(20))
    recorded_fen: Mapped[Fen] = mapped_column(default=0)
    open_fen: Mapped[Fen] = mapped_column(default=0)
    entry_uid: Mapped[str | None] = mapped_column(String(40), unique=True)
    tied_by: Mapped[TieRule | None] = mapped_column(StrEnumType(TieRule))
    outgoing_kind: Mapped[OutgoingKind | None] = mapped_column(StrEnumType(OutgoingKind))
    posted_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    posted_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("amount_fen <> 0 AND amount_fen BETWEEN -100000000000 AND 100000000000", name="amount"),
        CheckConstraint("(state = 'outgoing') = (amount_fen < 0)", name="outgoing_is_negative"),
        CheckConstraint("(state = 'open') = (open_fen > 0)", name="open_has_money"),
        CheckConstraint(
            "state = 'outgoing' OR (recorded_fen >= 0 AND open_fen >= 0 AND recorded_fen + open_fen <= amount_fen)",
            name="parts",
        ),
        CheckConstraint("nth >= 1", name="nth"),
        Index("uq_statement_lines_base_nth", "base", "nth", unique=True),
        Index(None, "state", "booked_on", "id"),
        Index(None, "account_id", "booked_on", "id"),
        Index(None, "file_id", "row"),
        Index(None, "reference"),
        Index(
            "ix_statement_lines_waiting", "amount_fen", "booked_on", "id",
            **only_where(WAITS_FOR_ENTRY),
        ),
    )  # fmt: skip


class StatementReturn(Base):
    """Money of a line that is to go back to whoever sent it: one treasurer asks, another decides.

    ``taken_by_id`` is the outgoing line by which the bank has taken it already (a transfer that failed).
    """

    __tablename__ = "statement_returns"

    id: Mapped[RowId]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    line_id: Mapped[Ref] = mapped_column(ForeignKey("statement_lines.id"))
    amount_fen: Mapped[Fen]
    reason: Mapped[str] = mapped_column(String(200))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("statement_lines.id"))
    state: Mapped[VoucherState] = mapped_column(StrEnumType(VoucherState), default=VoucherState.DRAFTED)
    maker_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(100), default="")
    transfer_uid: Mapped[str | None] = mapped_column(String(40), unique=True)

    __table_args__ = (
        CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name="amount"),
        CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="four_eyes"),
        CheckConstraint("(state = 'approved') = (transfer_uid IS NOT NULL)", name="approved_is_posted"),
        CheckConstraint("(state = 'drafted') = (checker_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("state IN ('drafted', 'approved', 'refused')", name="state"),
        Index(
            "uq_statement_returns_open", "line_id", unique=True,
            **only_where("state = 'drafted'"),
        ),
        Index(None, "state", "made_at"),
    )  # fmt: skip
