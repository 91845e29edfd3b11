"""Reads of the log: its size, its tiles, its leaves by place, what is not signed yet, the figures at a size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, select

from sun_commune.core.db import db
from sun_commune.ledger import figures
from sun_commune.ledger.figures import Totals
from sun_commune.ledger.models import SumKind, Transfer, TransferKind
from sun_commune.ledger.sums import Sums
from sun_commune.transparency.merkle import HASH_BYTES
from sun_commune.transparency.models import DailyRoot, KeyUse, LogLeaf, LogPlace, LogSeal, LogTile, LogWaiting
from sun_commune.transparency.tiles import WIDTH, Tile, TileReader, pack_entries


def log_size() -> int:
    """How many leaves have a place."""
    newest = db.session.execute(select(func.max(LogPlace.position))).scalar()
    return 0 if newest is None else newest + 1


def latest_seal() -> LogSeal | None:
    return db.session.execute(select(LogSeal).order_by(LogSeal.size.desc()).limit(1)).scalar_one_or_none()


def tile_hashes(level: int, number: int, width: int = WIDTH) -> bytes:
    """The first ``width`` hashes of a tile; fewer if the log has not grown so far."""
    stored = select(LogTile.hashes).where(LogTile.level == level, LogTile.number == number)
    found = db.session.execute(stored).scalar()
    if found is not None:
        return found[: width * HASH_BYTES]
    first = number * WIDTH
    if level == 0:
        hashes = (
            select(LogLeaf.hash)
            .join(LogPlace, LogPlace.leaf_id == LogLeaf.id)
            .where(LogPlace.position >= first, LogPlace.position < first + width)
            .order_by(LogPlace.position)
        )
    else:
        hashes = (
            select(LogTile.root)
            .where(LogTile.level == level - 1, LogTile.number >= first, LogTile.number < first + width)
            .order_by(LogTile.number)
        )
    return b"".join(db.session.execute(hashes).scalars())


def leaves_at(first: int, count: int) -> Sequence[bytes]:
    statement = (
        select(LogLeaf.leaf)
        .join(LogPlace, LogPlace.leaf_id == LogLeaf.id)
        .where(LogPlace.position >= first, LogPlace.position < first + count)
        .order_by(LogPlace.position)
    )
    return db.session.execute(statement).scalars().all()


def tile_bytes(tile: Tile) -> bytes:
    """A tile's or an entry bundle's bytes; shorter than it says if the log has not grown so far."""
    if tile.level < 0:
        return pack_entries(leaves_at(tile.number * WIDTH, tile.width))
    return tile_hashes(tile.level, tile.number, tile.width)


def reader(size: int) -> TileReader:
    """For merkle's proofs over the first ``size`` places."""
    return TileReader(size, tile_bytes)


def key_uses() -> dict[str, bool]:
    """Every key that the log names, in the order of naming, and whether it still signs."""
    rows = db.session.execute(select(KeyUse.key, KeyUse.is_beginning).order_by(KeyUse.id))
    return {row.key: row.is_beginning for row in rows}


def daily_roots(*, before: date | None = None, size: int = 31) -> Sequence[DailyRoot]:
    """The newest first."""
    statement = select(DailyRoot).order_by(DailyRoot.day.desc()).limit(size)
    if before is not None:
        statement = statement.where(DailyRoot.day < before)
    return db.session.execute(statement).scalars().all()


def recorded_days(since: date) -> set[date]:
    return set(db.session.execute(select(DailyRoot.day).where(DailyRoot.day >= since)).scalars())


def oldest_unsigned(size: int) -> datetime | None:
    """When the oldest leaf beyond the first ``size`` places was made; None if all leaves are among those."""
    # Leaves have their numbers in the order in which they were made: the first that waits is the oldest.
    waiting = select(LogLeaf.made_at).where(LogLeaf.id == select(func.min(LogWaiting.leaf_id)).scalar_subquery())
    placed = select(LogLeaf.made_at).join(LogPlace, LogPlace.leaf_id == LogLeaf.id).where(LogPlace.position == size)
    found = [db.session.execute(statement).scalar() for statement in (waiting, placed)]
    return min((moment for moment in found if moment is not None), default=None)


def totals_at(size: int) -> Totals:
    """The public figures as the first ``size`` leaves give them: those of now without the entries that came after.

    Costs as much as there are entries after; to be asked within ``selfcheck.watch()``, one view of the database.
    """
    taken = dict[SumKind, Sums]()
    for statement in _entries_after(size):
        for row in db.session.execute(statement):
            sums = int(row.posted), int(row.back), int(row.number)
            _take(taken, SumKind(row.kind.value), sums)
            if row.kind is TransferKind.MOVED:
                _take(taken, SumKind.MOVED_IN, (sums[0], sums[1], 0))
    return figures.totals_without(taken)


def _entries_after(size: int) -> tuple[Select[TransferKind, Any, Any, int], ...]:
    forward = Transfer.reverses_id.is_(None)
    sums = (
        select(
            Transfer.kind,
            func.sum(case((forward, Transfer.amount_fen), else_=0)).label("posted"),
            func.sum(case((forward, 0), else_=Transfer.amount_fen)).label("back"),
            func.count().label("number"),
        )
        .join(LogLeaf, LogLeaf.transfer_id == Transfer.id)
        .group_by(Transfer.kind)
    )
    return (
        sums.join(LogWaiting, LogWaiting.leaf_id == LogLeaf.id),
        sums.join(LogPlace, LogPlace.leaf_id == LogLeaf.id).where(LogPlace.position >= size),
    )


def _take(taken: dict[SumKind, Sums], kind: SumKind, sums: Sums) -> None:
    before = taken.get(kind, (0, 0, 0))
    taken[kind] = (before[0] + sums[0], before[1] + sums[1], before[2] + sums[2])
