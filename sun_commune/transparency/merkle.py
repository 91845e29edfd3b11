"""The Merkle tree of RFC 9162, section 2.1: hashes, proofs and their checks, over hashes alone (SHA-256).

D[n] is the list of leaves, MTH(D[n]) its tree hash. Making proofs asks a ``Reader`` for MTH of ranges whose length
is a power of two and whose start is a multiple of it: such subtrees never change once they are full, so a reader
may keep them. Checking proofs needs no reader at all. Every check returns False for what does not fit; none raises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

#: MTH(D[start : start + 2**height]) for a start that is a multiple of 2**height.
Reader = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """A tree that only grows: the roots of its full subtrees, the largest first. ``size`` counts leaves.

    It is all that a signer or a witness has to remember; two trees of one size are equal if their roots are.
    """

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def append(self, hash_of_leaf: bytes) -> None:
        self.roots.append(hash_of_leaf)
        ended = self.size
        while ended & 1:  # two subtrees of one height become one
            right = self.roots.pop()
            self.roots[-1] = node_hash(self.roots[-1], right)
            ended >>= 1
        self.size += 1

    def root(self) -> bytes:
        return _fold(self.roots)

    def copy(self) -> Frontier:
        return Frontier(self.size, list(self.roots))


def root_of(hashes_of_leaves: Iterable[bytes]) -> bytes:
    """MTH of so many leaves."""
    tree = Frontier()
    for hash_of_leaf in hashes_of_leaves:
        tree.append(hash_of_leaf)
    return tree.root()


def _fold(roots: Sequence[bytes]) -> bytes:
    """The tree hash over full subtrees, the largest first."""
    if not roots:
        return EMPTY_ROOT
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = node_hash(left, root)
    return root


def full_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """(start, height) of the largest full, aligned subtrees that make up D[start:end], from left to right, where
    ``start`` is a multiple of the largest power of two below ``end - start`` (as in every range that proofs ask)."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield start, height
        start += 1 << height


def range_root(start: int, end: int, read: Reader) -> bytes:
    """MTH(D[start:end])."""
    return _fold([read(at, height) for at, height in full_subtrees(start, end)])


def inclusion_proof(index: int, size: int, read: Reader) -> list[bytes]:
    """PATH(index, D[size]): the siblings from the leaf up (RFC 9162, 2.1.3.1). ValueError outside the tree."""
    if not 0 <= index < size:
        raise ValueError("the leaf lies outside the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, read))
            end = middle
        else:
            path.append(range_root(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, read: Reader) -> list[bytes]:
    """PROOF(old, D[new]): that the older tree is the beginning of the newer (RFC 9162, 2.1.4.1). Empty for equal
    sizes; ValueError unless 1 <= old <= new."""
    if not 1 <= old <= new:
        raise ValueError("a consistency proof leads from a smaller tree, not empty, to a larger one")
    path: list[bytes] = []
    start, end, is_whole = 0, new, True
    while end > old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_root(middle, end, read))
            end = middle
        else:
            path.append(range_root(start, middle, read))
            start, is_whole = middle, False
    if not is_whole:
        path.append(range_root(start, end, read))
    return path[::-1]


def _split(width: int) -> int:
    """The largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


def is_included(index: int, size: int, hash_of_leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: the leaf stands at ``index`` in the tree of ``size`` leaves with this root."""
    if not 0 <= index < size or not _are_hashes(hash_of_leaf, root, *proof):
        return False
    position, last, current = index, size - 1, hash_of_leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and current == root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: the tree of ``old`` leaves is the beginning of the tree of ``new``. An empty older tree
    proves nothing, so it is refused."""
    if old == new:
        return old >= 1 and not proof and old_root == new_root
    if not 1 <= old < new or not proof or not _are_hashes(old_root, new_root, *proof):
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first, second = path[0], path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
