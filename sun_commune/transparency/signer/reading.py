"""The log as the signer reads it: leaves alone are believed, and only after the tree over them came out right.

Needs SELECT on log_places, log_leaves, log_seals and log_tiles, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import Connection, Engine, create_engine, make_url, text

from sun_commune.transparency import merkle
from sun_commune.transparency.merkle import Frontier
from sun_commune.transparency.signer.state import Refusal, State
from sun_commune.transparency.tiles import WIDTH, Tile, TileReader

CHUNK = 2_000
KEY_MARK = b'"kind":"key"'
SIZE = text("SELECT COALESCE(MAX(position) + 1, 0) FROM log_places")
SEAL = text("SELECT root FROM log_seals WHERE size = :size")
NEWEST_SEAL = text("SELECT size, root FROM log_seals WHERE size > :size ORDER BY size DESC LIMIT 1")
SEALS = text("SELECT size, root FROM log_seals WHERE size <= :size ORDER BY size")
LEAVES = text(
    "SELECT p.position, l.leaf FROM log_places p JOIN log_leaves l ON l.id = p.leaf_id"
    " WHERE p.position >= :first AND p.position < :last ORDER BY p.position"
)
TILE = text("SELECT hashes FROM log_tiles WHERE level = :level AND number = :number")
HASHES = text(
    "SELECT l.hash FROM log_places p JOIN log_leaves l ON l.id = p.leaf_id"
    " WHERE p.position >= :first AND p.position < :last ORDER BY p.position"
)
ROOTS = text("SELECT root FROM log_tiles WHERE level = :level AND number >= :first AND number < :last ORDER BY number")


def open_database(url: str) -> Engine:
    """For reading alone; a whole cycle sees one state of the database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(database=f"file:{parsed.database}", query={"mode": "ro", "uri": "true"})
        return create_engine(parsed, pool_pre_ping=True)
    return create_engine(
        parsed, isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True}, pool_pre_ping=True
    )


def refuse_shrunk(connection: Connection, state: State) -> None:
    signed = state.frontier.size
    count = connection.execute(SIZE).scalar_one()
    if count < signed:
        raise Refusal(f"the log has {count} leaves, and {signed} were signed: it was cut, or restored from an old copy")
    sealed = connection.execute(SEAL, {"size": signed}).scalar()
    if sealed is not None and bytes(sealed) != state.frontier.root():
        raise Refusal(f"the root that the site sealed at {signed} leaves is not the one that was signed")


def check_all(connection: Connection, state: State) -> None:
    """Every leaf anew: what was signed must still come out, and every root that the site sealed on the way."""
    tree, signed = merkle.Frontier(), state.frontier
    for seal in connection.execute(SEALS, {"size": signed.size}).all():
        grow(connection, tree, seal.size)
        if tree.root() != bytes(seal.root):
            raise Refusal(f"the first {seal.size} leaves are not those that were sealed: the past was rewritten")
    grow(connection, tree, signed.size)
    if tree.roots != signed.roots:
        raise Refusal(f"the first {signed.size} leaves are not those that were signed: the past was rewritten")


def read_new(connection: Connection, state: State) -> Frontier | None:
    """The tree as far as the site has sealed it; None if that is no further than what was signed."""
    sealed = connection.execute(NEWEST_SEAL, {"size": state.frontier.size}).one_or_none()
    if sealed is None:
        return None
    tree = state.frontier.copy()
    grow(connection, tree, sealed.size, heed=lambda leaf: heed_key(state, leaf))
    if tree.root() != bytes(sealed.root):
        raise Refusal(f"the site sealed another root at {sealed.size} leaves than its leaves give")
    return tree


def grow(
    connection: Connection, tree: Frontier, size: int, *, heed: Callable[[bytes], None] = lambda _leaf: None
) -> None:
    """Append the leaves up to ``size``; Refusal when one is not there."""
    while tree.size < size:
        last = min(size, tree.size + CHUNK)
        for row in connection.execute(LEAVES, {"first": tree.size, "last": last}):
            if row.position != tree.size:
                raise Refusal(f"leaf {tree.size} is not there")
            leaf = bytes(row.leaf)
            heed(leaf)
            tree.append(merkle.leaf_hash(leaf))
        if tree.size != last:
            raise Refusal(f"leaf {tree.size} is not there")


def heed_key(state: State, leaf: bytes) -> None:
    """A leaf that names a key must name the signer's own: nobody else may announce a key for this log."""
    if KEY_MARK not in leaf:
        return
    said = json.loads(leaf)
    own = {str(key) for key in state.public_keys()}
    if said["state"] == "begins":
        if said["key"] not in own:
            raise Refusal(f"a leaf announces a key that is not the signer's: {said['key']}")
        state.recorded = [*state.recorded, said["key"]]
    elif said["key"] in own:
        raise Refusal(f"a leaf ends a key that still signs: {said['key']}")


def tile_reader(connection: Connection, size: int) -> TileReader:
    """For consistency proofs, from the site's kept hashes; whoever uses it compares the root."""

    def fetch(tile: Tile) -> bytes:
        stored = connection.execute(TILE, {"level": tile.level, "number": tile.number}).scalar()
        if stored is not None:
            return bytes(stored)[: tile.width * merkle.HASH_BYTES]
        bounds = {"first": tile.number * WIDTH, "last": tile.number * WIDTH + tile.width}
        if tile.level == 0:
            return b"".join(map(bytes, connection.execute(HASHES, bounds).scalars()))
        return b"".join(map(bytes, connection.execute(ROOTS, {**bounds, "level": tile.level - 1}).scalars()))

    return TileReader(size, fetch)
