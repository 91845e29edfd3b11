"""Changed copies of a published log, each of which sunverify.py must refuse.

    python -m tests.transparency.mutations --count 10000 --seed 1 [DIR]

DIR is a copy made by ``sunverify.py fetch``; without one a small log is made up. Two families:

``files``: a byte, a bit, a length, a whole file of the copy is changed by a hand that has no key.
``history``: leaves are changed, dropped, added, exchanged by a hand that *has* the key and makes tiles, checkpoint and
summary anew, so that the copy is sound in itself; only who remembers an older checkpoint can tell, and must.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sun_commune.transparency import leaves, merkle, notes, sunverify
from sun_commune.transparency.notes import Checkpoint, Note
from sun_commune.transparency.tiles import Tile, pack_entries, tiles_of, unpack_entries

ORIGIN = "sun.example/ledger"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = notes.key_of(ORIGIN, PRIVATE)
REFUSALS = (sunverify.Refused, OSError, ValueError, KeyError, TypeError, AttributeError)
Files = dict[str, bytes]


def made_up_leaves() -> list[bytes]:
    """Every kind of entry once at least, in an order that sound books can have."""
    acts = [
        ("gift", "BANK", "FUND1", 50_000), ("unmatched", "BANK", "SUSPENSE", 7_000),
        ("matched", "SUSPENSE", "FUND1", 5_000), ("sent_back", "SUSPENSE", "BANK", 2_000),
        ("gift", "BANK", "POOL", 30_000), ("moved", "POOL", "FUND1", 10_000), ("refund", "FUND1", "BANK", 5_000),
        ("spending", "FUND1", "BANK", 20_000), ("advance", "ADVANCE1", "BANK", 8_000),
        ("settled", "FUND1", "ADVANCE1", 6_000), ("advance_back", "BANK", "ADVANCE1", 1_000),
        ("goods", "GOODSOUT", "GOODSIN", 12_000), ("gift", "BANK", "FUND1", 700),
    ]  # fmt: skip
    made = [leaves.make_key_leaf(at="2026-01-01T00:00:00Z", key=str(KEY), state="begins")]
    for number, (kind, debit, credit, fen) in enumerate(acts):
        made.append(entry(number, kind, debit, credit, fen))
    made.append(entry(len(acts), "gift", "FUND1", "BANK", 700, reverses=f"ZM{len(acts) - 1:06d}"))
    made.append(closing("2026-01"))
    made += [entry(100 + number, "gift", "BANK", "FUND2", 100 + number, period="2026-02") for number in range(12)]
    return made


def closing(period: str) -> bytes:
    return leaves.make_leaf(
        kind="close", uid=period, at=f"{period}-31T00:00:00Z", biz_date=f"{period}-28", period=period, amount_fen=0,
        cur="CNY", debit="", credit="", reverses="", payer_c="", memo_c="ab" * 32, doc_c="",
    )  # fmt: skip


def entry(
    number: int, kind: str, debit: str, credit: str, fen: int, *, reverses: str = "", period: str = "2026-01"
) -> bytes:
    return leaves.make_leaf(
        kind=kind, uid=f"ZM{number:06d}", at=f"{period}-05T00:00:{number % 60:02d}Z", biz_date=f"{period}-05",
        period=period, amount_fen=fen, cur="CNY", debit=debit, credit=credit, reverses=reverses,
        payer_c="cd" * 32, memo_c="ef" * 32, doc_c="",
    )  # fmt: skip


def published(all_leaves: Sequence[bytes]) -> Files:
    """The files of a log of these leaves, signed with the key; the totals are what the leaves give."""
    hashes = [merkle.leaf_hash(leaf) for leaf in all_leaves]
    root = merkle.root_of(hashes)
    checkpoint = Checkpoint(ORIGIN, len(all_leaves), root).text
    books = sunverify.Books()
    for number, leaf in enumerate(all_leaves):
        books.add(number, leaf)
    summary = {"origin": ORIGIN, "size": len(all_leaves), "root": notes.to_base64(root), "totals": books.totals()}
    files = {
        "key": f"{KEY}\n".encode(),
        "policy": f"log {KEY}\nquorum none\n".encode(),
        "checkpoint": str(Note(checkpoint, (notes.sign(checkpoint, KEY, PRIVATE),))).encode(),
        "summary.json": json.dumps(summary).encode(),
    }
    return files | {tile.path: tile_bytes(all_leaves, hashes, tile) for tile in tiles_of(len(all_leaves))}


def tile_bytes(all_leaves: Sequence[bytes], hashes: Sequence[bytes], tile: Tile) -> bytes:
    first, step = tile.number * 256, 256 ** max(tile.level, 0)
    if tile.level < 0:
        return pack_entries(all_leaves[first : first + tile.width])
    return b"".join(merkle.root_of(hashes[at * step : (at + 1) * step]) for at in range(first, first + tile.width))


def write(files: Files, folder: Path) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def read(folder: Path) -> Files:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def leaves_of(files: Files) -> list[bytes]:
    names = sorted(name for name in files if name.startswith("tile/entries/"))
    return [leaf for name in names for leaf in unpack_entries(files[name])]


# --- A hand without the key -------------------------------------------------------------------------------


def change_bytes(data: bytes, dice: random.Random) -> bytes:
    at, other = dice.randrange(len(data)), dice.randrange(len(data))
    changed = bytearray(data)
    how = dice.randrange(5)
    if how == 0:
        changed[at] ^= 1 << dice.randrange(8)
    elif how == 1:
        del changed[at]
    elif how == 2:
        changed.insert(at, dice.randrange(256))
    elif how == 3:
        changed[at], changed[other] = changed[other], changed[at]
    else:
        del changed[at:]
    return bytes(changed)


def meaning(name: str, data: bytes) -> object:
    """What a verifier reads in the file: two spellings of one thing are no forgery."""
    try:
        if name == "key":
            return [key.text for key in sunverify.read_keys(data)]
        if name == "policy":
            policy = sunverify.Policy(data.decode())
            return policy.witnesses, policy.groups, policy.quorum
        if name == "summary.json":
            return json.loads(data)
    except REFUSALS:
        return None
    return data


def changed_file(files: Files, dice: random.Random) -> tuple[str, bytes]:
    """One file and its new bytes; the list of witnesses, which the site only tells, is left alone."""
    names = [name for name in files if name != "policy" and files[name]]
    while True:
        name = dice.choice(names)
        data = change_bytes(files[name], dice) if dice.randrange(8) else files[dice.choice(names)]
        if data != files[name] and meaning(name, data) != meaning(name, files[name]):
            return name, data


# --- A hand with the key ----------------------------------------------------------------------------------


def other_value(field: str, value: object, dice: random.Random) -> object:
    if isinstance(value, int):
        return value + dice.choice((-1, 1, 100)) if value > 1 else value + 1
    if not value:
        return "00" * 32 if field.endswith("_c") else "ZM999999"
    changed = list(str(value))
    at = dice.randrange(len(changed))
    changed[at] = dice.choice([letter for letter in "0123456789abcdefZ" if letter != changed[at]])
    return "".join(changed)


def rewrite(old: Sequence[bytes], dice: random.Random) -> list[bytes]:
    """Another past of the same length or another; what comes after what somebody remembers is not touched."""
    new = list(old)
    at, other = dice.randrange(len(new)), dice.randrange(len(new))
    how = dice.randrange(6)
    if how <= 2:
        said = json.loads(new[at])
        field = dice.choice(sorted(said))
        new[at] = leaves.canonical({**said, field: other_value(field, said[field], dice)})
    elif how == 3:
        new[at], new[other] = new[other], new[at]
    elif how == 4:
        del new[at]
    else:
        new.insert(at, new[other])
    return new


def republished(new: Sequence[bytes]) -> Files:
    """As sound as the forger can make it: where the rules of the books are broken the old totals must do."""
    try:
        return published(new)
    except REFUSALS:
        hashes = [merkle.leaf_hash(leaf) for leaf in new]
        root = merkle.root_of(hashes)
        text = Checkpoint(ORIGIN, len(new), root).text
        summary = {"origin": ORIGIN, "size": len(new), "root": notes.to_base64(root), "totals": {}}
        files = {
            "key": f"{KEY}\n".encode(),
            "checkpoint": str(Note(text, (notes.sign(text, KEY, PRIVATE),))).encode(),
            "summary.json": json.dumps(summary).encode(),
        }
        return files | {tile.path: tile_bytes(new, hashes, tile) for tile in tiles_of(len(new))}


def dice_of(seed: int) -> random.Random:
    """The same forgeries for the same seed."""
    return random.Random(seed)  # noqa: S311 - repeatable, not secret


# --- Playing ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def own_memory() -> Iterator[Path]:
    """sunverify's memory in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("SUNVERIFY_HOME")
        os.environ["SUNVERIFY_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop("SUNVERIFY_HOME")
            if before is not None:
                os.environ["SUNVERIFY_HOME"] = before


def is_accepted(folder: Path) -> bool:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            sunverify.check_full(folder, [], [])
    except REFUSALS:
        return False
    return True


def play_files(files: Files, count: int, dice: random.Random) -> int:
    """How many changed copies were refused; the key is known from the untouched copy, as from a poster."""
    with own_memory(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(files, folder)
        if not is_accepted(folder):
            raise SystemExit("the untouched copy is refused")
        for number in range(count):
            path, data = changed_file(files, dice)
            (folder / path).write_bytes(data)
            if is_accepted(folder):
                raise SystemExit(f"accepted: change {number} of {path}")
            (folder / path).write_bytes(files[path])
        if not is_accepted(folder):
            raise SystemExit("the untouched copy is refused in the end")
    return count


def play_history(count: int, dice: random.Random) -> int:
    """How many rewritten pasts were refused by somebody who had seen the first."""
    first = made_up_leaves()
    with own_memory() as memory, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(published(first), folder)
        if not is_accepted(folder):
            raise SystemExit("the first history is refused")
        kept = {path: path.read_bytes() for path in memory.iterdir()}
        later = [entry(200 + number, "gift", "BANK", "FUND2", 5, period="2026-02") for number in range(3)]
        refused = 0
        while refused < count:
            new = rewrite(first, dice)
            if new == first:
                continue
            shutil.rmtree(folder)
            write(republished([*new, *later]), folder)
            if is_accepted(folder):
                raise SystemExit(f"accepted: rewriting {refused}: {new}")
            if {path: path.read_bytes() for path in memory.iterdir()} != kept:
                raise SystemExit("what was refused has changed the memory")
            refused += 1
        shutil.rmtree(folder)
        write(published([*first, *later]), folder)
        if not is_accepted(folder):
            raise SystemExit("the same history, grown, is refused")
    return refused


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="of each family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folder", nargs="?", type=Path)
    options = parser.parse_args()
    files = read(options.folder) if options.folder else published(made_up_leaves())
    plays: dict[str, Callable[[random.Random], int]] = {
        "files": lambda dice: play_files(files, options.count, dice),
        "history": lambda dice: play_history(options.count, dice),
    }
    for name, play in plays.items():
        print(f"{name}: {play(dice_of(options.seed))} changed copies refused, none accepted", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
