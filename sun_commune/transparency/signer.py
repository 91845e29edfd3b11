"""The signer: a process of its own, best under a user of its own, that signs the log as long as it only grows.

    python -m sun_commune.transparency.signer init   --state DIR --origin site.example/ledger
    python -m sun_commune.transparency.signer run    --state DIR --database URL --publish DIR [--every 60] [--once]
    python -m sun_commune.transparency.signer rotate --state DIR

It holds the key, and outside the database what it signed last: size, root and the tree's frontier. Each time the log
has been sealed further it reads the new leaves, computes the tree itself and signs what it computed. It refuses, says
why and ends with status 2, when the log is shorter than what was signed, when a root that the site sealed is not the
computed one, and (once a day, over all leaves) when anything before was changed. So a hand that owns the database
alone can stop the log, not rewrite it; and a database that was restored from an old copy is not signed below what was
published. The web server never sees the key.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, create_engine, text

from sun_commune.transparency import merkle, notes
from sun_commune.transparency.notes import Checkpoint, Key, Note

FULL_EVERY = 24 * 3600
CHUNK = 2_000
SEALED = text("SELECT size, root FROM log_seals WHERE size > :size ORDER BY size DESC LIMIT 1")
SEALS = text("SELECT size, root FROM log_seals ORDER BY size")
LEAVES = text(
    "SELECT p.position, l.leaf FROM log_places p JOIN log_leaves l ON l.id = p.leaf_id"
    " WHERE p.position >= :first AND p.position < :last ORDER BY p.position"
)


class Refusal(RuntimeError):
    """Why nothing is signed. Somebody has to look."""


@dataclass
class State:
    """What is known for good. ``frontier`` is of the size that was signed last; keys are the newest first."""

    folder: Path
    origin: str
    keys: list[str]
    frontier: merkle.Frontier
    checked_at: float

    @property
    def path(self) -> Path:
        return self.folder / "signer.json"

    @classmethod
    def read(cls, folder: Path) -> State:
        kept: dict[str, Any] = json.loads((folder / "signer.json").read_text(encoding="utf-8"))
        roots = [bytes.fromhex(root) for root in kept["roots"]]
        return cls(folder, kept["origin"], kept["keys"], merkle.Frontier(kept["size"], roots), kept["checked_at"])

    def write(self) -> None:
        """On the disk before anything signed is published."""
        kept = {
            "origin": self.origin, "keys": self.keys, "size": self.frontier.size,
            "roots": [root.hex() for root in self.frontier.roots], "checked_at": self.checked_at,
        }  # fmt: skip
        write_safely(self.path, json.dumps(kept).encode(), mode=0o600)

    def private_keys(self) -> list[Ed25519PrivateKey]:
        return [Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)) for key in self.keys]


def write_safely(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Whole or not at all, and on the disk when this returns."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def init(folder: Path, origin: str) -> Key:
    """A new key and an empty memory. FileExistsError if there is one already."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / "signer.json").exists():
        raise FileExistsError(f"{folder} holds a signer already")
    private = Ed25519PrivateKey.generate()
    key = notes.key_of(origin, private)
    State(folder, origin, [private.private_bytes_raw().hex()], merkle.Frontier(), 0.0).write()
    return key


def rotate(folder: Path) -> Key:
    """A new key before the old: both sign until the old one is taken out of the file by hand."""
    state = State.read(folder)
    private = Ed25519PrivateKey.generate()
    state.keys.insert(0, private.private_bytes_raw().hex())
    state.write()
    return notes.key_of(state.origin, private)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two signers with one memory would race; the second refuses."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise Refusal("another signer is at work with this state") from reason
        yield


