"""A small published log as files, made with the project's own code: what verifiers are given to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sun_commune.transparency import merkle, notes
from sun_commune.transparency.notes import Checkpoint, Note, Proof
from sun_commune.transparency.tiles import Tile, TileReader, pack_entries, tiles_of

ORIGIN = "sun.example/ledger"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = notes.key_of(ORIGIN, PRIVATE)


def signed_checkpoint(leaves: Sequence[bytes]) -> bytes:
    checkpoint = Checkpoint(ORIGIN, len(leaves), merkle.root_of(map(merkle.leaf_hash, leaves)))
    return str(Note(checkpoint.text, (notes.sign(checkpoint.text, KEY, PRIVATE),))).encode()


def tile_bytes(leaves: Sequence[bytes], tile: Tile) -> bytes:
    first = tile.number * 256
    if tile.level < 0:
        return pack_entries(leaves[first : first + tile.width])
    hashes, step = [merkle.leaf_hash(leaf) for leaf in leaves], 256**tile.level
    return b"".join(
        merkle.root_of(hashes[number * step : (number + 1) * step]) for number in range(first, first + tile.width)
    )


def publish(folder: Path, leaves: Sequence[bytes], *, old: int, proofs: Sequence[int] = ()) -> Path:
    """Key, checkpoint, tiles, the checkpoint of the first ``old`` leaves with its proof, receipts' proofs."""
    read = TileReader(len(leaves), lambda tile: tile_bytes(leaves, tile))
    files = {
        "key": f"{KEY}\n".encode(),
        "checkpoint": signed_checkpoint(leaves),
        "old/checkpoint": signed_checkpoint(leaves[:old]),
        "consistency": "".join(
            f"{notes.to_base64(value)}\n" for value in merkle.consistency_proof(old, len(leaves), read)
        ).encode(),
    }
    files |= {tile.path: tile_bytes(leaves, tile) for tile in tiles_of(len(leaves))}
    for index in proofs:
        path = tuple(merkle.inclusion_proof(index, len(leaves), read))
        files[f"proofs/{index}.leaf"] = leaves[index]
        files[f"proofs/{index}.tlog-proof"] = bytes(Proof(index, path, files["checkpoint"]))
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder
