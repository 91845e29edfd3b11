"""The log's rows: leaves as they were made, their places in the tree, full tiles, sealed sizes; all only grow.

A leaf is written in the transaction of the entry that it stands for; it gets its place later, when the log is sealed,
so that no one row makes every posting wait. What a leaf commits to (names, words) lies apart and can be erased.
"""

from __future__ import annotations

import base64
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.append_only import append_only
from sun_commune.core.db import Base, Ref, RowId, StrEnumType, table_of


class LeafKind(StrEnum):
    """TRANSFER: an entry of the ledger. KEY: from now on this key signs the log. CLOSE: a period was closed."""

    TRANSFER = "transfer"
    KEY = "key"
    CLOSE = "close"


class LogLeaf(Base):
    """``leaf`` is the exact bytes that are hashed (transparency.leaves), ``hash`` SHA-256(0x00, leaf)."""

    __tablename__ = "log_leaves"

    id: Mapped[RowId]
    kind: Mapped[LeafKind] = mapped_column(StrEnumType(LeafKind))
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfers.id"), unique=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(kind = 'transfer') = (transfer_id IS NOT NULL)", name="transfer"),
        CheckConstraint("LENGTH(leaf) BETWEEN 2 AND 2048 AND LENGTH(hash) = 32", name="size"),
    )


class LogWaiting(Base):
    """A leaf that has no place yet. (Asking for leaves without one would read the whole log each time.)"""

    __tablename__ = "log_waiting"

    leaf_id: Mapped[Ref] = mapped_column(ForeignKey("log_leaves.id"), primary_key=True, autoincrement=False)


class LogPlace(Base):
    """The leaf's place in the tree, from 0, without gaps."""

    __tablename__ = "log_places"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf_id: Mapped[Ref] = mapped_column(ForeignKey("log_leaves.id"), unique=True)

    __table_args__ = (CheckConstraint("position >= 0", name="position"),)


class LogTile(Base):
    """A full tile (C2SP tlog-tiles): 256 hashes of 32 bytes, and the root over them, which stands in the tile above."""

    __tablename__ = "log_tiles"

    id: Mapped[RowId]
    level: Mapped[int]
    number: Mapped[int]
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        UniqueConstraint("level", "number"),
        CheckConstraint("LENGTH(hashes) = 8192 AND LENGTH(root) = 32", name="size"),
    )


class LogSeal(Base):
    """The tree of the first ``size`` leaves has this root: what the signer is asked to sign."""

    __tablename__ = "log_seals"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("size >= 1 AND LENGTH(root) = 32", name="size"),)


class DailyRoot(Base):
    """The last checkpoint that was signed on a day (Asia/Shanghai): what the announcement of that day says. ``note`` is
    the checkpoint as it was published, with its signatures."""

    __tablename__ = "log_daily_roots"

    day: Mapped[date] = mapped_column(primary_key=True)
    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("size >= 1 AND LENGTH(root) = 32", name="size"),)

    @property
    def root_text(self) -> str:
        """As it stands in the checkpoint."""
        return base64.b64encode(self.root).decode("ascii")


class KeyUse(Base):
    """A key of the log's signer: when the log said that it begins, and that it ends. Kept beside the leaves that say
    so, so that a new line in the published file is seen without reading the log."""

    __tablename__ = "log_key_uses"

    id: Mapped[RowId]
    key: Mapped[str] = mapped_column(String(300))
    is_beginning: Mapped[bool]
    leaf_id: Mapped[Ref] = mapped_column(ForeignKey("log_leaves.id"), unique=True)

    __table_args__ = (UniqueConstraint("key", "is_beginning"),)


class Opened(StrEnum):
    """What a leaf commits to without saying it."""

    PAYER = "payer"
    MEMO = "memo"
    DOC = "doc"


class LogOpening(Base):
    """What lies behind one commitment of a leaf: SHA-256(salt, value). Deleting the row leaves the leaf valid and the
    commitment beyond anybody's guess."""

    __tablename__ = "log_openings"

    id: Mapped[RowId]
    leaf_id: Mapped[Ref] = mapped_column(ForeignKey("log_leaves.id"))
    field: Mapped[Opened] = mapped_column(StrEnumType(Opened))
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("leaf_id", "field"),
        CheckConstraint("LENGTH(salt) = 32", name="salt"),
        Index(None, "leaf_id"),
    )


for _model, _keys in (
    (LogLeaf, ("id", "transfer_id")),
    (LogPlace, ("position", "leaf_id")),
    (LogTile, ("id",)),
    (LogSeal, ("size",)),
    (DailyRoot, ("day",)),
    (KeyUse, ("id", "leaf_id")),
):
    append_only(table_of(_model), _keys)
