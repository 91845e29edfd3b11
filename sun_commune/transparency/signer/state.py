"""What the signer remembers outside the database, and how it is written: whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sun_commune.transparency import merkle, notes
from sun_commune.transparency.notes import Checkpoint, Key, Note

try:
    import fcntl
except ImportError:  # Windows, where the demo alone runs
    fcntl = None  # type: ignore[assignment]


class Refusal(RuntimeError):
    """Why nothing is signed. Somebody has to look."""


class Usage(RuntimeError):
    """A command that cannot be carried out as it was given."""


@dataclass
class State:
    """What is known for good.

    ``frontier`` is of the size that was signed last. ``keys`` are private keys in hex, the newest first. ``recorded``
    are the public keys whose beginning stands in the signed log. ``witnessed`` says for each witness's key at which
    size it cosigned last. ``checked_at`` and ``check_seconds`` are of the last recomputation of all leaves.
    """

    folder: Path
    origin: str
    keys: list[str]
    frontier: merkle.Frontier = field(default_factory=merkle.Frontier)
    recorded: list[str] = field(default_factory=list)
    witnessed: dict[str, int] = field(default_factory=dict)
    checked_at: float = 0.0
    check_seconds: float = 0.0

    @classmethod
    def read(cls, folder: Path) -> State:
        """Usage if there is no signer in the folder."""
        try:
            kept: dict[str, Any] = json.loads((folder / "signer.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise Usage(f"{folder} holds no signer; begin with: init") from None
        frontier = merkle.Frontier(kept["size"], [bytes.fromhex(root) for root in kept["roots"]])
        return cls(
            folder, kept["origin"], kept["keys"], frontier, kept["recorded"], kept["witnessed"],
            kept["checked_at"], kept["check_seconds"],
        )  # fmt: skip

    def write(self) -> None:
        """On the disk before anything signed leaves this process."""
        kept = {
            "origin": self.origin, "keys": self.keys, "size": self.frontier.size,
            "roots": [root.hex() for root in self.frontier.roots], "recorded": self.recorded,
            "witnessed": self.witnessed, "checked_at": self.checked_at, "check_seconds": self.check_seconds,
        }  # fmt: skip
        write_safely(self.folder / "signer.json", json.dumps(kept).encode(), mode=0o600)

    def private_keys(self) -> list[Ed25519PrivateKey]:
        return [Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)) for key in self.keys]

    def public_keys(self) -> list[Key]:
        return [notes.key_of(self.origin, private) for private in self.private_keys()]

    def note(self) -> Note:
        """What was signed last, signed anew by every key (Ed25519 gives the same bytes each time)."""
        checkpoint = Checkpoint(self.origin, self.frontier.size, self.frontier.root())
        signatures = [
            notes.sign(checkpoint.text, key, private)
            for key, private in zip(self.public_keys(), self.private_keys(), strict=True)
        ]
        return Note(checkpoint.text, tuple(signatures))


def write_safely(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Whole or not at all, and on the disk when this returns."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(new, path)
    if os.name != "posix":  # elsewhere a folder cannot be opened; the rename itself must do
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def init(folder: Path, origin: str) -> Key:
    """A new key and an empty memory. Usage if there is one already, or for a name that no log can have."""
    if (folder / "signer.json").exists():
        raise Usage(f"{folder} holds a signer already")
    private = Ed25519PrivateKey.generate()
    try:
        key = notes.key_of(origin, private)
    except notes.Malformed as reason:
        raise Usage(f"--origin: {reason}") from reason
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    State(folder, origin, [private.private_bytes_raw().hex()]).write()
    return key


def rotate(folder: Path) -> Key:
    """A new key before the old; both sign until ``retire`` takes the old one out. Usage while two are in use."""
    with alone(folder):
        state = State.read(folder)
        if len(state.keys) > 1:
            raise Usage("two keys are in use already; retire the older one first")
        private = Ed25519PrivateKey.generate()
        state.keys.insert(0, private.private_bytes_raw().hex())
        state.write()
        return notes.key_of(state.origin, private)


def retire(folder: Path) -> Key:
    """Take the older key out, once the signed log itself says that the newer one has begun. Usage before that."""
    with alone(folder):
        state = State.read(folder)
        keys = state.public_keys()
        if len(keys) < 2:
            raise Usage("there is one key only; rotate first")
        if str(keys[0]) not in state.recorded:
            raise Usage("the log does not name the new key yet; wait until both keys have signed that it does")
        state.keys.pop()
        state.write()
        return keys[-1]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two signers with one memory would race; the second refuses."""
    if not folder.is_dir():
        raise Usage(f"{folder} holds no signer; begin with: init")
    with (folder / "lock").open("w") as file:
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise Usage("another signer is at work with this state") from reason
        yield
