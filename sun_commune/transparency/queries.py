"""Reads of the log: its size, its tiles, its leaves by place, proofs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from sun_commune.core.db import db
from sun_commune.transparency.merkle import HASH_BYTES
from sun_commune.transparency.models import LogLeaf, LogPlace, LogSeal, LogTile
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
