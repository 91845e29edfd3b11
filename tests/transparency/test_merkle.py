"""The tree against the standard's own words, against the published vectors, and against every small tree."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sun_commune.transparency import merkle

#: transparency-dev's vectors lie beside the project where it is built; their number is told when they are not there.
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "merkle-vectors.json"
HASHES = [merkle.leaf_hash(f"leaf {number}".encode()) for number in range(70)]


def mth(hashes: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, as it is written there."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + mth(hashes[:split]) + mth(hashes[split:])).digest()


def read(start: int, height: int) -> bytes:
    return mth(HASHES[start : start + (1 << height)])


def test_roots_are_those_of_the_standard() -> None:
    tree = merkle.Frontier()
    for size in range(len(HASHES) + 1):
        assert tree.root() == mth(HASHES[:size]) == merkle.root_of(HASHES[:size])
        if size < len(HASHES):
            tree.append(HASHES[size])
    assert tree.size == len(HASHES)


def test_every_leaf_of_every_small_tree_proves_its_place() -> None:
    for size in range(1, 40):
        root = mth(HASHES[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, read)
            assert merkle.is_included(index, size, HASHES[index], proof, root)
            assert not merkle.is_included(index, size, HASHES[index + 1], proof, root)
            assert not merkle.is_included(index, size, HASHES[index], proof, mth(HASHES[: size + 1]))


def test_every_small_tree_is_the_beginning_of_every_larger_one() -> None:
    for new in range(1, 34):
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, new, read)
            assert merkle.is_consistent(old, new, mth(HASHES[:old]), mth(HASHES[:new]), proof)
            other = [*HASHES[: old - 1], HASHES[60]]
            assert not merkle.is_consistent(old, new, mth(other), mth(HASHES[:new]), proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 4), (4, 4), (9, 4)])
def test_no_proof_for_a_leaf_outside(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        merkle.inclusion_proof(index, size, read)
    assert not merkle.is_included(index, size, HASHES[0], [], mth(HASHES[:size]))


@pytest.mark.parametrize(("old", "new"), [(0, 4), (5, 4), (-1, 4)])
def test_no_proof_from_an_empty_or_larger_tree(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="smaller tree"):
        merkle.consistency_proof(old, new, read)
    assert not merkle.is_consistent(old, new, merkle.EMPTY_ROOT, mth(HASHES[:new]), [])


def wrong_proofs(proof: list[bytes]) -> Iterator[list[bytes]]:
    """One bit, one hash, the order, the length: each proof that differs from the right one."""
    yield [*proof, HASHES[0]]
    yield [HASHES[0], *proof]
    for at, value in enumerate(proof):
        yield proof[:at] + proof[at + 1 :]
        yield [*proof[:at], value[:-1], *proof[at + 1 :]]
        yield [*proof[:at], bytes([value[0] ^ 1]) + value[1:], *proof[at + 1 :]]
        yield [*proof[:at], value[:-1] + bytes([value[-1] ^ 128]), *proof[at + 1 :]]
        if at and proof[at - 1] != value:
            yield [*proof[: at - 1], value, proof[at - 1], *proof[at + 1 :]]


@given(st.integers(2, 64), st.data())
def test_a_changed_proof_is_refused(size: int, data: st.DataObject) -> None:
    root = mth(HASHES[:size])
    index = data.draw(st.integers(0, size - 1))
    for proof in wrong_proofs(merkle.inclusion_proof(index, size, read)):
        assert not merkle.is_included(index, size, HASHES[index], proof, root)
    old = data.draw(st.integers(1, size))
    old_root = mth(HASHES[:old])
    for proof in wrong_proofs(merkle.consistency_proof(old, size, read)):
        assert not merkle.is_consistent(old, size, old_root, root, proof)


@given(st.integers(1, 64), st.integers(1, 64), st.integers(0, 64), st.integers(1, 64))
def test_a_proof_holds_for_its_own_sizes_alone(size: int, other: int, index: int, old: int) -> None:
    if index < size and other != size:
        proof, root = merkle.inclusion_proof(index, size, read), mth(HASHES[:size])
        if merkle.is_included(index, other, HASHES[index], proof, root):
            # A size that gives the leaf the same path says nothing else about the leaf; the root fixes the tree.
            assert len(merkle.inclusion_proof(min(index, other - 1), other, read)) == len(proof)
    if old <= size and other >= size and other != size:
        proof = merkle.consistency_proof(old, size, read)
        assert not merkle.is_consistent(old, other, mth(HASHES[:old]), mth(HASHES[:other]), proof) or old == size


def vectors() -> list[Any]:
    if not VECTORS.exists():
        return [pytest.param("", {}, marks=pytest.mark.skip(reason="the published vectors are not beside the project"))]
    found = json.loads(VECTORS.read_text())
    return [
        pytest.param(kind, case, id=f"{kind}-{name}") for kind in ("inclusion", "consistency")
        for name, case in found[kind].items()
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "case"), vectors())
def test_published_vector(kind: str, case: dict[str, Any]) -> None:
    hashes = {name: base64.b64decode(case[name]) for name in ("leafHash", "root", "root1", "root2") if name in case}
    proof = [base64.b64decode(text) for text in case["proof"] or []]
    if kind == "inclusion":
        right = merkle.is_included(case["leafIdx"], case["treeSize"], hashes["leafHash"], proof, hashes["root"])
    else:
        right = merkle.is_consistent(case["size1"], case["size2"], hashes["root1"], hashes["root2"], proof)
    assert right is not case["wantErr"]
