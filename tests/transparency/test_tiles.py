"""Tiles: their addresses as C2SP writes them, and proofs that are read from tiles alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sun_commune.transparency import merkle
from sun_commune.transparency.tiles import Tile, TileReader, pack_entries, read_number, tiles_of, unpack_entries

SIZE = 1_000
LEAVES = [f"leaf {number}".encode() for number in range(SIZE)]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


def tile_bytes(tile: Tile) -> bytes:
    """Straight from the definition."""
    step = 256**tile.level
    first = tile.number * 256
    return b"".join(
        merkle.root_of(HASHES[number * step : (number + 1) * step]) for number in range(first, first + tile.width)
    )


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1234067), "tile/1/x001/x234/067"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(-1, 67, 1), "tile/entries/067.p/1"),
    ],
)
def test_address(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert read_number(path.split("/", 2)[2]) == (tile.number, tile.width)


@pytest.mark.parametrize(
    "text", ["", "0", "00", "0000", "x001", "001/002", "x000/001", "000.p/0", "000.p/256", "000.p/01", "000.p", "-01",
             "x01/000", "../000", "000/", "x001/000.p/", "٠٠٠"],
)  # fmt: skip
def test_no_address(text: str) -> None:
    assert read_number(text) is None


@given(st.integers(0, 10**12), st.integers(1, 256))
def test_every_address_reads_back(number: int, width: int) -> None:
    assert read_number(Tile(0, number, width).path.split("/", 2)[2]) == (number, width)


def test_tiles_of_the_standards_own_example() -> None:
    """tlog-tiles: 70,000 leaves have 273 full tiles and one of 112, one full and one of 17, one of 1."""
    found = tiles_of(70_000)
    of_level = {level: [tile.width for tile in found if tile.level == level] for level in (-1, 0, 1, 2)}
    assert of_level[0] == of_level[-1] == [256] * 273 + [112]
    assert of_level[1] == [256, 17]
    assert of_level[2] == [1]
    assert tiles_of(256) == [Tile(0, 0), Tile(-1, 0), Tile(1, 0, 1)]
    assert tiles_of(0) == []


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 700, SIZE])
def test_proofs_from_tiles(size: int) -> None:
    root = merkle.root_of(HASHES[:size])
    read = TileReader(size, tile_bytes)
    for index in {0, size // 3, size // 2, size - 1}:
        assert merkle.is_included(index, size, HASHES[index], merkle.inclusion_proof(index, size, read), root)
    for old in {1, size // 2 or 1, size - 1 or 1, size}:
        proof = merkle.consistency_proof(old, size, read)
        assert merkle.is_consistent(old, size, merkle.root_of(HASHES[:old]), root, proof)
    assert merkle.range_root(0, size, read) == root


def test_a_short_tile_is_refused() -> None:
    with pytest.raises(ValueError, match="tile 0/1 has 1407 bytes"):
        merkle.inclusion_proof(3, 300, TileReader(300, lambda tile: tile_bytes(tile)[:-1]))


def test_entry_bundles() -> None:
    bundle = pack_entries(LEAVES[:256])
    assert unpack_entries(bundle) == LEAVES[:256]
    assert pack_entries([b"", b"a" * 300]) == b"\x00\x00\x01\x2c" + b"a" * 300
    for cut in (1, len(bundle) - 1):
        with pytest.raises(ValueError, match="ends inside"):
            unpack_entries(bundle[:cut])