def sign_once(folder: Path, engine: Engine, publish: Path, *, now: float | None = None) -> Checkpoint | None:
    """Sign what was sealed since; None if nothing was. Refusal if the log is not what it was."""
    moment = time.time() if now is None else now
    with alone(folder), engine.connect() as connection:
        state = State.read(folder)
        _refuse_shrunk(connection, state, publish)
        if moment - state.checked_at >= FULL_EVERY:
            _check_all(connection, state)
            state.checked_at = moment
            state.write()
        sealed = connection.execute(SEALED, {"size": state.frontier.size}).one_or_none()
        if sealed is None:
            return None
        tree = state.frontier.copy()
        _grow(connection, tree, sealed.size)
        if tree.root() != bytes(sealed.root):
            raise Refusal(f"the site sealed another root at {sealed.size} leaves than its leaves give")
        state.frontier = tree
        state.write()
        return _publish(state, publish, moment)


def _refuse_shrunk(connection: Connection, state: State, publish: Path) -> None:
    count = connection.execute(text("SELECT COUNT(*) FROM log_places")).scalar_one() if state.frontier.size else 0
    if count < state.frontier.size:
        raise Refusal(f"the log has {count} leaves, and {state.frontier.size} were signed: it was cut or restored")
    published = publish / "checkpoint"
    if published.exists():
        shown = Checkpoint.read(Note.read(published.read_bytes()).text)
        if shown.size > state.frontier.size:
            raise Refusal(f"{shown.size} leaves were published, this state knows of {state.frontier.size}: it is old")


def _grow(connection: Connection, tree: merkle.Frontier, size: int) -> None:
    while tree.size < size:
        last = min(size, tree.size + CHUNK)
        for row in connection.execute(LEAVES, {"first": tree.size, "last": last}):
            if row.position != tree.size:
                raise Refusal(f"leaf {tree.size} is not there")
            tree.append(merkle.leaf_hash(bytes(row.leaf)))
        if tree.size != last:
            raise Refusal(f"leaf {tree.size} is not there")


def _check_all(connection: Connection, state: State) -> None:
    """Every leaf anew: what was signed must still come out, and every root that the site sealed on the way."""
    tree = merkle.Frontier()
    for seal in connection.execute(SEALS).all():
        if seal.size > state.frontier.size:
            break
        _grow(connection, tree, seal.size)
        if tree.root() != bytes(seal.root):
            raise Refusal(f"the first {seal.size} leaves are not those that were sealed")
    _grow(connection, tree, state.frontier.size)
    if tree.roots != state.frontier.roots:
        raise Refusal(f"the first {state.frontier.size} leaves are not those that were signed")


def _publish(state: State, publish: Path, moment: float) -> Checkpoint:
    checkpoint = Checkpoint(state.origin, state.frontier.size, state.frontier.root())
    private = state.private_keys()
    keys = [notes.key_of(state.origin, key) for key in private]
    signatures = [notes.sign(checkpoint.text, key, secret) for key, secret in zip(keys, private, strict=True)]
    note = str(Note(checkpoint.text, tuple(signatures))).encode()
    publish.mkdir(parents=True, exist_ok=True)
    (publish / "checkpoints").mkdir(exist_ok=True)
    write_safely(publish / "key", "".join(f"{key}\n" for key in keys).encode())
    day = datetime.fromtimestamp(moment, UTC).date().isoformat()
    write_safely(publish / "checkpoints" / day, note)
    write_safely(publish / "checkpoint", note)
    return checkpoint


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["init", "run", "rotate"])
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--origin", default="")
    parser.add_argument("--database", default="")
    parser.add_argument("--publish", type=Path)
    parser.add_argument("--every", type=int, default=60, help="seconds")
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args(arguments)
    try:
        if options.what == "init":
            print(init(options.state, options.origin))
        elif options.what == "rotate":
            print(rotate(options.state))
        else:
            run(options)
    except Refusal as reason:
        print(f"NOT SIGNED: {reason}", file=sys.stderr)
        return 2
    return 0


def run(options: argparse.Namespace) -> None:
    engine = create_engine(options.database)
    while True:
        signed = sign_once(options.state, engine, options.publish)
        if signed is not None:
            print(f"signed {signed.size} {notes.to_base64(signed.root)}", flush=True)
        if options.once:
            return
        time.sleep(options.every)


if __name__ == "__main__":
    sys.exit(main())
