"""C2SP tlog-tiles: the tree cut into tiles of 256 hashes, their addresses, and a reader over them.

Tile n of level l holds MTH(D[(256 n + i) 256**l : (256 n + i + 1) 256**l]) for i from 0; a tile of less than 256
hashes is partial and has its width in the address. Entry bundles hold the leaves themselves, each after its length
(two bytes, big end first).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sun_commune.transparency.merkle import HASH_BYTES, Frontier

WIDTH = 256
HEIGHT = 8
MAX_LEAF_BYTES = 2048  # far below the 65,535 that the bundle's length field can say

#: ``x001/x234/067`` or ``067``, then perhaps ``.p/112``
_NUMBER = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Tile(NamedTuple):
    """``level`` -1 is an entry bundle. ``width`` is how many hashes or entries it holds, 1 to 256."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """``tile/0/x001/067.p/112``"""
        level = "entries" if self.level < 0 else str(self.level)
        digits = f"{self.number:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        return f"tile/{level}/{number}" + ("" if self.width == WIDTH else f".p/{self.width}")


def read_number(text: str) -> tuple[int, int] | None:
    """(number, width) from the address behind the level; None if it is no tile's."""
    found = _NUMBER.fullmatch(text)
    if found is None or (found[2] and int(found[2]) >= WIDTH):
        return None
    groups = found[1].replace("x", "").split("/")
    if len(groups) > 1 and groups[0] == "000":
        return None  # each tile has one address
    return int("".join(groups)), int(found[2] or WIDTH)


def tiles_of(size: int) -> list[Tile]:
    """Every tile that a tree of ``size`` leaves has, bundles included."""
    found: list[Tile] = []
    level, count = 0, size
    while count:
        numbers = range(-(-count // WIDTH))
        found += [Tile(level, number, min(WIDTH, count - number * WIDTH)) for number in numbers]
        if level == 0:
            found += [Tile(-1, tile.number, tile.width) for tile in found]
        level, count = level + 1, count // WIDTH
    return found


def pack_entries(leaves: Sequence[bytes]) -> bytes:
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def unpack_entries(bundle: bytes) -> list[bytes]:
    """ValueError if the bundle ends inside an entry."""
    leaves, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle):
            raise ValueError("the bundle ends inside an entry")
        leaves.append(bundle[at + 2 : end])
        at = end
    return leaves


class TileReader:
    """Subtree roots read from tiles, for merkle's proofs over the tree of ``size`` leaves.

    ``fetch`` gives a tile's bytes; each tile is fetched once. ValueError if it has the wrong length.
    """

    def __init__(self, size: int, fetch: Callable[[Tile], bytes]) -> None:
        self.size = size
        self._fetch = fetch
        self._kept: dict[tuple[int, int], bytes] = {}

    def __call__(self, start: int, height: int) -> bytes:
        """MTH(D[start : start + 2**height]) for a start that is a multiple of 2**height."""
        level, inside = divmod(height, HEIGHT)
        first = start >> (level * HEIGHT)
        hashes = self._tile(level, first // WIDTH)
        at = (first % WIDTH) * HASH_BYTES
        tree = Frontier()
        for number in range(1 << inside):
            tree.append(hashes[at + number * HASH_BYTES : at + (number + 1) * HASH_BYTES])
        return tree.root()

    def _tile(self, level: int, number: int) -> bytes:
        found = self._kept.get((level, number))
        if found is None:
            width = min(WIDTH, (self.size >> (level * HEIGHT)) - number * WIDTH)
            found = self._fetch(Tile(level, number, width))
            if len(found) != width * HASH_BYTES:
                raise ValueError(f"tile {level}/{number} has {len(found)} bytes")
            self._kept[level, number] = found
        return found
