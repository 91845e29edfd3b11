"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof), Ed25519 alone.

A note is a text that ends in a newline, an empty line, and signature lines. A checkpoint is a note whose text says
the log's origin, its size and the root of its tree. A cosignature is a witness's dated signature under one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sun_commune.transparency.merkle import HASH_BYTES

SIGNER, COSIGNER = 0x01, 0x04
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
DASH = "\u2014 "
PROOF_HEAD = "c2sp.org/tlog-proof@v1"
_NAME = re.compile(r"[^\s+]{1,200}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class Malformed(ValueError):
    """The bytes are no note, checkpoint, key or proof; the words say where."""


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """Strict: one text for one value, padding included."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as reason:
        raise Malformed("not base64") from reason
    if to_base64(data) != text:
        raise Malformed("not base64 as it is written")
    return data


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The first four bytes of SHA-256(name, newline, kind of signature, public key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True)
class Key:
    """A public key that signs notes (SIGNER) or cosigns checkpoints (COSIGNER) under a name."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        """The C2SP vkey: ``name+1234abcd+base64``."""
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def read(cls, text: str) -> Key:
        name, _plus, rest = text.strip().partition("+")
        id_text, _plus, body_text = rest.partition("+")
        body = from_base64(body_text)
        if not _NAME.fullmatch(name) or len(body) != 1 + 32 or body[0] not in {SIGNER, COSIGNER}:
            raise Malformed("not a verifier key")
        key = cls(name, body[0], body[1:])
        if key.id.hex() != id_text:
            raise Malformed("the key's number does not fit its name and key")
        return key

    def has_signed(self, note: Note) -> bool:
        return any(self._fits(note.text, signature) for signature in note.signatures)

    def cosigned_at(self, note: Note) -> int | None:
        """POSIX seconds of the newest cosignature of this key; None without one."""
        fitting = (signature.data for signature in note.signatures if self._fits(note.text, signature))
        return max((int.from_bytes(data[:8], "big") for data in fitting), default=None)

    def _fits(self, text: str, signature: Signature) -> bool:
        if signature.name != self.name or signature.key_id != self.id:
            return False
        data, message = signature.data, text.encode()
        if self.kind == COSIGNER:
            if len(data) != 8 + 64:
                return False
            message, data = cosigned_message(text, int.from_bytes(data[:8], "big")), data[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(data, message)
        except InvalidSignature:
            return False
        return True


def cosigned_message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


@dataclass(frozen=True)
class Signature:
    name: str
    key_id: bytes
    data: bytes

    def __str__(self) -> str:
        return f"{DASH}{self.name} {to_base64(self.key_id + self.data)}"

    @classmethod
    def read(cls, line: str) -> Signature:
        name, space, encoded = line.removeprefix(DASH).partition(" ")
        if not line.startswith(DASH) or not space or not _NAME.fullmatch(name):
            raise Malformed("not a signature line")
        body = from_base64(encoded)
        if len(body) < 5:
            raise Malformed("a signature line without a signature")
        return cls(name, body[:4], body[4:])


@dataclass(frozen=True)
class Note:
    """``text`` ends in a newline and holds no empty last line; ``signatures`` in the order of the file."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{signature}\n" for signature in self.signatures)

    def plus(self, *more: Signature) -> Note:
        """With these too; one that says the same stands once, and a name's older cosignature is kept."""
        new = [signature for signature in more if signature not in self.signatures]
        return Note(self.text, (*self.signatures, *new))

    @classmethod
    def read(cls, data: bytes) -> Note:
        if len(data) > MAX_NOTE_BYTES:
            raise Malformed("longer than a note may be")
        try:
            whole = data.decode()
        except UnicodeDecodeError as reason:
            raise Malformed("not UTF-8") from reason
        if any(ord(char) < 0x20 and char != "\n" for char in whole):
            raise Malformed("control characters")
        cut = whole.rfind("\n\n")
        if cut < 0 or not whole.endswith("\n"):
            raise Malformed("no signatures")
        lines = whole[cut + 2 : -1].split("\n")
        if not 1 <= len(lines) <= MAX_SIGNATURES:
            raise Malformed("too many signatures")
        return cls(whole[: cut + 1], tuple(map(Signature.read, lines)))


def sign(text: str, key: Key, private: Ed25519PrivateKey, *, at: int = 0) -> Signature:
    """The signature line of ``key``; a cosigner's is dated ``at`` (POSIX seconds)."""
    if key.kind == COSIGNER:
        return Signature(key.name, key.id, at.to_bytes(8, "big") + private.sign(cosigned_message(text, at)))
    return Signature(key.name, key.id, private.sign(text.encode()))


def key_of(name: str, private: Ed25519PrivateKey, kind: int = SIGNER) -> Key:
    if not _NAME.fullmatch(name):
        raise Malformed("a key's name has no spaces and no plus")
    return Key(name, kind, private.public_key().public_bytes_raw())


@dataclass(frozen=True)
class Checkpoint:
    """Origin, size in leaves, root of the tree; ``extensions`` are further lines, each without its newline."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), to_base64(self.root), *self.extensions))

    @classmethod
    def read(cls, text: str) -> Checkpoint:
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or "" in lines[:-1]:
            raise Malformed("a checkpoint is origin, size and root, a line each")
        root = from_base64(lines[2])
        if not _SIZE.fullmatch(lines[1]) or len(root) != HASH_BYTES:
            raise Malformed("a checkpoint's size is a number and its root 32 bytes")
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:-1]))


def open_checkpoint(data: bytes, keys: Iterable[Key]) -> tuple[Checkpoint, Note]:
    """The checkpoint of a note that one of ``keys`` signed under the log's own name; Malformed otherwise."""
    note = Note.read(data)
    checkpoint = Checkpoint.read(note.text)
    if not any(key.kind == SIGNER and key.name == checkpoint.origin and key.has_signed(note) for key in keys):
        raise Malformed("no signature by a key of this log")
    return checkpoint, note


@dataclass(frozen=True)
class Proof:
    """A leaf's place in the log, to be kept beside the leaf: index, inclusion path, the signed checkpoint's bytes."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def __bytes__(self) -> bytes:
        head = [PROOF_HEAD, f"index {self.index}", *map(to_base64, self.hashes), ""]
        return "".join(f"{line}\n" for line in head).encode() + self.checkpoint

    @classmethod
    def read(cls, data: bytes) -> Proof:
        head, empty, checkpoint = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as reason:
            raise Malformed("not a proof") from reason
        if lines[0] != PROOF_HEAD or not empty:
            raise Malformed("not a proof")
        rest = lines[1:]
        if rest and rest[0].startswith("extra "):
            from_base64(rest.pop(0).removeprefix("extra "))
        if not rest or not rest[0].startswith("index ") or not _SIZE.fullmatch(rest[0][6:]) or len(rest) > 64:
            raise Malformed("a proof names the index of its leaf")
        hashes = tuple(map(from_base64, rest[1:]))
        if any(len(value) != HASH_BYTES for value in hashes):
            raise Malformed("a hash has 32 bytes")
        return cls(int(rest[0][6:]), hashes, checkpoint)
